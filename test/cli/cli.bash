# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# For tests of the commands: $CLI:NAME is a workflow of test/modules/cli.c, compiled once a file.

load helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	: "${WF_SRC:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	module cli
	export CLI=$BATS_FILE_TMPDIR/cli.so
}

# start_held ID [OPTION...]: a run in the background that goes on once the file "go" is there; $DRIVER is its pid.
start_held() {
	local id=$1
	shift
	rm -f go begun
	wf run "$CLI:holds" --id "$id" "until=$PWD/go" "begun=$PWD/begun" "$@" >held.out 2>held.err 3>&- &
	DRIVER=$!
	until_true 10 test -s begun
}

# one_line TEXT PART: an error is one line that begins with wf: and holds PART
one_line() {
	same "$(wc -l <<<"$1")" 1
	contains "$1" "wf: "
	contains "$1" "$2"
}

# unchanged COMMAND...: fails with a usage error and leaves no state directory behind
unchanged() {
	expect 2 "$@"
	same "$output" ""
	[ ! -e .wf ]
}
