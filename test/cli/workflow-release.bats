#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

setup() {
	scratch_setup
	export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
}

# A small project whose stages leave a mark each time they run.
project() {
	mkdir project
	cat >project/Makefile <<-END
		all: ; echo build >>$SCRATCH/marks; echo hello >program
		check: ; echo check >>$SCRATCH/marks; \\
			if [ -e $SCRATCH/hold ]; then : >$SCRATCH/held; tail -f /dev/null; fi; test -e program
		dist: ; echo dist >>$SCRATCH/marks; tar -cf small-1.0.tar.gz program Makefile
	END
	git -C project init -q -b main
	git -C project add .
	git -C project commit -q -m one
	STAGES=(prepare= configure= build=make "package=make dist")
	TEST="test=make check"
}

@test "release: builds, tests and packages a commit" {
	project
	expect 0 wf run release --id r repository=project work=work "${STAGES[@]}" "$TEST"
	same "$(json .commit "$output")" "$(git -C project rev-parse HEAD)"
	file=$(json '.files[0].file' "$output")
	same "$file" "$SCRATCH/work/r/tree/small-1.0.tar.gz"
	same "$(json '.files[0].sha256' "$output")" "$(sha256sum "$file" | cut -d' ' -f1)"
	same "$(tr '\n' ' ' <marks)" "build check dist "
}

@test "release: what is not committed is not in it" {
	project
	echo broken >project/program
	git -C project tag old
	echo later >project/later && git -C project add later && git -C project commit -q -m two
	expect 0 wf run release --id r repository=project work=work ref=old "${STAGES[@]}" "$TEST"
	same "$(ls work/r/tree)" "$(printf '%s\n' Makefile program small-1.0.tar.gz)"
	same "$(cat work/r/tree/program)" hello
}

@test "release: promises 1 3: killed in its tests, it does not build again, and stays with its commit" {
	project
	: >hold
	commit=$(git -C project rev-parse HEAD)
	wf run release --id r repository=project work=work "${STAGES[@]}" "$TEST" >out 2>err &
	driver=$!
	until_true 30 test -e held
	kill_hard $driver
	rm hold
	echo more >project/more && git -C project add more && git -C project commit -q -m two
	expect 0 wf resume r
	same "$(tr '\n' ' ' <marks)" "build check check dist "
	expect 0 wf run release --id r repository=project work=work "${STAGES[@]}" "$TEST"
	same "$(json .commit "$output")" "$commit"
	git_clean
}

@test "release: a failed test fails it at once, and nothing is packaged" {
	project
	expect 1 wf run release repository=project work=work "${STAGES[@]}" "test=echo it is broken >&2; false"
	contains "$stderr" "test"
	same "$(tr '\n' ' ' <marks)" "build "
}

@test "release: names are no commands" {
	project
	git -C project branch 'a;touch${IFS}owned'
	expect 0 wf run release --id r repository=project work=work 'ref=a;touch${IFS}owned' "${STAGES[@]}" "$TEST"
	same "$(find . -name owned)" ""
	expect 1 wf run release repository=project work=work ref=--help "${STAGES[@]}" "$TEST"
	expect 1 wf run release repository=project work=work ref=nothing "${STAGES[@]}" "$TEST"
	contains "$stderr" resolve
}

@test "release: no artifact, wrong input" {
	project
	expect 1 wf run release repository=project work=work "${STAGES[@]}" "$TEST" artifact='*.zip'
	contains "$stderr" "no file '*.zip'"
	expect 1 wf run release work=work
	contains "$stderr" bad_input
}

@test "release: wf itself" {
	# a tree that was unpacked may lie within a repository, and is none
	[ -e "$WF_SRC/.git" ] && git -C "$WF_SRC" rev-parse --verify -q HEAD >/dev/null || skip "no repository"
	expect 0 wf run -j 1 release --id wf repository="$WF_SRC" work=work build= test= package='make dist'
	tar -tf "$(json '.files[0].file' "$output")" | grep -q '/lib/wf.h$'
}
