# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# The short form of `make torture`: seconds, not hours.
bats_require_minimum_version 1.5.0

load ../cli/helper

@test "promises 1 3 5: many drivers killed at random on one state directory lose and repeat nothing" {
	run "$WF_BUILD/test/torture/torture" --seconds "${WF_TORTURE_SECONDS:-12}" \
		"$WF_BUILD/wf" "$WF_BUILD/test/modules/effects.so:effects"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "torture: what it does not understand, it says" {
	run "$WF_BUILD/test/torture/torture" --seconds 0 /bin/true /x:y
	[ "$status" -eq 2 ]
	contains "$output" "usage: torture"
}
