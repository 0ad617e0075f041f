#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Completion: the words, and the shells that ask for them.

load cli

words() {
	wf complete-words -- "$@" | cut -f1 | tr '\n' ' '
}

@test "commands, options, values" {
	contains "$(words '')" "resume"
	same "$(words ru)" "run "
	contains "$(words run --)" "--no-wait"
	contains "$(words run --)" "--jobs"
	lacks "$(words new --)" "--jobs"
	same "$(words completion '')" "bash zsh "
	same "$(words --state x stat)" "status "
	same "$(words nonsense '')" ""
	lacks "$(words '')" "complete-words"
}

@test "runs, open ones where only they make sense, steps and workflows" {
	wf run "$CLI:talks" fails=0 --id ended -q >/dev/null
	wf run "$CLI:sleeps" ms=3600000 --id open --no-wait -q || true
	same "$(words status '')" "open ended "
	same "$(words resume '')" "open "
	same "$(words run --id o)" "open "
	same "$(words run --id=o)" "--id=open "
	same "$(words log ended '' | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/^ //')" "talk workflow "
	mkdir workflows
	cp "$CLI" workflows/mine.so
	contains "$(words run mi)" "mine "
	(
		cd workflows
		same "$(words --state ../.wf status op)" "open "
	)
}

# in_bash LINE: what bash offers for the end of it
in_bash() {
	bash --norc -c '
		eval "$(wf completion bash)"
		COMP_LINE=$1 COMP_POINT=${#1}
		read -ra COMP_WORDS < <(sed "s/\([=:]\)/ \1 /g" <<<"$1")
		case $1 in *[[:space:]=:]) case $1 in *[=:]) ;; *) COMP_WORDS+=("") ;; esac ;; esac
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_wf_complete
		printf "%s " "${COMPREPLY[@]}"
	' - "$1"
}

@test "bash" {
	wf run "$CLI:nothing" --id one -q
	same "$(in_bash 'wf stat')" "status "
	same "$(in_bash 'wf status o')" "one "
	same "$(in_bash 'wf run --id=o')" "one "
	same "$(in_bash 'wf run --id=')" "one "
	touch input.json
	same "$(in_bash 'wf run x --input @inp')" "input.json "
	bash -n <(wf completion bash)
	shellcheck -s bash -S warning <(wf completion bash) || ! command -v shellcheck
}

@test "zsh" {
	command -v zsh >/dev/null || skip "no zsh"
	zsh -n <(wf completion zsh)
	run -0 zsh -f -c '
		compdef() { print -r -- "$@"; }
		eval "$(wf completion zsh)"
		_describe() { print -rl -- "${(@P)2}"; }
		words=(wf stat) CURRENT=2
		_wf'
	contains "$output" "_wf wf"
	contains "$output" "status:show what is open"
}

@test "an unknown shell" {
	expect 2 wf completion fish
	one_line "$stderr" "fish"
}
