#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# Samples of child runs, generations, and work that is split and merged.

load helper

setup() {
	scratch_setup
	S=$WF_BUILD/workflows/samples
}

@test "child-workflow: the child's greeting is the parent's result" {
	expect 0 wf run "$S/child-workflow.so:parent" --id hi name=Ada
	same "$output" '"Hello Ada"'
	same "$(json .parent "$(wf status hi.1 --json)")" hi
}

@test "child-workflow-continue-as-new: the parent gets the result of the last generation" {
	expect 0 wf run "$S/child-workflow-continue-as-new.so:parent" --id chain runs=5
	same "$(json '.total, .generation' "$output" | tr '\n' ' ')" "5 5 "
}

@test "batch-sliding-window: children outlive the generations of their window, every record once, also when killed" {
	for _ in 1 2 3; do
		wf run -q "$S/batch-sliding-window.so:batch" --id k records=120 partitions=2 window=10 page=25 >out 2>err &
		until_true 10 test -s .wf/open/k.1/history/000001.jsonl || true
		kill_hard $!
	done
	expect 0 wf resume -q # all: an abandoned child is not its parent's to drive
	expect 0 wf wait k
	same "$(json '.records, .sum, .generations' "$output" | tr '\n' ' ')" "120 7260 6 "
	same "$(ls .wf/open)" ""
	same "$(find .wf/closed -maxdepth 1 -name 'k.*.*' | wc -l)" 120
	contains "$(cat .wf/closed/k.1/history/*.jsonl | jq -r 'select(.type == "run_continued").input.open')" 10
	git_clean
}

@test "splitmerge: in the order of the chunks, and of their coming" {
	expect 0 wf run "$S/splitmerge-future.so" workers=5
	same "$(json '.items, .sum' "$output" | tr '\n' ' ')" "15 150 "
	expect 0 wf run "$S/splitmerge-selector.so" workers=5
	same "$(json '.items, .sum' "$output" | tr '\n' ' ')" "15 150 "
	expect 1 wf run "$S/splitmerge-future.so" workers=0
	contains "$stderr" "workers is not between 1 and 64"
}

@test "branch: all branches at once" {
	expect 0 wf run "$S/branch.so" branches=4
	same "$(json 'join(",")' "$output")" "branch 1,branch 2,branch 3,branch 4"
}
