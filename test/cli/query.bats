#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# Queries: read-only replay in the asking process, of runs open and ended.

load helper

setup() {
	scratch_setup
	MAIL=$WF_BUILD/test/modules/mail.so
}

# Everything below a run's folder with its contents and times.
picture() {
	find ".wf/$1" -type f -printf '%p %s %T@\n' | sort
	find ".wf/$1" -type f -exec cat {} + | md5sum
}

@test "a suspended run answers, and nothing is written" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 0 wf signal m hello x=1
	expect 3 wf resume m --no-wait
	picture open/m >before
	expect 0 wf query m notes
	same "$output" '{"notes":[["hello",{"x":1}]],"finished":1,"stage":"open"}'
	for built_in in stack waits queries; do expect 0 wf query m $built_in; done
	picture open/m >after
	cmp before after
}

@test "a run that is driven answers, and its driver is not disturbed" {
	wf run "$MAIL:mailbox" --id m >out 2>err &
	driver=$!
	until_true 10 grep -qs run_started .wf/open/m/history/000001.jsonl
	local number # bats' run uses i
	for number in 1 2 3 4 5; do
		expect 0 wf signal m "s$number"
		until_true 10 grep -q "\"name\":\"s$number\"" .wf/open/m/history/000001.jsonl
		expect 0 wf query m notes
		same "$(json '.notes | length' "$output")" $number
	done
	expect 0 wf signal m stop
	wait $driver
	same "$(jq .finished out)" 5
}

@test "a run that has ended answers as it stood at its end" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 0 wf signal m hello
	expect 0 wf signal m stop --resume
	expect 0 wf query m notes
	same "$output" '{"notes":[["hello",null]],"finished":1,"stage":"closed"}'
	expect 0 wf query m stack
	same "$output" "[]"
	expect 0 wf query m waits
	same "$output" "[]"
}

@test "what is in the frame of the workflow function can be asked beyond its end" {
	expect 3 wf run "$MAIL:framed" --id f --no-wait
	expect 0 wf query f level
	same "$output" 1
	expect 0 wf signal f go --resume
	expect 0 wf query f level
	same "$output" 2
}

@test "stack: function, file and line of each coroutine, and what it waits for" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 0 wf signal m slow slow=true ms=60000
	wf resume m >out 2>err &
	driver=$!
	until_true 10 grep -q signal_received .wf/open/m/history/000001.jsonl
	expect 0 wf query m stack
	kill "$driver"
	wait "$driver" || true
	same "$(json length "$output")" 2
	json '.[0].frames[] | select(.function == "mailbox")' "$output"
	same "$(json '.[0].waits[0].kind' "$output")" condition
	same "$(json '.[1].handler' "$output")" slow
	same "$(json '.[1].waits[0] | .kind + " " + .name' "$output")" "step work"
	json '.[1].frames[] | select(.function == "note")' "$output"
	if command -v addr2line >/dev/null && ! with_sanitizer; then
		line=$(json '.[1].frames[] | select(.function == "note") | .line' "$output")
		contains "$(sed -n "${line}p" "$WF_SRC/test/modules/mail.c")" "wf_step(wf, work, payload)"
	fi
}

@test "stack without addr2line tells the functions" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 0 env PATH=/nonexistent "$WF_BUILD/wf" query m stack
	same "$(json '.[0].frames[0].function' "$output")" mailbox
}

@test "a run in a later generation answers from that one, open and ended" {
	expect 3 wf run "$WF_BUILD/test/modules/chain.so:sums" --id c --no-wait
	expect 0 wf query c sum
	same "$output" "[1,0]"
	local number
	for number in 1 2 3 4 5 6 7; do expect 0 wf signal c add "$number"; done
	expect 3 wf resume c --no-wait
	expect 0 wf query c sum
	same "$output" "[3,28]"
	expect 0 wf query c stack
	json '.[0].frames[] | select(.function == "sums")' "$output"
	expect 0 wf query c waits
	same "$(json '.[0].name' "$output")" add
	expect 0 wf signal c add 0 --resume
	same "$output" "[3,28]"
	expect 0 wf query c sum
	same "$output" "[3,28]"
}

@test "segment: of config.yaml holds, and a query reads a generation of many segments" {
	printf 'segment: 16K\n' >config.yaml
	mkdir -m 700 .wf && mv config.yaml .wf/
	expect 0 wf run "$WF_BUILD/test/modules/chain.so:chain" --id c last=3 steps=300
	[ "$(find .wf/closed/c/history -name "*.jsonl" | wc -l)" -gt 6 ]
	expect 0 wf query c stack
	same "$output" "[]"
	expect 0 wf query c queries
}

@test "an argument is given, a failure is told, and a handler may not ask for anything" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 1 wf query m notes '"what"'
	contains "$stderr" "bad_argument: 'what' is not understood"
	expect 1 wf query m notes work=true
	contains "$stderr" "wrong_place"
	expect 0 wf query m notes x=1
}

@test "bad words: exit 2" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 2 wf query m nothing
	contains "$stderr" "no query 'nothing'"
	contains "$stderr" "wf query m queries"
	expect 2 wf query nope notes
	contains "$stderr" "no run 'nope'"
	expect 2 wf query m notes '{'
	contains "$stderr" "not JSON"
	expect 2 wf query m
	expect 2 wf query m ''
}
