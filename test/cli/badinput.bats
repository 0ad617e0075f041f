#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every wrong use: one line that names the thing, the right exit, and nothing changed.

load cli

@test "unknown workflow: where it was looked for" {
	unchanged wf run nosuch
	one_line "$stderr" "nosuch"
	unchanged wf run ./nosuch.so
	one_line "$stderr" "nosuch.so"
	unchanged wf run ./nosuch.c
	unchanged wf run ""
	one_line "$stderr" "names no workflow"
}

@test "a workflow that is not in the module: what is" {
	unchanged wf run "$CLI:nosuch"
	one_line "$stderr" "no workflow 'nosuch'"
	unchanged wf run "$CLI:sleep"
	one_line "$stderr" "did you mean 'sleeps'?"
	unchanged wf run "$CLI"
	one_line "$stderr" "name one"
}

@test "ids that cannot be one" {
	long=$(printf 'x%.0s' {1..300})
	for id in a/b .. ../x a..b "a b" "" .hidden -- "$long" $'bad\xff' $'new\nline' x.lock end.; do
		unchanged wf run "$CLI:nothing" --id="$id"
		one_line "$stderr" "cannot be a run id"
	done
	for id in a_b a-b a.b a+b=c@d 2026 "${long:0:200}"; do
		expect 0 wf run "$CLI:nothing" --id="$id" -q
	done
}

@test "ids that cannot be one are refused by those who look, too" {
	wf run "$CLI:nothing" -q
	for id in a/b .. "../open" "" $'bad\xff' "$(printf 'x%.0s' {1..300})"; do
		for command in status show log wait resume; do
			expect 2 wf "$command" "$id"
			same "$(wc -l <<<"$stderr")" 1
		done
	done
}

@test "input that is not JSON, too deep, too large, unreadable" {
	unchanged wf run "$CLI:same" --input '{'
	one_line "$stderr" "not JSON"
	unchanged wf run "$CLI:same" --input ''
	unchanged wf run "$CLI:same" --input '{"a":1,"a":2}'
	one_line "$stderr" "duplicate"
	unchanged wf run "$CLI:same" --input $'"\xff"'
	printf '[%.0s' {1..600} >deep
	printf ']%.0s' {1..600} >>deep
	unchanged wf run "$CLI:same" --input @deep
	one_line "$stderr" "nested deeper than 500"
	truncate -s 65M large
	unchanged wf run "$CLI:same" --input @large
	one_line "$stderr" "larger than 64 MiB"
	unchanged wf run "$CLI:same" --input @absent
	one_line "$stderr" "'absent': No such file"
	unchanged wf run "$CLI:same" loose
	one_line "$stderr" "KEY=VALUE"
	unchanged wf run "$CLI:same" a=1 a=2
	one_line "$stderr" "given twice"
	unchanged wf run "$CLI:same" --env NO_SUCH_VARIABLE
	one_line "$stderr" "NO_SUCH_VARIABLE"
}

@test "an input nested 499 levels deep goes all the way" {
	{ printf '[%.0s' {1..499}; printf ']%.0s' {1..499}; } >deep
	expect 0 wf run "$CLI:same" --input @deep --id d
	same "$output" "$(cat deep)"
	expect 0 wf status d --json
}

@test "what is no module: each its own message" {
	echo text >text.so
	expect 6 wf run ./text.so
	one_line "$stderr" "text.so"
	head -c 3000 "$CLI" >cut.so
	expect 6 wf run ./cut.so
	one_line "$stderr" "cut.so"
	mkdir dir.so
	expect 6 wf run ./dir.so || expect 2 wf run ./dir.so
	one_line "$stderr" "dir.so"
	[ ! -e .wf ]
}

@test "a state directory that is a file, writable by others, or newer" {
	echo file >.wf
	expect 7 wf run "$CLI:nothing"
	one_line "$stderr" ".wf"
	rm .wf
	wf run "$CLI:nothing" -q --id a
	chmod g+w .wf
	for command in "run $CLI:nothing" status list "show a" resume; do
		# shellcheck disable=SC2086
		expect 7 wf $command
		one_line "$stderr" ".wf"
	done
	chmod 700 .wf
	cp .wf/format format
	echo 999 >.wf/format
	expect 7 wf status
	one_line "$stderr" "newer"
	cp format .wf/format
	expect 0 wf status
}

@test "a state directory that cannot be written" {
	wf run "$CLI:nothing" -q --id a
	[ "$(id -u)" -ne 0 ] || skip "root may write everywhere"
	chmod -R a-w .wf
	expect 7 wf run "$CLI:nothing" --id b
	one_line "$stderr" ".wf"
	expect 0 wf status a
	chmod -R u+w .wf
}

@test "a module that was deleted or damaged in the state directory, and is on no branch, halts the run, unharmed" {
	wf run "$CLI:sleeps" ms=1 --id a --no-wait -q || [ $? -eq 3 ]
	git -C .wf update-ref -d refs/heads/run/a
	module=$(echo .wf/modules/*.so)
	mv "$module" kept.so
	expect 6 wf resume a
	contains "$stderr" "wf: "
	same "$(wf status a --json | jq -r .status)" halted
	head -c 2000 kept.so >"$module"
	expect 6 wf resume a
	rm -f "$module"
	mv kept.so "$module"
	expect 0 wf resume a
	same "$output" '{"ms":1}'
}

@test "input with a NUL is refused in words of JSON" {
	printf '{"name":"a\\u0000"}' >nul.json
	expect 2 wf run hello --input @nul.json
	contains "$stderr" "the input holds the character \\u0000, which is not allowed (line 1, column"
	[ ! -e .wf ]
}

@test "what was given does not steer the terminal, whatever names it" {
	local bad=$'\e[31mred\xff\a'
	wf run "$CLI:nothing" --id a -q
	while read -ra words; do
		run --separate-stderr wf "${words[@]/BAD/$bad}"
		same "$status" 2
		one_line "$stderr" red
		run -1 grep -c $'[\033\007\xff]' <<<"$stderr"
	done <<-END
		BAD
		help BAD
		new BAD
		check BAD.so
		fsck BAD
		show BAD
		log a BAD
		why a BAD
		status a BAD
		reset a --to BAD
		completion BAD
		run -j BAD hello
		run hello --timeout BAD
		run hello --stub BAD
		run hello --env BAD
		run hello --input @BAD
		run hello --BAD
	END
	expect 2 wf fsck "$(printf 'x%.0s' {1..300})"
	one_line "$stderr" "'... cannot be a run id: it is longer than 200 bytes"
	expect 2 wf run -Z
	one_line "$stderr" "unknown option '-Z'"
}

@test "a state directory without a name is not the working folder" {
	mkdir empty
	cd empty
	for command in "run $CLI:nothing" status list resume fsck; do
		# shellcheck disable=SC2086
		TMPDIR=$SCRATCH expect 2 wf --state "" $command
		one_line "$stderr" "give --state a folder"
	done
	same "$(ls -A)" ""
}

@test "what was compiled and is no module is named by its source" {
	printf '#include <wf.h>\nWF_MODULE()\n' >none.c
	cat >absent.c <<-END
		#include <wf.h>
		void absent(void);
		static json_t *absents(wf_ctx *wf, const json_t *in)
		{
			(void)wf;
			absent();
			return json_incref((json_t *)in);
		}
		WF_MODULE(WF_WORKFLOW(absents))
	END
	for command in "run ./none.c" "check ./none.c" "replay ./none.c"; do
		# shellcheck disable=SC2086
		expect 6 wf $command
		one_line "$stderr" "cannot load module './none.c': it defines no workflow"
	done
	wf run "$CLI:sleeps" ms=3600000 --id a --no-wait -q || same $? 3
	expect 6 wf resume a --with ./absent.c
	one_line "$stderr" "cannot load module './absent.c': undefined symbol: absent"
	expect 6 wf fork a --module ./absent.c
	one_line "$stderr" "cannot load module './absent.c'"
}

@test "a step that is not in the module: where it belongs" {
	cat >lacks.c <<-END
		#include <wf.h>
		static json_t *act(wf_attempt *a, const json_t *in)
		{
			(void)a;
			return json_incref((json_t *)in);
		}
		static json_t *lacks(wf_ctx *wf, const json_t *in)
		{
			return wf_step(wf, act, in);
		}
		WF_MODULE(WF_WORKFLOW(lacks))
	END
	expect 1 wf run lacks.c -q
	contains "$stderr" "no_such_step: step 'act' is not in the module; add WF_STEP(act) to its WF_MODULE"
}

@test "who is refused is told what to do" {
	start_held a
	expect 2 wf show nobody
	one_line "$stderr" "'wf list' names those there are"
	expect 4 wf resume a
	one_line "$stderr" "'wf wait a' waits for its end"
	touch go
	wait "$DRIVER"
	echo 999 >.wf/format
	expect 7 wf status
	one_line "$stderr" "use that one, or name another directory by --state"
	rm -rf .wf
	echo file >.wf
	expect 7 wf status
	one_line "$stderr" "is not a folder; move it away, or name another by --state"
}

@test "a file in the place of a history: what its message says mends it" {
	wf run "$CLI:sleeps" ms=3600000 --id a --no-wait -q || same $? 3
	rm -r .wf/open/a/history
	echo file >.wf/open/a/history
	expect 7 wf status a
	one_line "$stderr" "is not a folder; move it away, then run 'wf fsck --repair'"
	mv .wf/open/a/history elsewhere
	expect 0 wf fsck --repair
	expect 3 wf resume a --no-wait
}
