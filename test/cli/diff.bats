#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf diff: where two runs part.

load helper

@test "runs of the same input do not differ, whenever they ran" {
	wf run hello --id a -q name=x
	wf run hello --id b -q name=x
	expect 0 wf diff a b
	same "$output" "they do not differ"
	expect 0 wf diff a b --json
	same "$output" ""
}

@test "the first event that differs, the steps and the ends are shown, with both sides" {
	wf run hello --id a -q name=x
	wf run hello --id b -q name=yy
	expect 0 wf diff a b
	contains "$output" "they part after 1 events:"
	contains "$output" "outcomes of steps that differ:"
	contains "$output" "how they ended:"
	contains "$output" '"Hello, x!" of "Hello, x"'
	contains "$output" '"Hello, yy!" of "Hello, yy"'
	contains "$output" 'of {"name":"yy"}'
	same "$(grep -c '^-' <<<"$output")" "$(grep -c '^+' <<<"$output")"
	expect 0 wf diff a b --json
	same "$(head -1 <<<"$output" | jq -c '[.type, .a.step, .b.result]')" '["parting","compose","Hello, yy"]'
	same "$(jq -r .type <<<"$output" | sort | uniq -c | tr -s ' ' | tr '\n' ';')" " 1 end; 3 outcome; 1 parting;"
}

@test "a run is compared with what it was before a reset" {
	wf run hello --id a -q name=x
	wf show a --json >before.jsonl
	wf reset a --to finish --no-run -q
	expect 0 wf diff before.jsonl a
	contains "$output" "they part after 2 events:"
	contains "$output" "nothing more"
	wf resume a -q
	expect 0 wf diff before.jsonl a
	same "$output" "they do not differ"
}

@test "bad words of diff" {
	wf run hello --id a -q name=x
	expect 2 wf diff a
	expect 2 wf diff a b
	expect 2 wf diff a nosuch.jsonl
	echo nonsense >x.jsonl
	expect 2 wf diff x.jsonl a
}
