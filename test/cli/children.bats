#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# Child runs and generations of a run, also when the driver is killed around them.

load helper

setup() {
	scratch_setup
	CHILDREN=$WF_BUILD/test/modules/children.so
	CHAIN=$WF_BUILD/test/modules/chain.so
}

# How many lines of type $2 the history of run $1 has.
events() {
	cat .wf/*/"$1"/history/*.jsonl | grep -c "\"type\":\"$2\"" || true
}

marked() {
	[ -f marks ] && [ "$(wc -l <marks)" -ge "$1" ]
}

running() {
	[ "$(json .status "$(wf status "$1" --json)")" = running ]
}

@test "a child is a run of its own: folder, branch, result" {
	expect 0 wf run "$CHILDREN:window" --id w children=3
	same "$output" 12
	same "$(json .result "$(cat .wf/closed/w.2/result.json)")" 4
	same "$(jq -r .parent.run .wf/closed/w.2/run.json)" w
	git -C .wf rev-parse --verify -q run/w.2
	same "$(events w child_started)" 3
	same "$(events w child_closed)" 3
	git_clean
}

@test "300 children through a window of 20: each is recorded once" {
	expect 0 wf run "$CHILDREN:window" --id w children=300 window=20 marks="$PWD/marks"
	same "$output" 90300
	same "$(sort -u marks | wc -l)" 300
	same "$(events w child_closed)" 300
	same "$(find .wf/closed -mindepth 1 -maxdepth 1 | wc -l)" 301
}

@test "promises 1 3: killed again and again, a parent hears of each child exactly once" {
	local i pid
	for i in 1 2 3 4 5 6; do
		wf run "$CHILDREN:window" --id w children=60 window=8 us=3000 marks="$PWD/marks" >out 2>err &
		pid=$!
		until_true 20 marked "$((i * 8))"
		kill_hard "$pid"
	done
	expect 0 wf run "$CHILDREN:window" --id w children=60 window=8 us=3000 marks="$PWD/marks"
	same "$output" 3660
	same "$(sort -u marks | wc -l)" 60
	same "$(events w child_closed)" 60
	same "$(cat .wf/closed/w/history/*.jsonl | grep -o '"type":"child_closed","cmd":[0-9]*' | sort | uniq -d)" ""
	same "$(ls .wf/open)" ""
	git_clean
}

@test "a failed child is tried again as another run, and its own error is the cause" {
	expect 0 wf run "$CHILDREN:parent" --id p workflow=flaky fails=2 attempts=5
	same "$output" '{"value":"p.1+3"}'
	expect 0 wf run "$CHILDREN:parent" --id q workflow=flaky fails=9 attempts=2
	same "$(json .type "$output")" child_failed
	same "$(json .cause "$output")" flaky
	[ -d .wf/closed/q.1+2 ]
	[ ! -d .wf/closed/q.1+3 ]
}

@test "a child of an unknown workflow, or with an id that is taken, fails its parent's wait only" {
	expect 0 wf run "$CHILDREN:parent" --id p workflow=nowhere
	same "$(json .cause "$output")" no_such_workflow
	expect 3 wf run "$CHILDREN:waits" --id taken --no-wait
	expect 0 wf run "$CHILDREN:parent" --id q child=taken
	same "$(json .cause "$output")" exists
	expect 0 wf run "$CHILDREN:parent" --id r child=../evil
	same "$(json .type "$output")" bad_option
}

@test "a workflow of another module: by its file" {
	expect 0 wf run "$CHILDREN:parent" --id p workflow="$CHAIN:chain" last=1 steps=1
	same "$(json '.value | length' "$output")" 1
	same "$(jq -r .workflow .wf/closed/p.1/run.json)" chain
}

@test "when the parent ends: terminate, cancel, abandon" {
	expect 0 wf run "$CHILDREN:leaves" --id t policy=terminate pause=20
	same "$(json .status "$(wf status t.1 --json)")" terminated
	expect 0 wf run "$CHILDREN:leaves" --id c policy=cancel pause=20
	same "$(json .status "$(wf status c.1 --json)")" cancelled
	expect 0 wf run "$CHILDREN:leaves" --id a policy=abandon ms=100
	same "$(json .status "$(wf status a.1 --json)")" completed
}

@test "a parent that is terminated takes its children along" {
	expect 3 wf run "$CHILDREN:parent" --id p workflow=waits --no-wait
	expect 0 wf terminate p
	expect 5 wf resume p.1
	same "$(json .status "$(wf status p --json)")" terminated
	same "$(json .status "$(wf status p.1 --json)")" terminated
}

@test "a parent waits with its child, says for which, and goes on when that was driven alone" {
	expect 3 wf run "$CHILDREN:parent" --id p workflow=waits ms=300 --no-wait
	contains "$stderr" p.1
	same "$(json '.waiting[0].kind' "$(wf status p --json)")" child
	same "$(json '.waiting[0].id' "$(wf status p --json)")" p.1
	expect 0 wf resume p.1
	same "$(json .due "$(wf status p --json)")" true
	expect 0 wf resume p
	same "$output" '{"value":0}'
}

@test "wf resume of a parent drives its open children" {
	expect 3 wf run "$CHILDREN:parent" --id p workflow=waits ms=200 --no-wait
	expect 0 wf resume p
	same "$output" '{"value":0}'
	same "$(ls .wf/open)" ""
}

@test "a child that another process drives is waited for" {
	expect 3 wf run "$CHILDREN:parent" --id p workflow=waits ms=1500 --no-wait
	wf resume p.1 >out 2>err 3>&- &
	until_true 10 running p.1
	expect 0 wf resume p
	same "$output" '{"value":0}'
	wait "$!"
	same "$(events p child_closed)" 1
}

@test "generations: one id, each in segments of its own, chance and keys never twice" {
	expect 0 wf run "$CHAIN:chain" --id c last=4 marks="$PWD/marks"
	same "$(json 'map(.[0]) | join(" ")' "$output")" "1 2 3 4"
	same "$(json 'map(.[2]) | unique | length' "$output")" 4
	same "$(json 'map(.[1]) | max' "$output")" 4
	same "$(sort -u marks | wc -l)" 8
	same "$(events c run_continued)" 3
	same "$(find .wf/closed/c/history -name '*.jsonl' | wc -l)" 4
	contains "$(wf show c)" "goes on as generation 4"
	git_clean
}

@test "signals that were not read move along" {
	local i
	expect 3 wf run "$CHAIN:sums" --id s --no-wait
	for i in 1 2 3 4 5 6 7 8 9 10 0; do wf signal s add "$i"; done
	expect 0 wf resume s
	same "$output" '[4,55]'
}
