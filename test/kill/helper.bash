# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Killing a driver at a chosen call, going on, and judging by the effects. Needs ../cli/helper.

MARKS=$WF_BUILD/test/modules/effects.so
SHIM=$WF_BUILD/test/shim/fault.so
STATE=.wf

# faulty SPEC COMMAND...: run a command with the fault shim. Marks of its steps carry $MARKED.
faulty() {
	local spec=$1
	shift
	WF_MARK_DRIVER=${MARKED--} WF_FAULT=$spec LD_PRELOAD=$(preload "$SHIM") "$@"
}

# How many calls an undisturbed command makes of the kinds in $1 (may be empty).
count_calls() {
	local kinds=$1
	shift
	rm -rf count "$STATE" marks
	WF_FAULT_COUNT=$PWD/count faulty "EIO:0:$kinds" "$@" >count.out 2>&1 || return 1
	cat count
}

# The keys of the steps whose outcome is recorded in run $1.
recorded_keys() {
	local tail
	tail=$(keys_tail "$1") || return 0
	cat "$STATE"/*/"$1"/history/*.jsonl 2>/dev/null | tr -d '\n' | sed 's/}{/}\n{/g' |
		sed -nE "s/^\{.*\"type\":\"step_(completed|failed)\".*\"cmd\":([0-9]+).*\}\$/$1.\2.$tail/p; \
s/^\{.*\"cmd\":([0-9]+).*\"type\":\"step_(completed|failed)\".*\}\$/$1.\1.$tail/p" | sort -u | tr '\n' ' '
}

# The part of the idempotency keys that all steps of run $1 share, as the marks show it.
keys_tail() {
	[ -s marks ] || return 1
	sed -nE "1s/^[a-z]+ $1\.[0-9]+\.([0-9a-f]+) .*/\1/p" marks
}

# Go on with run $1 (workflow $2) until it has ended; at most 5 times.
go_on() {
	local i
	for i in 1 2 3 4 5; do
		run -0 --separate-stderr wf run "$MARKS:$2" --id "$1" "${INPUT[@]}" && return 0
	done
	echo "run $1 did not end: $output $stderr" >&2
	return 1
}

# The keys of the at-most-once steps of run $1 that were dispatched.
once_keys() {
	local tail
	tail=$(keys_tail "$1") || return 0
	cat "$STATE"/*/"$1"/history/*.jsonl | sed -nE "s/.*\"type\":\"step_started\".*\"cmd\":([0-9]+).*/$1.\1.$tail/p" |
		sort -u | tr '\n' ' '
}

# What assert_promises holds an end against: the outcomes that run $1 has recorded by now, and how many marks there are.
remember() {
	RECORDED=$(recorded_keys "$1")
	BEFORE=$( [ -f marks ] && wc -l <marks || echo 0)
}

remember_nothing() {
	RECORDED=unknown
	BEFORE=0
}

# Everything that must hold once run $1 has ended.
assert_promises() {
	local broken
	broken=$(awk -v before="$BEFORE" -v recorded="$RECORDED" -v once="$(once_keys "$1")" -f "$WF_SRC/test/kill/marks.awk" marks)
	[ -z "$broken" ] || { echo "$broken"; cat marks; return 1; }
	[ ! -e "$STATE/.git" ] || git_clean "$STATE" || return 1
	run -0 wf fsck || return 1
	run -0 wf resume --quiet || return 1
	broken=$(find "$STATE" -name '.tmp-*' -o -name '.new-*')
	[ -z "$broken" ] || { echo "left: $broken"; return 1; }
	run -0 wf fsck --repair || return 1
	run -0 git -C "$STATE" fsck --strict || return 1
	run -0 git -C "$STATE" log --format=%s "run/$1" || return 1
	run -0 wf fsck || return 1
}
