#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Testing one's own workflows: virtual time, stubs, crashes.
# shellcheck disable=SC2154

load helper

setup() {
	scratch_setup
	M=$WF_BUILD/test/modules/testing.so
}

history_of() { # ID
	cat .wf/*/"$1"/history/*.jsonl
}

@test "--virtual-time skips retries and timers, and the history has the times that would have been" {
	SECONDS=0
	expect 0 wf run "$M:order" --id a --virtual-time
	[ "$SECONDS" -lt 60 ]
	same "$output" '{"tries":3,"took":2602800000}'
	created=$(jq .created .wf/closed/a/run.json)
	same "$(history_of a | jq -s 'map(select(.type == "run_completed"))[0].at')" $((created + 2602800000))
	same "$(jq .closed .wf/closed/a/result.json)" $((created + 2602800000))
}

@test "virtual time goes on at the last event's time when another driver goes on" {
	expect 0 wf run "$M:order" --id a --virtual-time --crash-at 3+
	contains "$stderr" "driver was killed at event 3+"
	same "$output" '{"tries":3,"took":2602800000}'
	same "$(history_of a | jq -s '[.[].at] == ([.[].at] | sort)')" true
	same "$(history_of a | jq -r 'select(.type == "run_resumed") | .type')" run_resumed
}

@test "virtual time passes while a signal is waited for with a timer beside it" {
	expect 0 wf run "$M:patient" --virtual-time
	same "$output" '{"signalled":false}'
}

@test "virtual time does not pass while only a signal is waited for; wf resume keeps it virtual" {
	expect 3 wf run "$M:asked" --id s --virtual-time --no-wait
	expect 0 wf signal s go
	expect 0 wf resume s
	same "$(jq -c .result .wf/closed/s/result.json)" '{"week":true}'
}

@test "children share the virtual clock of their parent, and its stubs" {
	SECONDS=0
	expect 0 wf run "$M:family" --id f --virtual-time
	[ "$SECONDS" -lt 60 ]
	same "$output" '{"first":0,"month":2602800000,"failed":true,"retries":259200000}'
	expect 0 wf run "$M:family" --id g --virtual-time --stub charge=1
	same "$(jq .month <<<"$output")" 2592000000
}

@test "a start delay and a run's time-out pass in virtual time" {
	expect 0 wf run "$M:patient" --id d --virtual-time --start-delay 30d
	same "$(history_of d | jq -s '.[-1].at - .[0].at >= 86400000')" true
	expect 1 wf run "$M:order" --id t --virtual-time --timeout 1d
	contains "$stderr" "has not ended within"
	same "$(history_of t | jq -s "(.[-1].at - $(jq .created .wf/closed/t/run.json))")" 86400000
}

@test "a stub stands in for a step and for a command, and the history says so" {
	expect 0 wf run "$M:order" --id a --virtual-time --stub charge=7 --stub 'ship={"status":0}'
	same "$output" '{"tries":7,"took":2592000000}'
	[ ! -e shipped ]
	same "$(history_of a | jq -c 'select(.type == "step_completed") | [.step, .stub]')" '["charge",true]
["ship",true]'
}

@test "a stub may fail a step, for good" {
	expect 1 wf run "$M:order" --id a --virtual-time --stub charge=1 --stub 'ship=fail:lost:in the mail: again'
	contains "$stderr" "lost: in the mail: again (step 'ship')"
	same "$(history_of a | jq -c 'select(.type == "step_failed") | .stub')" true
}

@test "a resumed run keeps its stubs" {
	expect 0 wf run "$M:order" --id a --virtual-time --stub charge=7 --stub ship=null --crash-at 2
	[ ! -e shipped ]
}

@test "stubs that are none, and crash points that are none, are refused and nothing is made" {
	for bad in --stub=x --stub==1 --stub=x= --stub=x=nonsense --stub=x=fail: --stub=x=fail::no --stub=x=$'\xff' \
		--crash-at=0 --crash-at=x --crash-at=1++ --crash-at=-1 --crash-at=; do
		expect 2 wf run "$M:order" "$bad"
		same "$(wc -l <<<"$stderr")" 1
	done
	expect 2 wf run "$M:order" --crash-at 1 --crash-everywhere
	[ ! -e .wf ]
}

@test "an existing run is not gone on with under other stubs or another clock, nor crashed" {
	expect 0 wf run "$M:order" --id a --virtual-time --stub charge=7
	expect 0 wf run "$M:order" --id a --virtual-time --stub charge=7
	expect 0 wf run "$M:order" --id a
	expect 2 wf run "$M:order" --id a --stub charge=8
	expect 2 wf run "$M:patient" --id a
	expect 2 wf run "$M:order" --id a --crash-at 1
	same "$(ls .wf/closed)" a
}

@test "--crash-at beyond the end says so" {
	expect 0 wf run "$M:order" --virtual-time --crash-at 99
	contains "$stderr" "ended before its driver was killed: it has 5 events"
}

@test "promises 1 2 3: --crash-everywhere finds a sound workflow the same at each event" {
	expect 0 env TMPDIR="$SCRATCH" wf run "$M:order" --virtual-time --crash-everywhere
	same "$(grep -c ' same$' <<<"$output")" 10
	contains "$output" "undisturbed: completed after 5 events"
	contains "$output" "10 crashes: all ended as the undisturbed run"
	same "$(find "$SCRATCH" -name 'wf-crash-*')" ""
	[ ! -e .wf ]
}

@test "--crash-everywhere finds a step that is not idempotent, and keeps what shows it" {
	expect 1 env TMPDIR="$SCRATCH" wf run "$M:counts" file="$SCRATCH/count" --crash-everywhere
	contains "$output" "DIFFERENT"
	contains "$output" "undisturbed: completed 1"
	contains "$output" "not all ended as the undisturbed run"
	kept=$(sed -n 's/ *its state directory: //p' <<<"$output" | head -n 1)
	expect 0 wf --state "$kept" status crashed
}

@test "--crash-everywhere --json: one object a crash" {
	expect 0 env TMPDIR="$SCRATCH" wf run "$M:order" --virtual-time --stub charge=1 --crash-everywhere --json
	same "$(jq -sc 'map(.same) | unique' <<<"$output")" '[true]'
	same "$(jq -r .crash <<<"$output" | head -n 3 | tr '\n' ' ')" "1 1+ 2 "
}

@test "--crash-everywhere of a workflow that fails compares how it fails" {
	expect 0 env TMPDIR="$SCRATCH" wf run "$M:order" --virtual-time --stub charge=fail:poor:no --crash-everywhere
	contains "$output" "undisturbed: failed"
}

@test "promise 1: --crash-everywhere that is stopped by a signal leaves nothing behind" {
	mkfifo out
	TMPDIR=$SCRATCH wf run "$M:asked" --virtual-time --crash-everywhere >out 2>err &
	pid=$!
	exec 5<out
	until_true 10 eval 'ls -d wf-crash-*/0/open/crashed/lock >/dev/null 2>&1'
	until_true 10 eval 'grep -q run_started wf-crash-*/0/open/crashed/history/000001.jsonl'
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 5<&-
	same "$status" 143
	same "$(find "$SCRATCH" -name 'wf-crash-*')" ""
}
