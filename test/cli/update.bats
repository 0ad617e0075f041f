#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# Updates: validated before anything is recorded, answered, done once.

load helper

setup() {
	scratch_setup
	MAIL=$WF_BUILD/test/modules/mail.so
	SHIM=$WF_BUILD/test/shim/fault.so
	wf run "$MAIL:mailbox" --id m --no-wait -q 2>/dev/null || true
}

events() { # TYPE: how many
	cat .wf/*/m/history/*.jsonl | grep -c "\"type\":\"$1\"" || true
}

@test "an update runs its handler, with a step, and answers" {
	expect 0 wf update m add n=5 --resume
	same "$output" '{"finished":5}'
	same "$(events step_completed)" 1
	expect 0 wf query m notes
	same "$(json .finished "$output")" 5
}

@test "a driver that is there answers without --resume" {
	wf resume m >out 2>err &
	until_true 10 grep -qs run_resumed .wf/open/m/lock .wf/open/m/history/000001.jsonl || true
	expect 0 wf update m add n=2
	same "$output" '{"finished":2}'
	expect 0 wf update m add n=3 --resume
	same "$output" '{"finished":5}'
	expect 0 wf signal m stop
	wait $!
	same "$(jq .finished out)" 5
}

@test "wf show tells updates in words" {
	expect 0 wf update m add n=5 --update-id A --resume
	expect 0 wf show m
	contains "$output" 'update A: accepted add {"n":5}'
	contains "$output" 'update A: completed {"finished":5}'
}

@test "a refusal is told and leaves no trace in the history" {
	cp .wf/open/m/history/000001.jsonl before
	expect 1 wf update m add n=-1 --resume
	contains "$stderr" "refused: not_positive: n must be more than 0"
	same "$output" ""
	cmp before .wf/open/m/history/000001.jsonl
	same "$(find .wf/open/m/inbox .wf/open/m/replies -type f 2>/dev/null)" ""
	expect 1 wf update m nope --resume
	contains "$stderr" "no_such_update"
	expect 1 wf update m add n=-1 --resume --json --update-id J
	same "$(json '.status + " " + .error.type + " " + .update' "$output")" "refused not_positive J"
}

@test "a handler that fails: exit 1 with its error" {
	expect 1 wf update m add n=13 --resume
	contains "$stderr" "failed: unlucky: not 13"
	same "$(events update_completed)" 1
}

@test "the same --update-id is done once, and tells its result again, also after the end" {
	expect 0 wf update m add n=5 --resume --update-id A
	expect 0 wf update m add n=5 --resume --update-id A
	same "$output" '{"finished":5}'
	expect 0 wf update m add n=7 --update-id A
	same "$output" '{"finished":5}'
	expect 0 wf signal m stop --resume
	expect 0 wf update m add n=5 --update-id A
	same "$output" '{"finished":5}'
	same "$(events update_accepted)" 1
	expect 2 wf update m add n=5
	contains "$stderr" "has ended"
}

@test "without a driver it waits until somebody drives, or --timeout; the request stands" {
	expect 3 wf update m add n=4 --timeout 200ms --update-id T
	contains "$stderr" "nobody drives run 'm'"
	contains "$stderr" "--update-id T"
	expect 0 wf update m add n=4 --update-id T --resume
	same "$output" '{"finished":4}'
	same "$(events update_accepted)" 1
}

@test "the stage to wait for: accepted, then completed" {
	expect 0 wf update m add n=1 sleep=true --resume --wait accepted --update-id W
	same "$output" W
	same "$(events update_completed)" 0
	expect 0 wf update m add n=1 sleep=true --resume --update-id W
	same "$output" '{"finished":1}'
}

@test "promise 1: killed between acceptance and completion, it completes, once" {
	wf update m add n=1 ms=60000 --resume --update-id K >out 2>err &
	driver=$!
	until_true 10 grep -q update_accepted .wf/open/m/history/000001.jsonl
	kill_hard $driver
	same "$(events update_completed)" 0
	expect 3 wf update m add --update-id K --timeout 100ms
	contains "$stderr" "accepted, and not completed"
	same "$(events update_accepted)" 1
}

@test "promises 1 3: a driver killed anywhere around an update: it is done exactly once" {
	local n=0 status
	while [ $n -lt 80 ]; do
		n=$((n + 4))
		rm -rf .wf
		wf run "$MAIL:mailbox" --id m --no-wait -q 2>/dev/null || true
		status=0
		WF_FAULT="kill:$n:write+sync+rename+unlink" LD_PRELOAD=$(preload "$SHIM") \
			wf update m add n=3 --update-id X --resume >/dev/null 2>&1 || status=$?
		[ $status -ne 0 ] || break
		expect 0 wf update m add n=3 --update-id X --resume
		same "$output" '{"finished":3}' || { echo "killed at $n"; return 1; }
		same "$(events update_accepted) $(events update_completed)" "1 1"
		expect 0 wf signal m stop --resume
		same "$(json .finished "$output")" 3
	done
	[ $n -gt 8 ]
}

@test "a run that ends before the update is taken: the caller is told" {
	wf update m add n=1 >out 2>err &
	caller=$!
	until_true 10 compgen -G '.wf/open/m/inbox/*.json'
	expect 0 wf terminate m
	wait $caller || status=$?
	same "$status" 2
	contains "$(cat err)" "has ended before update 'add' was taken"
}

@test "bad words: exit 2 and nothing changed" {
	expect 2 wf update m add '{'
	expect 2 wf update m add --wait never
	contains "$stderr" "'accepted' or 'completed'"
	expect 2 wf update nope add
	expect 2 wf update m ''
	expect 2 wf update m add --update-id "$(printf 'a\tb')"
	contains "$stderr" "control character"
	same "$(find .wf/open/m/inbox -type f)" ""
}
