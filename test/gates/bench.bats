#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How long something takes to fail is no figure.

load ../cli/helper

@test "a benchmark of what fails ends, and says what failed" {
	export WF_BUILD=$PWD/nothing
	expect 1 "$WF_SRC/test/bench/bench" 1 0 0
	contains "$stderr" "this failed: bare_loop"
	lacks "$output" "/s"
	ONLY=cold expect 1 "$WF_SRC/test/bench/bench" 1 0 0
	contains "$stderr" "this failed: wf "
	lacks "$output" " ms"
}
