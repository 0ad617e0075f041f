#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf new and wf check.

load cli

@test "what new writes compiles without a warning and runs at once" {
	expect 0 wf new first
	contains "$stderr" "wf run first.c"
	sed -i 's/sleep(5)/sleep(0)/' first.c
	# shellcheck disable=SC2046
	"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -D_DEFAULT_SOURCE \
		-I"$WF_SRC/lib" $(pkg-config --cflags jansson) first.c
	expect 0 wf run first.c name=you
	same "$output" '{"greeted":"you"}'
	expect 1 wf run first.c
	contains "$stderr" "the input has no name"
}

@test "what new writes runs under any umask" {
	for mask in 000 077; do
		expect 0 bash -c "umask $mask; wf new under$mask && rm Makefile && sed -i 's/sleep(5)/sleep(0)/' under$mask.c"
		expect 0 wf run "under$mask.c" name=you
	done
}

@test "new overwrites nothing" {
	echo mine >first.c
	expect 2 wf new first
	one_line "$stderr" "'first.c' exists already"
	same "$(cat first.c)" mine
	[ ! -e Makefile ]
	expect 2 env -C "$SCRATCH" bash -c 'echo mine >Makefile && wf new second'
	one_line "$stderr" "'Makefile' exists already"
	[ ! -e second.c ]
}

@test "new takes only what can name a function" {
	for name in "a b" 1st a-b ../x "" while é; do
		expect 2 wf new "$name"
		one_line "$stderr" "name of a C function"
	done
	run -1 compgen -G '*.c'
	[ ! -e Makefile ]
}

@test "check lists what a module has and judges its imports" {
	expect 0 wf check "$CLI"
	contains "$output" "workflow   same"
	contains "$output" "step       echo"
	expect 0 wf check "$CLI" --all --json
	jq -e 'has("level") and has("symbol") and has("category") and has("advice")' <<<"$output" >/dev/null
	[ ! -e .wf ]
}

@test "check refuses what is no module" {
	echo "no module" >no.so
	expect 6 wf check ./no.so
	one_line "$stderr" "no.so"
	expect 2 wf check ./absent.so
	one_line "$stderr" "absent.so"
}
