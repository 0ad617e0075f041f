#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Words on the command line: what is taken, and the one line for what is not.

load cli

@test "wf alone prints what there is, to stderr, and exits with 2" {
	expect 2 wf
	same "$output" ""
	contains "$stderr" "usage: wf"
}

@test "--help of wf and of every command goes to stdout" {
	expect 0 wf --help
	contains "$output" "commands:"
	for command in $(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output"); do
		expect 0 wf "$command" --help
		contains "$output" "usage: wf $command"
		same "$stderr" ""
		expect 0 wf help "$command"
		contains "$output" "$command"
	done
}

@test "wf help without man shows the same text" {
	ln -s "$(command -v wf)" wf
	expect 0 env "PATH=$PWD" wf help run
	contains "$output" "usage: wf run"
}

@test "an unknown command names what is near" {
	expect 2 wf stauts
	one_line "$stderr" "did you mean 'status'?"
	expect 2 wf zebra
	one_line "$stderr" "'wf --help' lists them"
	expect 2 wf help rum
	one_line "$stderr" "did you mean 'run'?"
}

@test "an unknown option names what is near, and the help" {
	expect 2 wf run --no-wiat x
	one_line "$stderr" "did you mean '--no-wait'?"
	contains "$stderr" "wf run --help"
	expect 2 wf --jsno list
	one_line "$stderr" "did you mean '--json'?"
}

@test "general options stand before or after the command" {
	wf run "$CLI:nothing" --id a --quiet
	wf --json list >before
	wf list --json >after
	cmp before after
	same "$(json .id "$(cat after)")" a
	expect 0 wf --state "$PWD/.wf" --json status a
	same "$(json .status "$output")" completed
}

@test "a general option that means nothing to a command is refused" {
	expect 2 wf new --json x
	one_line "$stderr" "--json means nothing to this command"
	expect 2 wf -j 2 status
	one_line "$stderr" "--jobs means nothing to this command"
	[ ! -e x.c ]
}

@test "too few and too many arguments" {
	expect 2 wf run
	one_line "$stderr" "usage: wf run [options] WORKFLOW"
	expect 2 wf show a b
	one_line "$stderr" "unexpected argument 'b'"
}

@test "--version and version agree" {
	expect 0 wf --version
	version=$output
	expect 0 wf version
	same "$output" "$version"
	expect 0 wf version --json
	same "wf $(json .version "$output")" "$version"
	same "$(json .format "$output")" 1
}

@test "stdout that cannot be written is an error, not silence" {
	wf run "$CLI:counts" n=50 --id a --quiet >/dev/null
	for command in "list" "status a" "show a" "show a --json" "--help" "version" "completion bash" "log a"; do
		# shellcheck disable=SC2086
		status=0 && wf $command >/dev/full 2>err || status=$?
		[ "$command" = "log a" ] && continue # it wrote nothing
		same "$command: $status" "$command: 7"
		contains "$(cat err)" "cannot write to standard output: No space left"
	done
	status=0 && wf show a 2>err >&- || status=$?
	same "$status" 7
	contains "$(cat err)" "cannot write to standard output"
}

@test "promise 1: a run whose result cannot be written is done, and says so again" {
	status=0 && wf run "$CLI:same" x=1 --id a >/dev/full 2>err || status=$?
	same "$status" 7
	expect 0 wf run "$CLI:same" x=1 --id a
	same "$output" '{"x":1}'
}

@test "a reader that goes away ends wf with an error and no signal" {
	wf run "$CLI:counts" n=2000 --id a --quiet >/dev/null
	set +o pipefail
	{
		status=0
		wf show a --json 2>err || status=$?
		echo "$status" >status
	} | head -n 1 >/dev/null
	same "$(cat status)" 7
	contains "$(cat err)" "Broken pipe"
}

@test "closed stdin, stdout and stderr do no harm to the state" {
	wf run "$CLI:same" x=1 --id a <&- >&- 2>&- || true
	expect 0 wf run "$CLI:same" x=1 --id a
	same "$output" '{"x":1}'
	git_clean
}
