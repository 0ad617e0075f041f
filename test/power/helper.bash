# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# A disk whose power is cut at a call that a seed chooses. Needs ../cli/helper and ../kill/helper; disk.c and control.h
# say what the disk does.

DISK=$WF_BUILD/test/power/disk
export DIRECT_SHIM=$WF_BUILD/test/shim/direct.so

# The two forms of a command: lines of history go through the kernel's cache, or past it in blocks of $UNIT bytes.
through_cache() {
	"$@"
}

past_cache() {
	WF_DIRECT_UNIT=$UNIT LD_PRELOAD=$(preload "$DIRECT_SHIM") "$@"
}

export -f preload through_cache past_cache

needs_direct() {
	nm -D "$DIRECT_SHIM" | grep -qw statx || skip "this libc knows no STATX_DIOALIGN"
}

mounted() {
	[ -e disk/.disk ]
}

mounted_or_gone() {
	mounted || pid_gone "$DISK_PID"
}

# disk_begin SEED: an empty disk
disk_begin() {
	env -u WF_TEST_SCRATCH "$DISK" disk "$1" "$UNIT" >/dev/null 2>disk.err 3>&- &
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

# What the disk has seen, in $SEEN, $STRUCK, $WENT_PAST and $REFUSED.
ask_disk() {
	read -r SEEN STRUCK WENT_PAST REFUSED <disk/.disk
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

# A process that dies may not have closed its files when it has no environment any more.
power_on() {
	until_true 10 umount -q disk
	until_true 10 mounted
}

struck_or_ended() {
	ask_disk && [ "$STRUCK" = 1 ] || pid_gone "$LEADER"
}

# calls_of COMMAND...: how many calls of the disk it takes, in $CALLS, and how many writes past the cache, in $WRITES.
calls_of() {
	local before past
	ask_disk
	before=$SEEN past=$WENT_PAST
	"$@" >out 2>err
	ask_disk
	CALLS=$((SEEN - before)) WRITES=$((WENT_PAST - past))
	[ "$FORM" = through_cache ] || [ "$WRITES" -gt 10 ]
}

# choose SEED: where the power goes, whether those who see the disk fail have time to say so, the disk's blocks, and
# whether and where who goes on loses power too. A place that comes again later comes with other choices; every other
# seed aims at a write past the cache.
choose() {
	local n=$1 of=$CALLS word=cut
	if [ "$WRITES" -gt 0 ]; then
		[ $((n % 2)) -eq 0 ] || { word=aim of=$WRITES; }
		n=$((n / 2))
	fi
	n=$((n * 7919))
	WHERE="$word $((1 + n % of))"
	AGAIN=
	[ $((n / of / 4 % 2)) -eq 0 ] || AGAIN="cut $((1 + n % (CALLS / 2)))"
	PATIENT=$((n / of % 2))
	export UNIT=$((n / of / 2 % 2 ? 4096 : 512))
}

# cut_in COMMAND...: the power goes in it (a function must be exported), where it was chosen. Its exit status is in $STATUS, unless it was killed.
cut_in() {
	echo "$WHERE" >disk/.disk
	# shellcheck disable=SC2016
	setsid bash -c '"$@"' - "$@" >out 2>err 3>&- &
	LEADER=$!
	until_true 60 struck_or_ended
	[ "$PATIENT" -eq 0 ] || until_true 60 pid_gone "$LEADER"
	STATUS=0
	pid_gone "$LEADER" && { wait "$LEADER" || STATUS=$?; } || STATUS=137
	power_off
	ask_disk
	CUT=$((CUT + STRUCK))
	echo "cut 0" >disk/.disk
	power_on
}

# one SEED PREPARE TRIAL...: on an empty disk
one() {
	choose "$1"
	disk_begin "$1" || return 1
	"$2" || return 1
	"${@:3}" || return 1
	ask_disk
	PAST=$((PAST + WENT_PAST))
	[ "$REFUSED" -eq 0 ] || { echo "$REFUSED writes past the cache were no whole blocks"; return 1; }
	disk_end
}

# more DONE COUNT: whether to go on after so many seeds
more() {
	[ "$1" -lt "${WF_POWER_SEEDS:-$2}" ] || [ "$SECONDS" -lt "${WF_POWER_SECONDS:-0}" ]
}

# cuts COUNT WHAT PREPARE TRIAL...: with as many seeds, or as the environment says. The form that was asked for is held.
cuts() {
	local n=0
	disk_end
	SECONDS=0 CUT=0 PAST=0
	while more "$n" "$1"; do
		one $((SEED + n)) "${@:3}" >said 2>&1 || { echo "seed $((SEED + n)), $WHERE:"; cat said; return 1; }
		n=$((n + 1))
	done
	echo "# $n seeds, $CUT power cuts in $2, $PAST writes past the cache" >&3
	[ $((CUT * 2)) -gt "$n" ]
	if [ "$FORM" = through_cache ]; then
		[ "$PAST" -eq 0 ]
	else
		[ "$PAST" -gt $((n * 4)) ]
	fi
}
