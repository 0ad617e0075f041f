#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The last line of a test run counts what passed, failed and was skipped; nothing run is no success.

load ../cli/helper

# pretend RESULT...: a build folder whose make check leaves these results
pretend() {
	mkdir -p b/test
	{
		printf 'check:\n\t@true\n'
		for result; do
			printf '\t@echo ":test-result: %s name" >>test/one.trs\n' "$result"
		done
		printf '\t@echo "not ok 1 - the reason" >test/one.log\n'
		printf '\t@! grep -qE "FAIL|ERROR" test/one.trs\n'
	} >b/Makefile
}

last() {
	tail -n 1 <<<"$output"
}

@test "all passed" {
	pretend PASS PASS
	expect 0 "$WF_SRC/test/run" b
	same "$(last)" "2 passed, 0 failed"
}

@test "a skipped test is told apart" {
	pretend PASS SKIP
	expect 0 "$WF_SRC/test/run" b
	same "$(last)" "1 passed, 0 failed, 1 skipped"
}

@test "a failure exits 1 and its log is shown before the count" {
	pretend PASS FAIL FAIL
	expect 1 "$WF_SRC/test/run" b
	same "$(last)" "1 passed, 2 failed"
	contains "$output" "==== test/one.log"
	contains "$output" "not ok 1 - the reason"
}

@test "a program that exits badly is a failure, once" {
	pretend PASS ERROR
	expect 1 "$WF_SRC/test/run" b
	same "$(last)" "1 passed, 1 failed"
	pretend PASS FAIL ERROR
	expect 1 "$WF_SRC/test/run" b
	same "$(last)" "1 passed, 1 failed"
}

@test "nothing run is a failure" {
	pretend
	expect 1 "$WF_SRC/test/run" b
	same "$(last)" "0 passed, 0 failed"
}

@test "only skipped is a failure" {
	pretend SKIP
	expect 1 "$WF_SRC/test/run" b
	same "$(last)" "0 passed, 0 failed, 1 skipped"
}

@test "a make that breaks is a failure" {
	mkdir b
	printf 'check:\n\tfalse\n' >b/Makefile
	expect 1 "$WF_SRC/test/run" b
	same "$(last)" "0 passed, 1 failed"
}

@test "results of an earlier run do not count" {
	pretend PASS
	echo ":test-result: FAIL old" >b/test/old.trs
	expect 0 "$WF_SRC/test/run" b
	same "$(last)" "1 passed, 0 failed"
}

@test "a unit without any check fails, and so does one that stops early" {
	printf '%s\n' '#include "tap.h"' 'int main(void) { return done_testing(); }' >none.c
	${CC:-cc} -I"$WF_SRC/test/unit" -o none none.c
	expect 1 ./none
	printf '%s\n' '#include "tap.h"' 'int main(void) { ok(1, "a"); is_int(1, 2, "b"); return done_testing(); }' >two.c
	${CC:-cc} -I"$WF_SRC/test/unit" -o two two.c
	expect 1 ./two
	contains "$output" "ok 1 - a"
	contains "$output" "not ok 2 - b"
	contains "$output" "got 1, want 2"
	same "$(last)" "1..2"
}
