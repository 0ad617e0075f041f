# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What bench and bench-peers measure with.

median() {
	sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

now() {
	date +%s%N
}

# calc EXPRESSION [FORMAT]
calc() {
	awk "BEGIN {printf \"${2:-%.0f}\", $1}"
}

trap 'exit 1' TERM

# Ends the script, from whatever shell below it: how long it takes to fail is no figure.
failed() {
	echo "$0: this failed: $*" >&2
	kill $$
}

# again N COMMAND...: microseconds of each of N calls.
again() {
	local n=$1 i begin
	shift
	for ((i = 0; i < n; i++)); do
		begin=$(now)
		"$@" >/dev/null 2>&1 || failed "$@"
		echo $((($(now) - begin) / 1000))
	done
}

# ms N COMMAND...: the median, in milliseconds.
ms() {
	again "$@" | median | awk '{printf "%.1f", $1 / 1000}'
}

# Processes and all below them, at one moment: short ones are gone in the next.
family() {
	ps -e -o pid=,ppid= | awk -v roots="$*" '
		{children[$2] = children[$2] " " $1; there[$1] = 1}
		function walk(pid, list, n, i) {
			if (pid in there) print pid
			n = split(children[pid], list, " ")
			for (i = 1; i <= n; i++) walk(list[i])
		}
		END {n = split(roots, list, " "); for (i = 1; i <= n; i++) walk(list[i])}'
}

# Kilobytes of processes, shared pages counted by share.
memory() {
	local pid
	for pid; do
		echo "/proc/$pid/smaps_rollup"
	done | xargs -r cat 2>/dev/null | awk '/^Pss:/ {sum += $2} END {print sum + 0}'
}

# ticks PID...: a line for each that is there, with the clock ticks of the processor that it has used.
ticks() {
	local pid
	for pid; do
		cat "/proc/$pid/stat" 2>/dev/null || true
	done | awk '{pid = $1; sub(/.*\) /, ""); print pid, $12 + $13}'
}

# Seconds between two answers of ticks, of the processes that are in both.
ticks_between() {
	printf '%s\n' "$1" - "$2" | awk -v hz="$(getconf CLK_TCK)" '
		$1 == "-" {second = 1; next}
		!second {before[$1] = $2}
		second && $1 in before {sum += $2 - before[$1]}
		END {printf "%.2f", sum / hz}'
}

# Bytes written to the device below the working folder, by anybody, once what was written is there. That counts the
# file system's journal and what servers write later, which no count of a process's own does; so it is to be read on
# a machine that does nothing else.
device_bytes() {
	local device
	sync -f .
	device=$(basename "$(readlink -f "$(df --output=source . | tail -1)")")
	awk -v d="$device" '$3 == d {sum = $10 * 512} END {printf "%.0f", sum}' /proc/diskstats
}

machine() {
	printf '%s, %s, %s processors, %s on %s, %s\n' "$(uname -sr)" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
		"$(df --output=fstype . | tail -1)" "$(df --output=source . | tail -1)" "$(date -u +%F)"
}

# killed_at FILE COMMAND...: run it until a step of it has made FILE, and kill the process; not for longer than BOUND
# seconds (600). Its highest resident set is in killed_kb; what it complains of goes to ERRORS, if that is set.
killed_at() {
	local file=$1 i pid
	killed_kb=0
	shift
	rm -f "$file"
	"$@" >/dev/null 2>"${ERRORS:-/dev/null}" &
	pid=$!
	for ((i = 0; i < ${BOUND:-600} * 20; i++)); do
		[ ! -e "$file" ] || break
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.05
	done
	# shellcheck disable=SC2034 # for the caller
	killed_kb=$(awk '/^VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null || true)
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null || true
	[ -e "$file" ]
}

# to_next_step FILE COMMAND...: milliseconds from the start of the command to the moment that the step wrote.
to_next_step() {
	local file=$1 begin
	shift
	begin=$(now)
	"$@" >/dev/null 2>&1 || true
	calc "($(cat "$file") - $begin) / 1e6" %.1f
}
