#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Samples of cancellation, waiting and completion from outside.

load helper

status_of() {
	wf status "$1" --json | jq -r .status
}

due() {
	[ "$(wf status "$1" --json | jq .due)" = true ]
}

@test "cancellation: the work stops, the clean-up runs behind its shield" {
	wf run cancellation --id c >out 2>err 3>&- &
	driver=$!
	until_true 10 grep -qs started err
	wf cancel c --reason "closing time" -q
	wait $driver && false || same $? 5
	contains "$(cat err)" "cleanup: completed"
	same "$(status_of c)" cancelled
}

@test "cancellation: not cancelled, it completes" {
	expect 0 wf run cancellation seconds=0
	same "$output" '"it was not cancelled"'
}

@test "expense: approved" {
	expect 3 wf run expense --id trip-7 amount=120 --no-wait -q
	expect 0 wf complete trip-7 approve '{"by":"mara"}' --resume
	same "$output" '{"paid":120,"decision":{"by":"mara"}}'
}

@test "expense: denied, and nothing is paid" {
	expect 3 wf run expense --id trip-7 amount=12000 --no-wait -q
	expect 1 wf complete trip-7 approve --fail 'denied:over budget' --resume
	contains "$stderr" "denied: over budget"
	lacks "$(cat .wf/closed/trip-7/history/*.jsonl)" '"pay"'
	expect 1 wf run expense amount=much
}

@test "startdelay: begins later" {
	expect 3 wf run startdelay --id s --start-delay 200ms --no-wait -q
	until_true 10 due s
	expect 0 wf resume s
	same "$output" '"hello, later"'
}

@test "timer: a mail only when the work takes longer" {
	expect 0 wf run timer work=0 threshold=60
	same "$output" '{"order":"done","mailed":false}'
	expect 0 wf run timer work=0.5 threshold=0.05 -j 2
	same "$output" '{"order":"done","mailed":true}'
}

# Whether run $1 is there, with at least $2 steps.
has_steps() {
	[ "$(wf status "$1" --json 2>/dev/null | jq .steps)" -ge "$2" ] 2>/dev/null
}

@test "sleepfordays: no process lives between the mails; a signal ends it" {
	expect 3 wf run sleepfordays --id news --no-wait -q
	expect 3 wf resume news --no-wait -q
	expect 0 wf signal news complete --resume
	same "$output" '{"mails":1}'
	wf run sleepfordays --id d days=0.000001 -q >out 2>err 3>&- &
	driver=$!
	until_true 20 has_steps d 3
	expect 0 wf signal d complete -q
	wait $driver
	expect 3 wf run sleepfordays --id c --no-wait -q
	expect 5 wf cancel c --resume -q
}

@test "updatabletimer: the time can be moved, and asked for" {
	far=$(($(date +%s) + 86400))
	expect 3 wf run updatabletimer --id t until=$far --no-wait -q
	expect 0 wf query t until
	same "$output" "$far"
	near=$(($(date +%s) - 1))
	expect 0 wf signal t until $near --resume
	same "$output" "{\"until\":$near}"
	expect 3 wf run updatabletimer --id u until=$far --no-wait -q
	expect 5 wf cancel u --resume -q
	same "$(wf status u --json | jq -r .error.type)" cancelled
}

@test "recovery: what was left behind is driven on, a few at a time" {
	for id in a b c; do
		wf run cancellation --id $id seconds=1 >/dev/null 2>$id.err 3>&- &
		driver=$!
		until_true 10 grep -qs started $id.err
		kill_hard $driver
	done
	expect 0 wf run recovery at_once=2 -j 2
	same "$output" '{"recovered":3}'
	same "$(status_of a) $(status_of b) $(status_of c)" "completed completed completed"
}
