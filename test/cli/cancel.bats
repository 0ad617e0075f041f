#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf cancel, wf terminate: what the workflow, its steps and the history see of it.

load helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	: "${WF_SRC:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	module cancels
	export MODULE=$BATS_FILE_TMPDIR/cancels.so
}

# begin WORKFLOW ID [INPUT...]: in the background; $DRIVER
begin() {
	local workflow=$1 id=$2
	shift 2
	wf run "$MODULE:$workflow" --id "$id" "marks=$PWD/marks" "$@" >out 2>err 3>&- &
	DRIVER=$!
}

marked() {
	grep -qsx "$1" marks
}

status_of() {
	wf status "$1" --json | jq -r .status
}

types() { # ID: the types of its events, but for segment heads and notes
	cat .wf/*/"$1"/history/*.jsonl | jq -r 'select(.type | IN("segment", "run_resumed", "run_suspended") | not).type' |
		tr '\n' ' '
}

# suspended WORKFLOW ID
suspended() {
	expect 3 wf run "$MODULE:$1" --id "$2" "marks=$PWD/marks" --no-wait -q
}

@test "cancel: a running step is asked to stop and cleans up, compensations run, the run is cancelled" {
	begin works c
	until_true 10 marked begun
	expect 0 wf cancel c --reason "no more"
	contains "$stderr" "is asked to stop"
	wait "$DRIVER" && false || same $? 5
	contains "$(cat err)" "run 'c' was cancelled: no more;"
	marked cleaned
	marked undone
	same "$(status_of c)" cancelled
	same "$(wf status c --json | jq -c .error)" '{"type":"cancelled","message":"no more"}'
	same "$(types c | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/^ //')" \
		"cancel_requested run_cancelled run_started step_completed step_failed "
	expect 5 wf run "$MODULE:works" --id c "marks=$PWD/marks"
	git_clean
}

@test "cancel: a step that does not listen is killed after its grace" {
	begin works c deaf=true
	until_true 10 marked begun
	wf cancel c -q
	wait "$DRIVER" && false || same $? 5
	marked undone
	lacks "$(cat marks)" cleaned
	contains "$(cat .wf/closed/c/history/*.jsonl)" '"step_failed"'
}

@test "cancel: the outcome of a step that is waited for comes before the compensations" {
	begin waits_for_it c
	until_true 10 marked begun
	wf cancel c -q
	wait "$DRIVER" && false || same $? 5
	same "$(cat marks)" $'begun\ncleaned\nundone'
	same "$(jq -sc 'map(select(.type == "step_failed"))[0].error | [.type, .cause.type]' .wf/closed/c/history/*.jsonl)" \
		'["cancelled","stopped"]'
}

@test "cancel: a step that completes all the same has completed" {
	begin waits_for_it c
	until_true 10 marked begun
	echo finish >>marks
	wf cancel c -q || true
	wait "$DRIVER" || same $? 5
	contains "$(types c)" "step_completed"
}

@test "cancel: an abandoned step is not asked, and the workflow goes on at once" {
	begin abandons c deaf=true
	until_true 10 marked begun
	wf cancel c -q
	wait "$DRIVER"
	same "$(cat out)" '"cancelled"'
	marked tidied
}

@test "cancel: commands get TERM" {
	begin shells c "command=trap 'echo term >>marks; exit 3' TERM; echo begun >>marks; while :; do sleep 0.02; done"
	until_true 10 marked begun
	wf cancel c -q
	wait "$DRIVER" && false || same $? 5
	marked term
}

@test "cancel: a workflow that handles it and returns a value completes" {
	suspended handles h
	expect 0 wf cancel h --reason "out of stock" --resume -q
	marked tidied
	same "$(status_of h)" completed
	same "$(wf status h --json | jq -c .result)" '{"stopped":"out of stock"}'
}

@test "promise 1: cancel of a run that nobody drives is durable; the next resume carries it out, once" {
	suspended sleeps s
	expect 0 wf cancel s
	contains "$stderr" "run 's' is not driven now: 'wf resume s' carries the cancellation out"
	same "$(wf status s --json | jq .due)" true
	expect 0 wf cancel s
	expect 5 wf resume s
	same "$(types s)" "run_started cancel_requested cancel_requested step_completed run_cancelled "
	same "$(cat marks)" undone
	git_clean
}

@test "promises 1 3: cancelled, and the driver killed around the compensation: its outcome is recorded once" {
	begin works k
	until_true 10 marked begun
	wf cancel k -q
	until_true 10 grep -qs cancel_requested .wf/open/k/history/000001.jsonl .wf/closed/k/history/000001.jsonl
	kill_hard "$DRIVER"
	wf resume k -q && false || same $? 5
	same "$(status_of k)" cancelled
	same "$(types k | tr ' ' '\n' | grep -c -e step_completed -e run_cancelled)" 2
	git_clean
}

@test "cancel: ids on standard input, and several" {
	suspended sleeps a
	suspended sleeps b
	suspended sleeps c
	expect 5 wf cancel a --resume -q - <<<$'b\n\nc '
	same "$(status_of a) $(status_of b) $(status_of c)" "cancelled cancelled cancelled"
	expect 0 wf cancel - </dev/null
}

@test "cancel and terminate: what cannot be is one line, exit 2, and changes nothing" {
	suspended sleeps s
	wf terminate s -q
	for command in cancel terminate; do
		expect 2 wf $command
		expect 2 wf $command nope
		contains "$stderr" "no run 'nope'"
		expect 2 wf $command s
		same "$stderr" "wf: run 's' has ended"
		expect 2 wf $command a/b
		contains "$stderr" "cannot be a run id"
		expect 2 wf $command - <<<"../x"
		same "$(wc -l <<<"$stderr")" 1
	done
	same "$(ls .wf/open)" ""
	[ ! -e .wf/closed/s/inbox ]
}

@test "terminate: at once, without compensations, and steps are stopped" {
	begin works t deaf=true
	until_true 10 marked begun
	expect 0 wf terminate t --reason "by order"
	same "$stderr" "wf: run 't' is terminated"
	wait "$DRIVER" && false || same $? 5
	contains "$(cat err)" "run 't' was terminated: by order;"
	same "$(cat marks)" begun
	same "$(types t)" "run_started run_terminated "
	same "$(status_of t)" terminated
	git_clean
}

@test "terminate: a run that nobody drives is ended by the command itself" {
	suspended sleeps t
	expect 0 wf terminate t --json
	same "$(json .status "$output")" terminated
	same "$(json .error.message "$output")" "by hand"
	[ ! -e .wf/open/t ]
	same "$(types t)" "run_started run_terminated "
	contains "$(git -C .wf log --format=%s run/t)" terminated
	[ ! -e marks ]
	git_clean
}

@test "terminate: a run whose module is gone, from its branch too" {
	suspended sleeps t
	rm -rf .wf/modules/* .wf/.git
	expect 6 wf resume t
	contains "$stderr" "module"
	same "$(status_of t)" halted
	expect 0 wf terminate t
	same "$(status_of t)" terminated
	git_clean
}

@test "terminate: a run that never began" {
	suspended sleeps t
	begin works k
	until_true 10 marked begun
	kill_hard "$DRIVER"
	rm -f .wf/open/k/history/*
	expect 0 wf terminate k
	same "$(types k)" "run_terminated "
	expect 0 wf show k
}

@test "promise 1: terminate while the driver is stopped by SIGSTOP: durable, and done when it goes on" {
	begin works t
	until_true 10 marked begun
	kill -STOP "$DRIVER"
	wf terminate t -q 3>&- &
	teller=$!
	until_true 10 eval 'ls .wf/open/t/inbox/*.json >/dev/null 2>&1'
	kill -CONT "$DRIVER"
	wait "$DRIVER" && false || same $? 5
	wait "$teller"
}

@test "when the total time-out ends the attempts, the failure is a time-out with the last one as its cause" {
	expect 1 wf run "$MODULE:retries" --id r ms=300
	contains "$stderr" "timeout: no success within 300 ms"
	same "$(wf status r --json | jq -c '.error | [.type, .step, .cause.type, .details.timeout]')" \
		'["timeout","refuses","refused","schedule-to-close"]'
}

@test "when the total time-out ends an attempt, what that says while it is stopped comes too late" {
	expect 1 wf run "$MODULE:oversleeps" --id r ms=200
	contains "$stderr" "timeout: no success within 200 ms"
	same "$(wf status r --json | jq -c '.error | [.type, .step, .details.timeout]')" \
		'["timeout","oversleep","schedule-to-close"]'
}
