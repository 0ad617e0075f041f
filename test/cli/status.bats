#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf status, list, show: what runs do, told from files and a lock.

load cli

@test "without a state directory status and list are friendly and make none" {
	for command in status list; do
		expect 0 wf "$command"
		same "$output" ""
		one_line "$stderr" "no runs yet; 'wf run WORKFLOW' starts one"
		expect 0 wf "$command" --json
		same "$output" ""
	done
	[ ! -e .wf ]
	expect 2 wf status one
	expect 2 wf show one
}

@test "status is right at every turn, also when the driver was killed" {
	start_held h
	same "$(wf status h --json | jq -r '.status + " " + (.driver|tostring)')" "running $DRIVER"
	contains "$(wf status)" "running"
	kill_hard "$DRIVER"
	until_true 5 eval '[ "$(wf status h --json | jq -r .status)" = interrupted ]'
	contains "$(wf status)" "nobody drives it"
	contains "$(wf status h)" "wf resume h"
	touch go
	wf resume h -q
	same "$(wf status h --json | jq -r '.status, .result' | tr '\n' ' ')" "completed true "
}

@test "a suspended run tells what it waits for, and when it is due" {
	wf run "$CLI:sleeps" ms=3600000 --id later --no-wait -q || [ $? -eq 3 ]
	wf run "$CLI:sleeps" ms=1 --id due --no-wait -q || [ $? -eq 3 ]
	same "$(wf status later --json | jq -r '.status, .waiting[0].kind, .due' | tr '\n' ' ')" "suspended timer null "
	until_true 5 eval '[ "$(wf status due --json | jq .due)" = true ]'
	contains "$(wf status)" "due: timer until"
}

@test "--json has at least the members that are promised, one run a line" {
	wf run "$CLI:same" --id a -q >/dev/null
	wf run "$CLI:talks" fails=9 --id b -q 2>/dev/null || true
	wf run "$CLI:sleeps" ms=3600000 --id c --no-wait -q || true
	expect 0 wf list --json
	same "$(wc -l <<<"$output")" 3
	same "$(jq -c 'has("id") and has("workflow") and has("status") and has("created") and has("steps") and
		has("waiting")' <<<"$output" | sort -u)" true
	same "$(jq -r .id <<<"$output" | tr '\n' ' ')" "c b a "
	same "$(wf list --json --open | jq -r .id)" c
	same "$(wf list --json --closed | jq -r .id | tr '\n' ' ')" "b a "
	same "$(wf list --json --limit 2 | jq -r .id | tr '\n' ' ')" "c b "
	same "$(wf list --json --open --closed | wc -l)" 3
	same "$(wf status --json | jq -r .id)" c
}

@test "a table in a pipe has no colours, no blanks at the end and is not cut" {
	wf run "$CLI:shells" "command=echo $(printf 'x%.0s' {1..300}) >&2; exit 1" --id a -q 2>/dev/null || true
	expect 0 env -u NO_COLOR TERM=xterm wf list
	lacks "$output" $'\033'
	run -1 grep -nE ' $' <<<"$output"
	contains "$(wf list)" "$(printf 'x%.0s' {1..100})"
}

@test "show prints a time line, and the raw events as JSON" {
	wf run "$CLI:talks" fails=1 --id a -q >/dev/null
	expect 0 wf show a
	contains "$output" "started: workflow talks"
	contains "$output" "talk: completed (attempt 2"
	expect 0 wf show a --json
	cat .wf/closed/a/history/*.jsonl | grep . >raw
	diff <(jq -cS . raw) <(tail -n +2 <<<"$output" | jq -cS .)
	diff <(jq -S . .wf/closed/a/run.json) <(head -1 <<<"$output" | jq -S .run)
}

@test "show tells why something failed, however much it said" {
	wf run "$CLI:shells" "command=seq 9999 | tee /dev/stderr; exit 3" --id a -q 2>/dev/null || same $? 1
	ls .wf/closed/a/payloads/*.json
	expect 0 wf show a
	contains "$output" "shell: failed: exit: exit status 3"
	same "$(grep -c ' failed: exit: exit status 3' <<<"$output")" 2
}

@test "show reads a run that is being driven" {
	start_held h
	expect 0 wf show h
	contains "$output" "started: workflow holds"
	touch go
	wait "$DRIVER"
}

@test "what a step says cannot steer the terminal" {
	# shellcheck disable=SC2016
	wf run "$CLI:shells" 'command=printf "\033[31mred\007\n" >&2; exit 1' --id a >/dev/null 2>err || true
	for command in "status a" "list" "show a"; do
		# shellcheck disable=SC2086
		run -1 grep -c $'[\033\007]' < <(wf $command)
	done
	run -1 grep -c $'[\033\007]' err
}

@test "an unknown run is an error that names it" {
	wf run "$CLI:nothing" -q
	for command in status show log wait; do
		expect 2 wf "$command" nobody
		one_line "$stderr" "nobody"
	done
}
