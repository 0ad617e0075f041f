#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The samples fileprocessing and polling.
# shellcheck disable=SC2154

load helper

@test "fileprocessing: the file is processed, and no scratch file is left" {
	printf 'one\ntwo\n' >in
	expect 0 wf run fileprocessing from="$PWD/in" to="$PWD/out"
	same "$output" '{"bytes":8,"rounds":1}'
	same "$(cat out)" 'ONE
TWO'
	same "$(find . -maxdepth 1 -name 'out.*')" ""
}

@test "fileprocessing: the whole sequence is tried again, and fails with the last error" {
	expect 1 wf run fileprocessing from="$PWD/absent" to="$PWD/out" rounds=2 --virtual-time --id f
	contains "$stderr" "cannot copy '$PWD/absent'"
	same "$(cat .wf/closed/f/history/*.jsonl | jq -r 'select(.step == "fetch") | .type' | sort | uniq -c | tr -s ' ')" " 2 step_failed"
	same "$(find . -maxdepth 1 -name 'out.*')" ""
}

@test "fileprocessing: bad input is named" {
	expect 1 wf run fileprocessing from=x
	contains "$stderr" "to"
}

@test "promises 1 2 3: fileprocessing ends the same wherever its driver dies" {
	printf abc >in
	expect 0 env TMPDIR="$SCRATCH" wf run fileprocessing from="$PWD/in" to="$PWD/out" --virtual-time --crash-everywhere
	same "$(cat out)" ABC
	same "$(find . -maxdepth 1 -name 'out.*')" ""
}

@test "polling frequent: asked until it is ready, over the death of the driver" {
	wf run polling:frequent file="$PWD/ready" --id p >/dev/null 2>&1 &
	pid=$!
	until_true 20 eval 'grep -q details .wf/open/p/attempts/* 2>/dev/null'
	kill_hard "$pid"
	touch ready
	expect 0 wf run polling:frequent file="$PWD/ready" --id p
	same "$(jq 'has("asked")' <<<"$output")" true
	same "$(cat .wf/closed/p/history/*.jsonl | jq -r 'select(.step) | .type')" step_completed
}

@test "polling infrequent: retried at the same interval, without growth of the history" {
	wf run polling:infrequent file="$PWD/ready" every=0.05 --id p >out 2>err &
	pid=$!
	until_true 20 eval 'grep -q "attempt 4 failed" err'
	touch ready
	wait "$pid"
	[ "$(jq .asked out)" -ge 5 ]
	contains "$(cat err)" "again in 50 ms"
	same "$(cat .wf/closed/p/history/*.jsonl | jq -r 'select(.step) | .type')" step_completed
}

@test "polling periodic: a child that begins again, and whose end reaches the parent" {
	wf run polling:periodic file="$PWD/ready" every=0.01 --id p >out 2>err &
	pid=$!
	until_true 30 eval 'cat .wf/open/p.1/*/*.jsonl .wf/open/p.1/*/*/*.jsonl 2>/dev/null | grep -q run_continued'
	touch ready
	wait "$pid"
	same "$(cat out)" '{"asked":1}'
}
