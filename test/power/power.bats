#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The power is cut below the real programs: they run on a file system that keeps only what was synced (disk.c), all of
# them are killed at a call of it that a seed chose, and what it kept is mounted again. Lines of history go through the
# kernel's cache, or past it, as wf does where a file system allows it. WF_POWER_SECONDS or WF_POWER_SEEDS (of each
# kind) makes it long; WF_POWER_SEED begins with another seed, and repeats one that failed.
# shellcheck disable=SC2034,SC2153,SC2154
bats_require_minimum_version 1.5.0

load ../cli/helper
load ../kill/helper
load helper

setup() {
	scratch_setup
	[ -x "$DISK" ] || skip "built without libfuse3"
	[ -w /dev/fuse ] || skip "/dev/fuse is not there, or not ours to open"
	RUN=(wf run -j2 "$MARKS:effects" --id k "marks=$PWD/marks" us=200)
	WANT='{"sum":1842,"shell":"hello","once":"done"}'
	SEED=${WF_POWER_SEED:-$((EPOCHSECONDS % 1000000 * 1000))}
	mkdir disk
	export WF_STATE=$PWD/disk/wf
	STATE=$WF_STATE
	export FORM UNIT=512
	disk_begin 1 || skip "cannot mount here: $(cat disk.err)"
}

teardown() {
	disk_end
	scratch_teardown
}

in_git() {
	[ ! -e "$STATE/.git" ] || git_clean "$STATE"
}

# How many outcomes are in the history, as far as its lines are whole and none is missing between them.
outcomes() {
	cat "$STATE"/*/k/history/*.jsonl 2>/dev/null | tr '\0' '\n' | awk -F '[:,]' '
		/^\{"seq":.*"crc":"[0-9a-f]*"\}$/ && $2 == seq + 1 { seq++; n += /"type":"step_completed"/ }
		END { print n + 0 }'
}

run_k() {
	"$FORM" "${RUN[@]}"
}

# The power goes in a driver of that name; what it told of is there.
cut_run() { # DRIVER
	local had told
	had=$(outcomes)
	cut_in "$FORM" env WF_MARK_DRIVER="$1" "${RUN[@]}"
	in_git || return 1
	told=$(grep -cE '^(work|flaky|shell|once): completed' err || true)
	[ "$(outcomes)" -ge $((had + told)) ] ||
		{ echo "$had outcomes and $told that were told, $(outcomes) are there"; cat err; grep -h . "$STATE"/*/k/history/*; return 1; }
	if [ "$STATUS" -eq 0 ]; then
		[ "$(sed 's/"interrupted"/"done"/' out)" = "$WANT" ] || return 1
		[ -e "$STATE/closed/k/result.json" ] || { echo "its result was told, and is not there"; return 1; }
	fi
}

one_cut_of_a_run() {
	local marks
	rm -f marks
	cut_run disturbed || return 1
	remember k
	if [ -n "$AGAIN" ]; then
		WHERE=$AGAIN
		cut_run again || return 1
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
}

# Histories are of several files, so that power cuts meet how these are begun, filled, cut and left.
short_segments() {
	mkdir -m 700 "$STATE" && echo 'segment: 4K' >"$STATE/config.yaml" && sync disk "$STATE" "$STATE/config.yaml"
}

cuts_of_runs() { # FORM
	FORM=$1
	short_segments
	calls_of run_k
	[ "$CALLS" -gt 500 ]
	[ -e "$STATE/closed/k/history/000002.jsonl" ]
	cuts 10 "runs" short_segments one_cut_of_a_run
}

@test "promises 1 2 3: the power is cut at any call of a run" {
	cuts_of_runs through_cache
}

@test "promises 1 2 3: the power is cut at any call of a run whose lines go past the cache" {
	needs_direct
	cuts_of_runs past_cache
}

one_cut_behind_settings() {
	short_segments && wf run "$WF_BUILD/test/modules/noop.so" >out 2>err && power_on && in_git
}

@test "git's index is whole when the power goes after settings were committed" {
	local n
	disk_end
	for ((n = 0; n < 6; n++)); do
		disk_begin $((SEED + n))
		one_cut_behind_settings || { echo "seed $((SEED + n))"; return 1; }
		disk_end
	done
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

# the same to a run that is driven; a driver that waits for more sees no disk fail
send_and_receive() {
	count_k &
	send
	wf signal k "done" || return 0
	wait $!
}

count_k() {
	"$FORM" wf run "$WF_BUILD/test/modules/mail.so:count" --id k "$@"
}

export -f send send_and_receive count_k

begin_count() {
	count_k --no-wait >out 2>err || [ $? -eq 3 ]
}

one_cut_of_mail() { # send | send_and_receive
	local sum sent
	cut_in "$1"
	sent=$(cat sent)
	in_git || return 1
	wf signal k "done" 2>err || grep -q "run 'k' has ended" err || { cat err; return 1; }
	count_k >out 2>err || { echo "then exit $?"; cat err; return 1; }
	sum=$(jq .n out)
	[ "$sum" -eq "$sent" ] || [ "$sum" -eq $((sent + 1)) ] || { echo "$sent were acknowledged, $sum received"; return 1; }
	[ "$(jq .disorder out)" -eq 0 ] || return 1
	run -0 wf fsck --repair || return 1
	run -0 wf fsck || return 1
	in_git || return 1
}

@test "promise 1: the power is cut at any call of those who send signals" {
	FORM=through_cache
	begin_count
	calls_of send
	cuts 6 "signals" begin_count one_cut_of_mail send
}

@test "promise 1: the power is cut while signals come in whose lines go past the cache" {
	needs_direct
	FORM=past_cache
	begin_count
	calls_of send_and_receive
	cuts 6 "signals received" begin_count one_cut_of_mail send_and_receive
}
