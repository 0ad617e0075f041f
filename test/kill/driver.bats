# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# The driver is killed before the Nth call that touches the disk, for every N, and the run goes on.
bats_require_minimum_version 1.5.0

load ../cli/helper
load helper

setup() {
	scratch_setup
	INPUT=("marks=$PWD/marks" us=200)
}

teardown() {
	scratch_teardown
}

# kill_at N KINDS WORKFLOW EXPECTED-EXIT EXPECTED-OUTPUT
kill_at() {
	local spec="${WHEN:-kill}:$1:$2" status=0
	rm -rf .wf marks
	MARKED=disturbed faulty "$spec" wf run "$MARKS:$3" --id k "${INPUT[@]}" >out 2>err || status=$?
	# how many outcomes share a sync is chance: this time it may have come to its end before that call
	[ "$status" -ne "$4" ] || [ "$1" -le $((TOTAL * 3 / 4)) ] || return 0
	[ "$status" -eq 137 ] || { echo "call $1: exit $status instead of a kill"; cat err; return 1; }
	remember k
	status=0
	wf run "$MARKS:$3" --id k "${INPUT[@]}" >out 2>err || status=$?
	[ "$status" -eq "$4" ] || { echo "killed at call $1, then exit $status"; cat err; return 1; }
	# the one attempt of an at-most-once step may be what the kill hit
	sed -i 's/"once":"interrupted"/"once":"done"/' out
	[ "$(cat out)" = "$5" ] || { echo "killed at call $1, then result $(cat out)"; return 1; }
	assert_promises k || { echo "killed at call $1"; return 1; }
}

every_call() {
	local n total stride=$1 kinds=$2
	shift 2
	total=$(count_calls "$kinds" wf run "$MARKS:$1" --id k "${INPUT[@]}") || true
	total=$(cat count)
	[ "$total" -gt 20 ]
	TOTAL=$total
	for ((n = 1 + RANDOM % stride; n <= total - 3; n += stride)); do # a sample that moves
		kill_at "$n" "$kinds" "$@"
	done
}

@test "promises 1 2 3 5: killed at any write, sync or rename, the run ends with the undisturbed result" {
	run -0 --separate-stderr wf run "$MARKS:effects" --id k "${INPUT[@]}"
	undisturbed=$output
	every_call "${WF_KILL_STRIDE:-3}" "write+sync+rename+truncate" effects 0 "$undisturbed"
}

@test "promises 1 2 3 5: killed behind any call, or before one that only looks, it ends with the same" {
	run -0 --separate-stderr wf run "$MARKS:effects" --id k "${INPUT[@]}"
	undisturbed=$output
	WHEN=killafter every_call "${WF_KILL_STRIDE:-11}" "open+mkdir+write+sync+rename+truncate+unlink+rmdir+fork" effects 0 "$undisturbed"
	every_call "${WF_KILL_STRIDE:-13}" "open+mkdir+read+stat+list+lock+unlink+rmdir+fork+socketpair+notify" effects 0 "$undisturbed"
}

@test "promises 2 3: killed at any write while a failed run is undone, each compensation is recorded once" {
	every_call "${WF_KILL_STRIDE:-5}" "write+sync+rename" effects_undone 1 ""
}
