#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Runs that only git has: pruned, lost, or fetched from another machine.

load cli

config() {
	mkdir -p -m 700 .wf
	printf '%s\n' "$@" >.wf/config.yaml
}

# three closed runs a, b, c, each with a mark for its only step
three_runs() {
	for id in a b c; do
		wf run "$CLI:shells" --id $id --quiet "command=echo $id >>$SCRATCH/marks" >/dev/null
	done
}

@test "promise 3: a run whose files are gone is not run again under its id" {
	three_runs
	rm -r .wf/closed/a
	expect 0 wf run "$CLI:shells" --id a "command=echo a >>$SCRATCH/marks"
	same "$(json .status "$output")" 0
	same "$(sort marks | tr '\n' ' ')" "a b c "
	[ -e .wf/closed/a/history/000001.jsonl ]
	expect 0 wf fsck
}

@test "a run that only git has comes back for whoever names it" {
	three_runs
	for command in show log status "query a stack" "replay $CLI:shells"; do
		rm -rf .wf/closed/a
		case $command in
		query*) expect 0 wf query a stack ;;
		replay*) expect 0 wf replay "$CLI" a ;;
		*) expect 0 wf "$command" a ;;
		esac
		[ -e .wf/closed/a/run.json ]
	done
	rm -r .wf/closed/a
	expect 0 wf fork a --id d --at 2
	expect 2 wf show e
	one_line "$stderr" "there is no run 'e'"
}

@test "keep_closed: the oldest closed runs leave their files, and are found" {
	config 'keep_closed: 2'
	three_runs
	wf run "$CLI:nothing" --id d --quiet >/dev/null
	same "$(ls -A .wf/closed | tr '\n' ' ')" "c d "
	expect 0 wf fsck
	expect 0 wf run "$CLI:shells" --id a "command=echo a >>$SCRATCH/marks"
	same "$(sort marks | tr '\n' ' ')" "a b c "
	expect 0 wf show b
	contains "$output" completed
	git_clean
}

@test "keep_closed: what the branch does not have stays" {
	three_runs
	mkdir -p .wf/closed/b/payloads && echo 1 >.wf/closed/b/payloads/more.json
	config 'keep_closed: 0'
	wf run "$CLI:nothing" --id d --quiet >/dev/null
	[ -e .wf/closed/b/run.json ]
	[ -e .wf/closed/b/payloads/more.json ]
}

@test "keep_closed: a run without files of its own is found when its branch was folded" {
	config 'keep_closed: 1' 'keep_refs: 1'
	for i in {1..105}; do echo "r$i"; done >ids
	xargs -P 4 -I{} wf run "$CLI:nothing" --id {} --quiet <ids >/dev/null
	[ "$(find .wf/closed -mindepth 1 -maxdepth 1 -name 'r*' | wc -l)" -lt 10 ]
	[ "$(git -C .wf for-each-ref 'refs/heads/run/*' | wc -l)" -lt 10 ]
	expect 0 wf show r1
	contains "$output" completed
	expect 0 wf run "$CLI:nothing" --id r2
	expect 2 wf show r106
	git_clean
}

@test "a closed child whose files are gone is not made again for its parent" {
	config 'keep_closed: 0'
	expect 0 wf run "$WF_BUILD/test/modules/children.so:window" --id w children=12 window=3 "marks=$PWD/marks"
	same "$(sort marks | uniq -d)" ""
	same "$(sort -u marks | wc -l)" 12
	expect 0 wf show w.2
}

@test "a run goes on on another machine, from its branch alone" {
	expect 3 wf run "$CLI:sleeps" --id r --no-wait ms=86400000 n=1
	mkdir -m 700 there there/.wf
	git -C there/.wf init -q
	git -C there/.wf fetch -q "$PWD/.wf" run/r:run/r
	cd there
	expect 0 wf show r
	contains "$output" "echo: completed"
	expect 0 wf status
	contains "$output" suspended
	expect 3 wf resume r --no-wait
	expect 0 wf cancel r
	expect 5 wf resume r
	expect 0 wf fsck
	git -C .wf fsck --strict
}

@test "promise 1: killed while it brings a run back, it leaves nothing of it or all" {
	# shellcheck source=../kill/helper.bash
	. "$BATS_TEST_DIRNAME/../kill/helper.bash"
	three_runs
	cp -a .wf/closed/a whole
	export WF_FAULT_PROGRAM=wf-committer
	rm -r .wf/closed/a
	WF_FAULT_COUNT=$PWD/count faulty EIO:0:open+mkdir+write+sync+rename wf show a >/dev/null
	total=$(cat count)
	[ "$total" -gt 10 ]
	for ((n = 1; n <= total; n += 2)); do
		rm -rf .wf/closed/a
		faulty "kill:$n:open+mkdir+write+sync+rename" wf show a >out 2>&1 || true
		[ ! -e .wf/closed/a ] || diff -r whole .wf/closed/a -x lock -x logs -x tags.json
	done
	unset WF_FAULT_PROGRAM
	expect 0 wf show a
	expect 0 wf fsck
	git_clean
}

@test "promise 1: killed while it prunes, it loses no run" {
	# shellcheck source=../kill/helper.bash
	. "$BATS_TEST_DIRNAME/../kill/helper.bash"
	three_runs
	config 'keep_closed: 1'
	cp -a .wf before
	for ((n = 1; n <= 40; n += 3)); do
		rm -rf .wf
		cp -a before .wf
		WF_FAULT_PROGRAM=wf-committer faulty "kill:$n:rename+unlink+rmdir" wf run "$CLI:nothing" --id d --quiet >/dev/null 2>&1 || true
		for id in a b c d; do
			expect 0 wf show $id
			contains "$output" completed
		done
		expect 0 wf fsck --repair
		expect 0 wf fsck
	done
	same "$(sort marks | tr '\n' ' ')" "a b c "
	git_clean
}
