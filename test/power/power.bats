#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The power is cut below the real programs: they run on a file system that keeps only what was synced (disk.c), all of
# them are killed at a call of it that a seed chose, and what it kept is mounted again. WF_POWER_SECONDS makes it long;
# WF_POWER_SEED begins with another seed, and repeats one that failed.
# shellcheck disable=SC2034,SC2153,SC2154
bats_require_minimum_version 1.5.0

load ../cli/helper
load ../kill/helper

DISK=$WF_BUILD/test/power/disk

setup() {
	scratch_setup
	[ -x "$DISK" ] || skip "built without libfuse3"
	[ -w /dev/fuse ] || skip "/dev/fuse is not there, or not ours to open"
	INPUT=("marks=$PWD/marks" us=200)
	WANT='{"sum":1842,"shell":"hello","once":"done"}'
	SEED=${WF_POWER_SEED:-$((EPOCHSECONDS % 1000000 * 1000))}
	mkdir disk
	export WF_STATE=$PWD/disk/wf
	STATE=$WF_STATE
	disk_begin 1 || skip "cannot mount here: $(cat disk.err)"
}

teardown() {
	disk_end
	scratch_teardown
}

mounted() {
	[ -e disk/.disk ]
}

mounted_or_gone() {
	mounted || pid_gone "$DISK_PID"
}

# disk_begin SEED: an empty disk
disk_begin() {
	env -u WF_TEST_SCRATCH "$DISK" disk "$1" >/dev/null 2>disk.err 3>&- &
	DISK_PID=$!
	until_true 20 mounted_or_gone
	mounted
}

disk_end() {
	[ -n "${DISK_PID-}" ] || return 0
	kill "$DISK_PID" 2>/dev/null || true
	wait "$DISK_PID" || true
	DISK_PID=
}

# power_off: nothing that uses the disk lives on
power_off() {
	local pid
	for pid in $(strays); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	wait "$LEADER" 2>/dev/null || true
	until_true 10 no_strays
}

no_strays() {
	[ -z "$(strays)" ]
}

power_on() {
	umount disk
	until_true 10 mounted
}

struck() {
	local calls now
	read -r calls now <disk/.disk && [ "$now" = 1 ]
}

struck_or_ended() {
	struck || pid_gone "$LEADER"
}

# cut_in CALL COMMAND...: the power goes at that call of it. Its exit status is in $STATUS, unless it was killed.
cut_in() {
	local call=$1
	shift
	echo "cut $call" >disk/.disk
	setsid "$@" >out 2>err 3>&- &
	LEADER=$!
	until_true 60 struck_or_ended
	# those who see the disk fail may have time to say so, or not
	[ $((call % 2)) -eq 0 ] || until_true 60 pid_gone "$LEADER"
	STATUS=0
	pid_gone "$LEADER" && { wait "$LEADER" || STATUS=$?; } || STATUS=137
	power_off
	echo "cut 0" >disk/.disk
	power_on
}

# calls_of COMMAND...: how many calls of the disk it takes, in $CALLS.
calls_of() {
	local before rest
	read -r before rest <disk/.disk
	"$@" >out 2>err
	read -r CALLS rest <disk/.disk
	CALLS=$((CALLS - before))
}

# more DONE COUNT: whether to go on after so many cuts
more() {
	[ "$1" -lt "$2" ] || [ "$SECONDS" -lt "${WF_POWER_SECONDS:-0}" ]
}

in_git() {
	[ ! -e "$STATE/.git" ] || git_clean "$STATE"
}

outcomes() {
	cat "$STATE"/*/k/history/*.jsonl 2>/dev/null | grep -c '"type":"step_completed"' || true
}

run_k() {
	wf run -j2 "$MARKS:effects" --id k "${INPUT[@]}"
}

one_cut() {
	local call=$((1 + ($1 * 7919) % CALLS)) told marks
	rm -f marks
	disk_begin "$1" || return 1
	cut_in "$call" env WF_MARK_DRIVER=disturbed wf run -j2 "$MARKS:effects" --id k "${INPUT[@]}"
	in_git || return 1
	told=$(grep -cE '^(work|flaky|shell|once): completed' err || true)
	[ "$(outcomes)" -ge "$told" ] || { echo "$told outcomes were told, $(outcomes) are there"; cat err "$STATE"/*/k/history/*; return 1; }
	RECORDED=$(recorded_keys k)
	BEFORE=$( [ -f marks ] && wc -l <marks || echo 0)
	if [ "$STATUS" -eq 0 ]; then
		[ "$(sed 's/"interrupted"/"done"/' out)" = "$WANT" ] || return 1
		[ -e "$STATE/closed/k/result.json" ] || { echo "its result was told, and is not there"; return 1; }
	fi
	run_k >out 2>err || { echo "then exit $?"; cat err; return 1; }
	[ "$(sed 's/"interrupted"/"done"/' out)" = "$WANT" ] || { echo "then the result $(cat out)"; return 1; }
	marks=$(wc -l <marks)
	cp out told
	power_on
	run_k >out 2>err || return 1
	same "$(cat out)" "$(cat told)" || return 1
	same "$(wc -l <marks)" "$marks" || return 1
	assert_promises k || return 1
	disk_end
}

@test "promises 1 2 3: the power is cut at any call of a run" {
	local n=0
	calls_of run_k
	disk_end
	[ "$CALLS" -gt 500 ]
	SECONDS=0
	while more "$n" 12; do
		one_cut $((SEED + n)) >said 2>&1 || { echo "seed $((SEED + n)):"; cat said; return 1; }
		n=$((n + 1))
	done
	echo "# $n power cuts in runs" >&3
}

# signals one after the other until one fails; how many were acknowledged is in the file "sent"
send() {
	local i
	echo 0 >sent
	for ((i = 1; i <= 40; i++)); do
		wf signal k add "$i" || return 0
		echo "$i" >sent
	done
}

count_k() {
	wf run "$WF_BUILD/test/modules/mail.so:count" --id k "$@"
}

one_cut_of_mail() {
	local sum sent
	disk_begin "$1" || return 1
	count_k --no-wait >out 2>err || [ $? -eq 3 ]
	export -f send
	cut_in $((1 + ($1 * 7919) % CALLS)) bash -c send
	sent=$(cat sent)
	in_git || return 1
	wf signal k "done" || return 1
	count_k >out 2>err || { echo "then exit $?"; cat err; return 1; }
	sum=$(jq .n out)
	[ "$sum" -eq "$sent" ] || [ "$sum" -eq $((sent + 1)) ] || { echo "$sent were acknowledged, $sum received"; return 1; }
	[ "$(jq .disorder out)" -eq 0 ] || return 1
	run -0 wf fsck --repair || return 1
	run -0 wf fsck || return 1
	in_git || return 1
	disk_end
}

@test "promise 1: the power is cut at any call of those who send signals" {
	local n=0
	count_k --no-wait >out 2>err || [ $? -eq 3 ]
	calls_of send
	disk_end
	SECONDS=0
	while more "$n" 6; do
		one_cut_of_mail $((SEED + n)) >said 2>&1 || { echo "seed $((SEED + n)):"; cat said; return 1; }
		n=$((n + 1))
	done
	echo "# $n power cuts in signals" >&3
}
