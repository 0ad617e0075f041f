#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf run --timeout, --run-timeout, --start-delay.

load helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	: "${WF_SRC:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	module cancels
	export MODULE=$BATS_FILE_TMPDIR/cancels.so
}

go() { # WORKFLOW ID [OPTION...]
	local workflow=$1 id=$2
	shift 2
	wf run "$MODULE:$workflow" --id "$id" "marks=$PWD/marks" "$@"
}

marked() {
	grep -qsx "$1" marks
}

due() {
	[ "$(wf status "$1" --json | jq .due)" = true ]
}

types() { # ID
	cat .wf/*/"$1"/history/*.jsonl | jq -r 'select(.type | IN("segment", "run_resumed") | not).type' | tr '\n' ' '
}

@test "timeout: the run fails as timeout, its step is killed, nothing is compensated" {
	expect 1 go works t deaf=true --timeout 300ms
	contains "$stderr" "run 't' failed: timeout: the run has not ended within 300 ms"
	same "$(wf status t --json | jq -c '[.status, .error.type, .error.details.timeout]')" \
		'["failed","timeout","execution"]'
	same "$(cat marks)" begun
	same "$(types t)" "run_started run_failed "
	git_clean
}

@test "run-timeout: the earlier of the two holds" {
	expect 1 go sleeps t --timeout 1h --run-timeout 50ms
	same "$(wf status t --json | jq -c .error.details.timeout)" '"run"'
	expect 1 go sleeps u --timeout 50ms --run-timeout 1h
	same "$(wf status u --json | jq -c .error.details.timeout)" '"execution"'
	[ ! -e marks ]
}

@test "timeout: a run that ends in time is not touched" {
	expect 0 wf run hello --id h --timeout 1h --run-timeout 1h
	expect 0 wf run hello --id h
}

@test "timeout: passed while nobody drives: due, and the next driver records it first of all" {
	expect 3 go sleeps t --timeout 200ms --no-wait -q
	same "$(wf status t --json | jq '.deadline - .created')" 200
	until_true 5 due t
	expect 1 wf resume
	contains "$stderr" "timeout: the run has not ended within 200 ms"
	same "$(types t)" "run_started run_suspended run_failed "
	[ ! -e marks ]
}

@test "promise 1: timeout: passed after a kill in the middle of a step" {
	go works t deaf=true --timeout 1s >out 2>&1 3>&- &
	driver=$!
	until_true 10 marked begun
	kill_hard $driver
	until_true 5 eval '[ $(($(date +%s%3N) - $(wf status t --json | jq .created))) -gt 1000 ]'
	expect 1 wf resume t
	same "$(cat marks)" begun
	same "$(types t)" "run_started run_failed "
}

@test "start-delay: waits, is told as waiting, and then begins" {
	expect 3 wf run hello --id d --start-delay 2s --no-wait
	contains "$stderr" "waits for start delay until"
	same "$(wf status d --json | jq -c '.status, .waiting[0].kind, (.waiting[0].until - .created)' | tr '\n' ' ')" \
		'"suspended" "start_delay" 2000 '
	same "$(types d)" "run_suspended "
	expect 3 wf resume d --no-wait
	same "$(types d)" "run_suspended "
	until_true 5 due d
	expect 0 wf resume
	same "$(wf status d --json | jq -r .status)" completed
	expect 0 wf show d
	git_clean
}

@test "start-delay: in the foreground" {
	expect 0 wf run hello --id d --start-delay 150ms
	same "$(jq -s 'map(select(.type == "run_started"))[0].at' .wf/closed/d/history/*.jsonl |
		xargs -I@ jq '@ - .created >= 150' .wf/closed/d/run.json)" true
}

@test "promise 1: start-delay: killed while it waits" {
	wf run hello --id d --start-delay 500ms >out 2>&1 3>&- &
	driver=$!
	until_true 10 grep -qs "start delay" out
	kill_hard $driver
	expect 0 wf resume d
	same "$(cat .wf/closed/d/history/*.jsonl | grep -c '"run_started"')" 1
}

@test "start-delay: the time-out counts from its end" {
	expect 1 go sleeps d --start-delay 200ms --timeout 100ms
	same "$(jq -s 'map(select(.type == "run_failed"))[0].at' .wf/closed/d/history/*.jsonl |
		xargs -I@ jq '@ - .created >= 300' .wf/closed/d/run.json)" true
}

@test "start-delay: a cancellation begins the run, which is told; a termination ends it unbegun" {
	expect 3 go sleeps c --start-delay 1h --no-wait -q
	expect 5 wf cancel c --resume -q
	same "$(types c)" "run_suspended run_started cancel_requested step_completed run_cancelled "
	expect 3 go sleeps t --start-delay 1h --no-wait -q
	expect 0 wf terminate t -q
	same "$(types t)" "run_suspended run_terminated "
	expect 5 wf resume t
}

@test "bad durations are refused, and nothing is made" {
	for option in timeout run-timeout start-delay; do
		for text in soon -1s 200y ''; do
			expect 2 wf run hello --$option "$text"
			same "$(wc -l <<<"$stderr")" 1
		done
	done
	[ ! -e .wf ]
}
