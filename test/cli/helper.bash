# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every bats file loads: load helper (in test/cli), load ../cli/helper.
#
# Each test gets a scratch folder ($SCRATCH, also the working folder and $HOME), wf first in PATH, and
# a neutral environment. When it ends, no process that it started may be left.

bats_require_minimum_version 1.5.0

HELPER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${WF_SRC:=$(cd "$HELPER_DIR/../.." && pwd)}"
: "${WF_BUILD:=$WF_SRC/build}"
# Where the path of the checkout has blanks, by a link without: tests name files within lines for a shell.
case $WF_SRC$WF_BUILD in
*[[:blank:]]*)
	[ -e "$BATS_RUN_TMPDIR/build" ] || ln -s "$WF_SRC" "$BATS_RUN_TMPDIR/source"
	[ -e "$BATS_RUN_TMPDIR/build" ] || ln -s "$WF_BUILD" "$BATS_RUN_TMPDIR/build"
	WF_SRC=$BATS_RUN_TMPDIR/source WF_BUILD=$BATS_RUN_TMPDIR/build
	;;
esac
export WF_SRC WF_BUILD
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-180}

setup() {
	scratch_setup
}

teardown() {
	scratch_teardown
}

# For files with a setup or teardown of their own.
scratch_setup() {
	SCRATCH=$BATS_TEST_TMPDIR
	export HOME=$SCRATCH WF_TEST_SCRATCH=$SCRATCH
	export PATH=$WF_BUILD:$PATH LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
	export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1:abort_on_error=0:exitcode=99:verify_asan_link_order=0:fast_unwind_on_malloc=0}
	export LSAN_OPTIONS=${LSAN_OPTIONS-suppressions=$WF_SRC/test/lsan.supp:print_suppressions=0}
	export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
	unset WF_STATE WF_PATH WF GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE MAKEFLAGS MFLAGS MAKELEVEL TESTS BUILD CONFIGURE_FLAGS
	cd "$SCRATCH" || return 1
}

scratch_teardown() {
	local pids pid
	pids=$(wait_gone 5)
	[ -z "$pids" ] && return 0
	for pid in $pids; do
		echo "left behind: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
		kill -KILL "$pid" 2>/dev/null
	done
	return 1
}

# Processes that this test started (by their environment) and that are alive; zombies do not count.
# What a test starts has its scratch folder in the environment from the moment it is executed.
strays() {
	local env pid
	# shellcheck disable=SC2013
	for env in $(grep -lszxF "WF_TEST_SCRATCH=$WF_TEST_SCRATCH" /proc/[0-9]*/environ); do
		pid=${env#/proc/}
		pid=${pid%/environ}
		grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$pid/status" && [ -d "/proc/$pid/fd" ] &&
			[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != grep ] && echo "$pid"
	done
	true
}

# Wait up to $1 seconds until no such process is left; prints those that are.
wait_gone() {
	local end=$((SECONDS + $1)) pids
	while pids=$(strays) && [ -n "$pids" ] && [ $SECONDS -lt "$end" ]; do
		sleep 0.02
	done
	echo "$pids"
}

# until_true SECONDS COMMAND...: poll for something that nobody announces.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt "$end" ] || {
			echo "still not true: $*" >&2
			return 1
		}
		sleep 0.01
	done
}

# expect STATUS COMMAND...: run it; status, $output (stdout) and $stderr are kept, and shown if it differs.
expect() {
	local want=$1
	shift
	run --separate-stderr "$@"
	# shellcheck disable=SC2154
	if [ "$status" -eq "$want" ]; then return 0; fi
	# shellcheck disable=SC2154
	printf 'exit %s, not %s: %s\nstdout: %s\nstderr: %s\n' \
		"$status" "$want" "$*" "$output" "${stderr-}" >&2
	return 1
}

# contains TEXT PART: with a message when it does not.
contains() {
	case $1 in *"$2"*) return 0 ;; esac
	printf "no '%s' in: %s\n" "$2" "$1" >&2
	return 1
}

lacks() {
	case $1 in *"$2"*) ;; *) return 0 ;; esac
	printf "'%s' should not be in: %s\n" "$2" "$1" >&2
	return 1
}

# same GOT WANT
same() {
	[ "$1" = "$2" ] && return 0
	printf 'got:  %s\nwant: %s\n' "$1" "$2" >&2
	return 1
}

# json FILTER TEXT: what jq makes of it, raw; fails when TEXT is no JSON.
json() {
	jq -er "$1" <<<"$2"
}

# module NAME [FLAG...]: compile test/modules/NAME.c as a module author would, to ./NAME.so; further flags for cc.
module() {
	local name=$1
	shift
	# shellcheck disable=SC2046
	${CC:-cc} -std=gnu11 -O1 -g -Wall -Wextra -shared -fPIC -fvisibility=hidden \
		-I"$WF_SRC/lib" $(pkg-config --cflags jansson) \
		"$@" -o "$name.so" "$WF_SRC/test/modules/$name.c" $(pkg-config --libs jansson)
}

# kill_hard PID: kill -9 and wait until it is gone, child of ours or not.
kill_hard() {
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	until_true 10 pid_gone "$1"
}

pid_gone() {
	[ ! -d "/proc/$1" ] || grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

# git_clean DIR: what promise 1 asks of the repository at any exit.
git_clean() {
	local out
	out=$(git -C "${1:-.wf}" fsck --strict --no-dangling 2>&1) && [ -z "$out" ] && return 0
	echo "git fsck: $out" >&2
	return 1
}

# with_sanitizer: whether the binaries were built with one (they are slower and larger then).
with_sanitizer() {
	grep -qs "^SANITIZE = .*fsanitize" "$WF_BUILD/Makefile"
}

# preload FILE: what LD_PRELOAD must say to load it into wf; the address sanitizer insists on being first.
preload() {
	local runtime
	runtime=$(ldd "$WF_BUILD/wf" | awk '/libasan/ { print $3 }')
	echo "${runtime:+$runtime:}$1"
}

# told_steps N: the run of effects that writes to out has told of so many
told_steps() {
	[ "$(grep -c 'work: completed' out)" -ge "$1" ]
}

# killed_midway ID US: a run of effects, killed after some steps of so many microseconds, its branch level with its files
killed_midway() {
	rm -f out # of the last one
	wf run "$WF_BUILD/test/modules/effects.so:effects" --id "$1" marks="$PWD/marks" us="$2" >out 2>&1 3>&- &
	until_true 20 told_steps 3
	kill_hard $!
	expect 0 wf fsck --repair "$1"
}
