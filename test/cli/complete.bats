#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf complete: steps whose outcome somebody outside says.

load helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	: "${WF_SRC:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	module outside
	export MODULE=$BATS_FILE_TMPDIR/outside.so
}

# waiting WORKFLOW ID [INPUT...]
waiting() {
	local workflow=$1 id=$2
	shift 2
	expect 3 wf run "$MODULE:$workflow" --id "$id" --no-wait "token=$PWD/token" "$@"
}

drive() { # WORKFLOW ID [INPUT...]: in the background; $DRIVER
	local workflow=$1 id=$2
	shift 2
	wf run "$MODULE:$workflow" --id "$id" "token=$PWD/token" "$@" >out 2>err 3>&- &
	DRIVER=$!
}

events() { # ID TYPE
	cat .wf/*/"$1"/history/*.jsonl | grep -c "\"type\":\"$2\""
}

@test "a run waits without a process, says for what, and goes on with the result" {
	waiting asks a
	same "$(wf status a --json | jq -c '.waiting[0] | [.kind, .step, .cmd]')" '["completion","approve",1]'
	same "$(wf status a --json | jq -r '.waiting[0].token')" "$(cat token)"
	expect 0 wf complete a approve '{"by":"mara"}'
	contains "$stderr" "'wf resume a' goes on"
	same "$(wf status a --json | jq .due)" true
	expect 0 wf resume
	same "$(wf status a --json | jq -c .result)" '{"by":"mara"}'
	same "$(events a step_completed)" 1
	git_clean
}

@test "a human approval in two lines of shell" {
	wf run "$MODULE:asks" --id trip-7 token=token --no-wait || [ $? -eq 3 ]
	expect 0 wf complete trip-7 approve true --resume
	same "$output" true
}

@test "a driver that waits in the foreground goes on at once" {
	drive asks a
	until_true 10 grep -qs "waits for completion 'approve'" err
	expect 0 wf complete a approve 7
	same "$stderr" ""
	wait $DRIVER
	same "$(cat out)" 7
}

@test "by token; a wrong one is refused" {
	waiting asks a
	token=$(cat token)
	expect 2 wf complete --token "a/1/0123456789abcdef" 1
	contains "$stderr" "not valid"
	expect 2 wf complete --token "a/2/${token##*/}" 1
	for bad in '' x a/1 "a/0/${token##*/}" "../x/1/${token##*/}" "$token/" "${token}0"; do
		expect 2 wf complete --token "$bad" 1
		same "$(wc -l <<<"$stderr")" 1
	done
	[ -z "$(ls .wf/open/a/inbox)" ]
	expect 0 wf complete --token "$token" 5 --resume
	same "$output" 5
}

@test "--fail: the step has failed for good" {
	waiting asks a
	expect 1 wf complete a approve --fail "denied:over budget" --resume
	contains "$stderr" "denied: over budget (step 'approve')"
	same "$(events a step_failed)" 1
}

@test "exactly once: later completions are errors, also of several at once" {
	waiting asks a
	pids=()
	for i in 1 2 3 4 5 6 7 8; do
		{ wf complete a approve "$i" -q 2>"err$i" && echo "$i" >>won; } 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	same "$(wc -l <won)" 1
	expect 0 wf resume a
	same "$output" "$(cat won)"
	expect 2 wf complete a approve 9
	same "$stderr" "wf: run 'a' has ended"
	same "$(events a step_completed)" 1
}

@test "a step that has its outcome, in a run that goes on" {
	waiting two b
	expect 2 wf complete b approve 1
	contains "$stderr" "say which by its number: "
	expect 0 wf status b
	for i in 1 2; do
		contains "$output" "completion 'approve' (number $i, token $(wf status b --json |
			jq -r ".waiting[] | select(.cmd == $i).token"))"
	done
	expect 0 wf complete b 1 11 -q
	expect 2 wf complete b 1 12
	contains "$stderr" "has been completed already"
	expect 3 wf resume b --no-wait
	expect 2 wf complete b 1 12
	contains "$stderr" "has its outcome already"
	expect 0 wf complete b approve 22 --resume
	same "$output" "[11,22]"
}

@test "a completion that comes before the attempt has ended counts" {
	drive slow s
	until_true 10 test -s token
	expect 0 wf complete --token "$(cat token)" '"early"'
	touch go
	wait $DRIVER
	same "$(cat out)" '"early"'
}

@test "promises 1 3: killed while it waits, and while it is completed: completed once, never asked again" {
	drive asks a
	until_true 10 grep -qs "waits for completion" err
	kill_hard $DRIVER
	expect 3 wf resume a --no-wait
	drive asks a
	until_true 10 grep -qs "waits for completion" err
	wf complete a approve 1 -q
	kill_hard $DRIVER
	expect 0 wf run "$MODULE:asks" --id a "token=$PWD/token"
	same "$output" 1
	same "$(events a step_completed)" 1
	same "$(events a step_started)" 1
	same "$(wc -l <token)" 1
	git_clean
}

@test "promise 1: killed at every write and sync around a completion" {
	for ((n = 1; n < 40; n += 3)); do
		rm -rf .wf token
		waiting asks a
		WF_FAULT="kill:$n:write+sync+rename" LD_PRELOAD=$(preload "$WF_BUILD/test/shim/fault.so") \
			wf complete a approve 3 -q >/dev/null 2>&1 3>&- && status=0 || status=$?
		if [ "$status" -eq 0 ]; then
			expect 0 wf resume a
			same "$output" 3
			break
		fi
		# not acknowledged: there or not there, but whole
		wf complete a approve 3 -q || same $? 2
		expect 0 wf resume a
		same "$output" 3
		same "$(events a step_completed)" 1
	done
	[ "$status" -eq 0 ]
}

@test "time-outs hold: heartbeat, one attempt, all" {
	expect 1 wf run "$MODULE:asks" --id h token=token heartbeat=100 attempts=1
	contains "$stderr" "timeout: no heartbeat within 100 ms"
	expect 1 wf run "$MODULE:asks" --id t token=token timeout=100 attempts=1
	contains "$stderr" "timeout: no answer within 100 ms"
	expect 1 wf run "$MODULE:asks" --id a token=token total=100
	contains "$stderr" "timeout: no success within 100 ms"
}

@test "a heartbeat keeps it alive, and its details reach the next attempt" {
	drive asks h heartbeat=2000
	until_true 10 grep -qs "waits for completion" err
	expect 0 wf complete h approve '{"n":4}' --heartbeat
	until_true 10 grep -qs '"n":4' .wf/open/h/attempts/1.json
	until_true 10 eval '[ "$(wc -l <token)" -ge 2 ]'
	contains "$(cat token)" '{"n":4}'
	until_true 10 eval '[ "$(events h step_started)" -ge 2 ]'
	expect 2 wf complete --token "$(head -1 token | cut -d" " -f1)" 1
	contains "$stderr" "not valid"
	expect 0 wf complete h approve 1
	wait $DRIVER
}

@test "cancelled while it waits" {
	waiting asks a
	expect 5 wf cancel a --resume -q
	contains "$(cat .wf/closed/a/history/*.jsonl)" "cancelled before it was completed"
}

@test "promise 1: a completion that a terminated run had not taken counts when it is reset" {
	waiting asks a
	expect 0 wf complete a approve '{"by":"ann"}'
	expect 0 wf terminate a
	expect 0 wf reset a --to 3
	same "$output" '{"by":"ann"}'
	same "$(events a step_completed)" 1
}

@test "bad words are one line, exit 2, and change nothing" {
	waiting asks a
	for words in "a" "" "a nope 1" "a 7 1" "nope approve 1" "a approve {bad" "a approve 1 2" "a approve --fail" \
		"a approve --fail :x" "a approve 1 --fail x:y" "a approve --heartbeat --fail x:y" "a/b approve 1"; do
		# shellcheck disable=SC2086
		expect 2 wf complete $words
		same "$(wc -l <<<"$stderr")" 1
	done
	[ -z "$(ls .wf/open/a/inbox)" ]
}
