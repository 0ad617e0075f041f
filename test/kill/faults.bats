#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every call of the whole program fails once, one at a time: no crash, no hang, an exit of the table; and a plain
# resume ends with the undisturbed result. WF_FAULT_STRIDE=1 takes every call; without it each sweep takes a sample that moves.
bats_require_minimum_version 1.5.0

load ../cli/helper
load helper

setup() {
	scratch_setup
	INPUT=("marks=$PWD/marks" us=200)
	WANT='{"sum":1842,"shell":"hello","once":"done"}'
}

teardown() {
	scratch_teardown
}

run_effects() {
	timeout -k 5 30 wf run -j2 "$MARKS:effects" --id k "${INPUT[@]}" >out 2>err
}

# same_result: an at-most-once step that was under way, or whose worker was lost, has failed instead of running again
same_result() {
	[ "$(sed -E 's/"once":"(interrupted|crashed)"/"once":"done"/' out)" = "$WANT" ]
}

# fail_at SPEC: the SPECth call fails
fail_at() {
	fail_by "$1" faulty "$1" run_effects
}

# fail_by NAME COMMAND...: one disturbed run, one plain one, and what must hold then
fail_by() {
	local status=0
	rm -rf .wf marks
	"${@:2}" || status=$?
	case $status in
	0) same_result || { echo "$1: exit 0, and the result $(cat out)"; return 1; } ;;
	1 | 2 | 6 | 7) [ -s err ] || { echo "$1: exit $status without a word"; return 1; } ;;
	# libuv aborts where it has no memory for one more descriptor: a death like others
	134) [ "${1##*:}" = alloc ] || { echo "$1: exit $status"; cat err; return 1; } ;;
	*) echo "$1: exit $status"; cat err; return 1 ;;
	esac
	remember k
	# a workflow that has no memory fails, and stays so
	[ "$status" -ne 1 ] || [ "${1##*:}" != alloc ] || { expect 1 run_effects; return; }
	status=0
	run_effects || status=$?
	[ "$status" -eq 0 ] || { echo "$1, then exit $status"; cat err; return 1; }
	same_result || { echo "$1, then the result $(cat out)"; return 1; }
	assert_promises k >said 2>&1 || { echo "$1:"; cat said; return 1; }
}

# sweep KINDS CASES ERROR...: each error at about CASES of the calls of these kinds, or at every one
sweep() {
	local kinds=$1 cases=$2 total stride n error
	shift 2
	count_calls "$kinds" run_effects >counted || { cat err; return 1; }
	total=$(cat count)
	[ "$total" -gt 0 ]
	stride=${WF_FAULT_STRIDE:-$(((total * $# + cases - 1) / cases))}
	[ "$stride" -ge 1 ] || stride=1
	n=1
	for error in "$@"; do
		for (( ; n <= total; n += stride)); do
			fail_at "$error:$n:$kinds"
		done
		n=$((n - total)) # the next error takes other calls
		[ "${WF_FAULT_STRIDE:-0}" -ne 1 ] || n=1
	done
}

@test "promises 1 2 3: any write fails, is short or interrupted" {
	sweep write 32 EIO ENOSPC EDQUOT EINTR short one full
}

@test "promises 1 2 3: any sync, rename, cut or removal fails" {
	sweep sync+rename+truncate+unlink+rmdir+link 30 EIO ENOSPC EDQUOT EINTR
}

@test "promises 1 2 3: any folder or file cannot be opened or made" {
	sweep open+mkdir 24 EMFILE EACCES ENOMEM ENOSPC EDQUOT EIO EINTR
}

@test "promises 1 2 3: any read fails or is interrupted" {
	sweep read 18 EIO EINTR ENOMEM
}

@test "promises 1 2 3: no file can be looked at, no folder listed, no lock taken" {
	sweep stat+list 18 EIO EACCES ENOMEM
	sweep lock 4 EIO ENOMEM EINTR
}

@test "promises 1 2 3: nothing can be watched" {
	sweep notify 6 EMFILE ENOMEM ENOSPC
}

@test "promises 1 2 3: nothing can be told to other processes, or heard of them; what was open cannot be closed" {
	sweep send+recv 16 EIO ENOMEM EINTR
	sweep close 10 EIO
	sweep map+memfd+chmod 6 ENOMEM
}

# limited FILES: a step that finds no room waits for its next attempt for as long as it may
limited() {
	(ulimit -n "$1" && exec timeout -k 9 3 wf run -j2 "$MARKS:effects" --id k "${INPUT[@]}") >out 2>err 3>&- || return $(($? == 124 ? 7 : $?))
}

@test "promises 1 2 3: the process may open so many files and no more" {
	local n
	for ((n = 10 + RANDOM % 3; n <= 40; n += ${WF_FAULT_STRIDE:-3})); do
		fail_by "at most $n files" limited "$n"
	done
}

@test "promises 1 2 3: no process or socket can be made" {
	sweep socketpair+fork+spawn 12 EMFILE ENOMEM EAGAIN
}

@test "promises 1 2 3: any allocation fails" {
	with_sanitizer && skip "its allocator is not ours"
	sweep alloc 40 ENOMEM
}

@test "promise 1: whatever fails in the committer, the run ends well, and fsck mends the branch" {
	export WF_FAULT_PROGRAM=wf-committer
	sweep open+mkdir+write+sync+rename+link+unlink 24 EIO ENOSPC EDQUOT EMFILE kill killafter
	sweep write 4 short EINTR
	sweep read+stat+list+lock 12 EIO ENOMEM kill
}

@test "promise 1: whatever allocation fails in the committer, the run ends well" {
	with_sanitizer && skip "its allocator is not ours"
	export WF_FAULT_PROGRAM=wf-committer
	sweep alloc 20 ENOMEM
}
