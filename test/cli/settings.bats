#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Branch main of .wf/.git tells who set what in config.yaml, and when.

load cli

SHIM=$WF_BUILD/test/shim/fault.so

subjects() {
	git -C .wf log --format=%s main | tr '\n' '|'
}

set_to() { # TEXT
	printf "$1" >.wf/config.yaml
}

run_once() {
	wf run "$CLI:nothing" -q >/dev/null 2>err
}

@test "settings are committed on branch main when they change, and only then" {
	run_once
	set_to 'jobs: 2\n'
	touch -d '2026-11-20 10:00:00 UTC' .wf/config.yaml
	run_once
	run_once
	same "$(subjects)" "config.yaml: set|state directory of wf|"
	same "$(git -C .wf show main:config.yaml)" "jobs: 2"
	same "$(git -C .wf log -1 --format='%an %ad' --date=format-local:%F main)" "$(id -un) 2026-11-20"
	set_to 'jobs: 3\n'
	run_once
	same "$(subjects)" "config.yaml: changed|config.yaml: set|state directory of wf|"
	contains "$(git -C .wf log -1 -p --format= main)" "$(printf '%s\n' '-jobs: 2' '+jobs: 3')"
	same "$(git -C .wf status --porcelain)" ""
	rm .wf/config.yaml
	run_once
	same "$(subjects)" "config.yaml: removed|config.yaml: changed|config.yaml: set|state directory of wf|"
	same "$(git -C .wf status --porcelain)" ""
	git_clean
}

@test "a state directory can be cloned, with its settings" {
	run_once
	set_to 'jobs: 2\n'
	run_once
	git clone -q .wf copy
	same "$(cat copy/config.yaml)" "jobs: 2"
}

@test "settings that somebody has committed are left as they are, with what else is on main" {
	export GIT_AUTHOR_NAME=me GIT_AUTHOR_EMAIL=m@e GIT_COMMITTER_NAME=me GIT_COMMITTER_EMAIL=m@e
	run_once
	set_to 'jobs: 2\n'
	echo notes >.wf/notes
	git -C .wf add -f config.yaml notes
	git -C .wf commit -qm "two at a time, for the disk"
	run_once
	same "$(subjects)" "two at a time, for the disk|state directory of wf|"
	set_to 'jobs: 3\n'
	run_once
	same "$(subjects)" "config.yaml: changed|two at a time, for the disk|state directory of wf|"
	same "$(git -C .wf ls-tree --name-only main | tr '\n' ' ')" "config.yaml notes "
	same "$(git -C .wf status --porcelain)" ""
}

@test "wf fsck tells settings that main does not have, and --repair commits them" {
	run_once
	set_to 'jobs: 2\n'
	expect 0 wf fsck
	contains "$output" "note: '$PWD/.wf/config.yaml' is not as branch main has it"
	same "$(subjects)" "state directory of wf|"
	expect 0 wf fsck --repair
	contains "$output" "repaired: "
	same "$(subjects)" "config.yaml: set|state directory of wf|"
	expect 0 wf fsck
	same "$output" ""
}

@test "promise 1: a committer that is killed while it commits settings leaves the old ones or the new ones" {
	local n=1 said=
	run_once
	while [ "$n" -lt 60 ] && [ "$said" != "config.yaml: set|state directory of wf|" ]; do
		rm -rf .wf
		run_once
		set_to 'jobs: 2\n'
		WF_FAULT_PROGRAM=wf-committer WF_FAULT="kill:$n" LD_PRELOAD=$(preload "$SHIM") run_once
		git_clean
		said=$(subjects)
		run_once
		same "$(subjects)" "config.yaml: set|state directory of wf|"
		same "$(git -C .wf status --porcelain)" ""
		n=$((n + 5))
	done
	[ "$n" -gt 6 ]
}

@test "a committer that is killed while it writes git's index leaves no lock in git's way" {
	local n=0
	until [ -e count ]; do
		n=$((n + 1))
		rm -rf .wf
		run_once
		set_to 'jobs: 2\n'
		WF_FAULT_COUNT=$PWD/count WF_FAULT_PROGRAM=wf-committer WF_FAULT="kill:$n:link+rename+unlink" \
			LD_PRELOAD=$(preload "$SHIM") run_once
		run_once
		git -C .wf add -f config.yaml
	done
	[ "$n" -gt 6 ]
}
