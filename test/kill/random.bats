#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Killed at moments that nobody chose: the driver beside a fan-out, its committer, all of its process group.
bats_require_minimum_version 1.5.0

load ../cli/helper
load helper

ROUNDS=${WF_KILL_ROUNDS:-3}

setup() {
	scratch_setup
	INPUT=("marks=$PWD/marks" us=4000)
	WANT='{"sum":1842,"shell":"hello","once":"done"}'
	RANDOM=${WF_KILL_SEED:-$((EPOCHSECONDS % 32768))}
	echo "seed $RANDOM"
}

teardown() {
	scratch_teardown
}

# begin: a run in the background, in a session of its own; $PID leads it
begin() {
	rm -rf .wf marks
	WF_MARK_DRIVER=disturbed setsid wf run -j4 "$MARKS:effects" --id k "${INPUT[@]}" >out 2>err 3>&- &
	PID=$!
	until_true 20 test -s marks
}

# a moment between nothing and most of the run
moment() {
	sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
}

ends_well() {
	expect 0 wf run -j4 "$MARKS:effects" --id k "${INPUT[@]}"
	same "${output/interrupted/done}" "$WANT"
	assert_promises k
	same "$(grep -c . <(wf list --json))" 1
}

@test "promises 1 2 3 5: the driver is killed at random times, again and again, until its run ends" {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		begin
		moment
		kill_hard "$PID"
		remember k
		ends_well
	done
}

@test "promises 1 3 5: the whole process group is killed at once" {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		begin
		moment
		kill -KILL -- "-$PID" 2>/dev/null || true
		wait "$PID" || true
		remember k
		ends_well
	done
}

@test "promise 5: a driver that follows a killed one at once waits for its workers" {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		begin
		moment
		kill -KILL "$PID" 2>/dev/null || true
		remember_nothing
		ends_well
		wait "$PID" || true
	done
}

# the committers of this test that live
committers() {
	local pid
	for pid in $(strays); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != wf-committer ] || echo "$pid"
	done
}

@test "promise 1: the committer is killed at random moments; the run ends, and fsck mends the branch" {
	local round pid
	for ((round = 0; round < ROUNDS; round++)); do
		begin
		moment
		for pid in $(committers); do
			kill -KILL "$pid" 2>/dev/null || true
		done
		wait "$PID"
		same "$(cat out)" "$WANT"
		remember_nothing
		ends_well
		git -C .wf rev-parse -q --verify run/k
	done
}
