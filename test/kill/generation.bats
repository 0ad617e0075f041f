# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# The driver is killed before the Nth call that touches the disk, while a run continues as new and
# while a child is made and ends.
bats_require_minimum_version 1.5.0

load ../cli/helper
load helper

setup() {
	scratch_setup
}

teardown() {
	scratch_teardown
}

# every_kill STRIDE EXPECTED-RESULT-FILTER COMMAND...: killed at each call in turn, the same command ends well.
every_kill() {
	local stride=$1 filter=$2 n total status undisturbed
	shift 2
	rm -rf .wf marks
	undisturbed=$("$@" 2>err | jq -c "$filter")
	total=$(count_calls "write+sync+rename" "$@") || true
	total=$(cat count)
	[ "$total" -gt 20 ]
	for ((n = 1 + RANDOM % stride; n <= total - 3; n += stride)); do # a sample that moves
		rm -rf .wf marks
		status=0
		faulty "kill:$n:write+sync+rename" "$@" >out 2>err || status=$?
		[ "$status" -eq 137 ] || { echo "call $n: exit $status instead of a kill"; cat err; return 1; }
		"$@" >out 2>err || { echo "killed at call $n, then exit $?"; cat err; return 1; }
		same "$(jq -c "$filter" out)" "$undisturbed" || { echo "killed at call $n"; return 1; }
		[ -z "$(ls .wf/open)" ] || { echo "killed at call $n: open: $(ls .wf/open)"; return 1; }
		git_clean || { echo "killed at call $n"; return 1; }
	done
}

@test "promises 1 2 3: killed while it continues as new, a run goes on with the generation it was in" {
	every_kill "${WF_KILL_STRIDE:-5}" 'map(.[0])' wf run "$WF_BUILD/test/modules/chain.so:chain" --id c last=3 steps=1
}

@test "promises 1 2 3: killed while a child is made, runs or ends, the parent gets its result once" {
	every_kill "${WF_KILL_STRIDE:-5}" . wf run "$WF_BUILD/test/modules/children.so:window" --id w children=2 window=1
}
