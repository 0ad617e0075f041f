#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# Signals: durable when sent, in order, read once, from outside and from run to run.

load helper

setup() {
	scratch_setup
	MAIL=$WF_BUILD/test/modules/mail.so
	SHIM=$WF_BUILD/test/shim/fault.so
}

events() { # RUN TYPE: how many
	cat .wf/*/"$1"/history/*.jsonl | grep -c "\"type\":\"$2\"" || true
}

@test "promise 1: a signal sent while nobody drives the run is read when somebody does" {
	expect 3 wf run "$MAIL:count" --id c --no-wait
	contains "$stderr" "waits for signal 'add', signal 'done'"
	expect 0 wf signal c add 5
	same "$output$stderr" ""
	expect 0 wf signal c add 7
	expect 0 wf signal c "done"
	expect 0 wf resume c
	same "$output" '{"n":2,"sum":12,"disorder":0}'
	git_clean
}

@test "what it waits for is in wf status --json" {
	expect 3 wf run "$MAIL:count" --id c --no-wait
	expect 0 wf status c --json
	same "$(json '[.waiting[] | .kind + " " + .name] | join(", ")' "$output")" "signal add, signal done"
	same "$(json '.due // false' "$output" || true)" "false"
	expect 0 wf signal c add 1
	expect 0 wf status c --json
	json '.due' "$output"
}

@test "wf resume without an id drives runs that have a signal" {
	expect 3 wf run "$MAIL:count" --id c --no-wait
	expect 3 wf run "$MAIL:count" --id d --no-wait
	expect 0 wf signal c "done"
	expect 0 wf resume
	[ -d .wf/closed/c ]
	[ -d .wf/open/d ]
}

@test "a driver that waits in the foreground reacts at once, by notification" {
	wf run "$MAIL:count" --id c >out 2>err &
	until_true 10 test -d .wf/open/c/inbox
	expect 0 wf signal c add 1
	expect 0 wf signal c "done"
	wait $!
	same "$(cat out)" '{"n":1,"sum":1,"disorder":0}'
}

@test "payloads: JSON, a file, standard input, KEY=VALUE, none; larger than a line" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	echo '[1,2]' >file.json
	expect 0 wf signal m a '{"x":1}'
	expect 0 wf signal m b @file.json
	wf signal m c - <<<'"text"'
	expect 0 wf signal m d x=1 y=z
	expect 0 wf signal m e
	printf '"%*s"' 20000 x >large.json
	expect 0 wf signal m f @large.json
	expect 3 wf resume m --no-wait
	expect 0 wf query m notes
	same "$(json '.notes[:5] | tojson' "$output")" '[["a",{"x":1}],["b",[1,2]],["c","text"],["d",{"x":1,"y":"z"}],["e",null]]'
	same "$(json '.notes[5][1] | length' "$output")" 20000
	ls .wf/open/m/payloads/*.json
	[ "$(wc -c <.wf/open/m/history/000001.jsonl)" -lt 20000 ]
	expect 0 wf signal m stop --resume
	same "$(json '.notes[5][1] | length' "$output")" 20000
}

@test "handlers begin in order of arrival, each in a coroutine of its own" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	expect 0 wf signal m one slow=true ms=300
	expect 0 wf signal m two
	expect 0 wf signal m three
	expect 0 wf signal m stop --resume
	same "$(json '[.notes[][0]] | join(" ")' "$output")" "one two three"
	same "$(json .finished "$output")" 3
}

@test "signals to a run that ended, to none, and bad words: exit 2 and nothing changed" {
	expect 2 wf signal nope go
	contains "$stderr" "state directory"
	expect 3 wf run "$MAIL:count" --id c --no-wait
	expect 2 wf signal nope go
	contains "$stderr" "no run 'nope'"
	expect 2 wf signal c ''
	contains "$stderr" "is empty"
	expect 2 wf signal c "$(printf 'a\nb')"
	contains "$stderr" "control character"
	expect 2 wf signal c "$(printf '%*s' 300 x)"
	contains "$stderr" "longer than 200 bytes"
	expect 2 wf signal c go '{"a":'
	contains "$stderr" "not JSON"
	expect 2 wf signal c go @absent
	contains "$stderr" "absent"
	expect 2 wf signal ../c go
	expect 2 wf signal c
	expect 2 wf signal c go --no-run
	contains "$stderr" "--start"
	same "$(find .wf/open/c/inbox -type f)" ""
	expect 0 wf signal c "done" --resume
	expect 2 wf signal c go
	contains "$stderr" "has ended"
	same "$(events c signal_received)" 1
}

@test "signal with start: the run begins with the signal, or gets it when it is there" {
	expect 0 wf signal s "done" --start "$MAIL:count"
	same "$output" '{"n":0,"sum":0,"disorder":0}'
	grep . .wf/closed/s/history/000001.jsonl | sed -n 3p | grep '"type":"signal_received"'
	expect 0 wf signal t add 4 --start "$MAIL:count" --no-run
	[ -d .wf/open/t ]
	same "$(events t run_started)" 0
	expect 0 wf signal t add 5 --start "$MAIL:count"
	expect 2 wf signal t add 5 --start "$MAIL:mailbox"
	contains "$stderr" "exists already"
	expect 0 wf signal t "done" --start "$MAIL:count" --resume
	same "$output" '{"n":2,"sum":9,"disorder":0}'
	expect 2 wf signal t "done" --start "$MAIL:count"
	expect 2 wf signal u go --start nowhere
	[ ! -e .wf/open/u ]
}

@test "--resume when somebody drives the run already" {
	wf run "$MAIL:count" --id c >out 2>err &
	until_true 10 grep -qs run_started .wf/open/c/history/000001.jsonl
	expect 0 wf signal c add 1 --resume
	contains "$stderr" "it takes the signal"
	expect 0 wf signal c "done"
	wait $!
	same "$(cat out)" '{"n":1,"sum":1,"disorder":0}'
}

@test "many senders at once: none is lost, each in its order" {
	expect 3 wf run "$MAIL:mailbox" --id m --no-wait
	local senders=()
	for sender in 1 2 3 4; do
		(for i in $(seq 15); do wf signal m "s$sender" "$i" || echo lost; done) >"lost.$sender" 2>&1 &
		senders+=($!)
	done
	wf run "$MAIL:mailbox" --id m >out 2>err &
	driver=$!
	wait "${senders[@]}"
	same "$(cat lost.*)" ""
	expect 0 wf signal m stop
	wait $driver
	same "$(jq '.finished' out)" 60
	for sender in 1 2 3 4; do
		same "$(jq -c "[.notes[] | select(.[0] == \"s$sender\")[1]]" out)" "[$(seq -s, 15)]"
	done
}

@test "a run signals another; one that has ended or is not there fails the call" {
	expect 3 wf run "$MAIL:count" --id c --no-wait
	expect 0 wf run "$MAIL:sender" --id s to=c n=4
	same "$output" 4
	expect 0 wf resume c
	same "$output" '{"n":4,"sum":10,"disorder":0}'
	same "$(jq -r 'select(.type == "signal_received") | .from' .wf/closed/c/history/*.jsonl | sort -u)" s
	expect 1 wf run "$MAIL:sender" --id s2 to=c n=4
	contains "$stderr" "run_ended"
	expect 1 wf run "$MAIL:sender" --id s3 to=nope n=4
	contains "$stderr" "no_such_run"
	expect 1 wf run "$MAIL:sender" --id s4 to=../x n=4
	contains "$stderr" "bad_name"
}

# The sender dies before its Nth write or rename: what it sends again is known by its name.
@test "promises 1 3: a sender killed anywhere sends each signal exactly once" {
	local n=0 status
	while [ $n -lt 120 ]; do
		n=$((n + 6))
		rm -rf .wf
		wf run "$MAIL:count" --id c --no-wait -q 2>/dev/null || true
		status=0
		WF_FAULT="kill:$n:write+sync+rename" LD_PRELOAD=$(preload "$SHIM") \
			wf run "$MAIL:sender" --id s to=c n=3 >/dev/null 2>&1 || status=$?
		[ $status -ne 0 ] || break
		# the receiver reads, and forgets the files, before the sender goes on
		wf resume c --no-wait -q >/dev/null 2>&1 || true
		if [ -d .wf/open/s ] || [ -d .wf/closed/s ]; then
			wf run "$MAIL:sender" --id s to=c n=3 -q >/dev/null
			[ -d .wf/closed/c ] || wf resume c -q >/dev/null
			same "$(jq -c .result .wf/closed/c/result.json)" '{"n":3,"sum":6,"disorder":0}' || {
				echo "killed at $n"
				return 1
			}
		fi
	done
	[ $n -gt 18 ]
}

@test "promise 1: 10,000 signals to one run, which nobody drives, are all there, in order" {
	expect 3 wf run "$MAIL:count" --id c --no-wait
	expect 0 wf run "$MAIL:sender" to=c n=10000
	expect 0 wf resume c
	same "$(jq -c . <<<"$output")" '{"n":10000,"sum":50005000,"disorder":0}'
	same "$(find .wf/closed/c/inbox -type f | wc -l)" 0
}

@test "promise 1: a driver killed anywhere while it reads signals loses none and reads none twice" {
	local n=0 i status
	while [ $n -lt 60 ]; do
		n=$((n + 5))
		rm -rf .wf
		wf run "$MAIL:count" --id c --no-wait -q 2>/dev/null || true
		for i in 1 2 3; do wf signal c add "$i"; done
		wf signal c "done"
		status=0
		WF_FAULT="kill:$n:write+sync+rename+unlink" LD_PRELOAD=$(preload "$SHIM") \
			wf resume c >/dev/null 2>&1 || status=$?
		[ $status -ne 0 ] || break
		[ -d .wf/closed/c ] || wf resume c -q >/dev/null
		same "$(jq -c .result .wf/closed/c/result.json)" '{"n":3,"sum":6,"disorder":0}' || {
			echo "killed at $n"
			return 1
		}
	done
	[ $n -gt 5 ]
}

# told ID SIGNALS END: the history holds so many signals and then the end, and nothing is left over
told() {
	same "$(events "$1" signal_received)" "$2"
	same "$(cat .wf/closed/"$1"/history/*.jsonl | jq -r .type | tail -n 1)" "$3"
	[ -z "$(find ".wf/closed/$1" -path '*inbox*' -type f)" ]
}

# A suspended run whose time-out comes soon, but not before it was suspended, however slow the machine is.
short_lived() { # ID
	local ms status
	for ms in 100 300 900 2700; do
		status=0
		wf run "$MAIL:count" --id "$1" --reuse allow --timeout ${ms}ms --no-wait -q 2>/dev/null || status=$?
		[ $status -ne 3 ] || return 0
	done
	return 1
}

@test "promise 1: a signal that the run will not read is in its history before the end, however it ends" {
	local id driver asker
	wf run "$MAIL:count" --id ended --no-wait -q || true
	wf run "$MAIL:count" --id delayed --start-delay 1h --no-wait -q || true
	short_lived late
	wf run "$MAIL:count" --id driven >/dev/null 2>&1 3>&- &
	until_true 10 eval '[ "$(wf status driven --json | jq -r .status)" = running ]'
	driver=$!
	kill -STOP $driver
	wf terminate driven -q 3>&- &
	asker=$!
	until_true 10 eval '[ -n "$(ls .wf/open/driven/inbox)" ]'
	for id in ended delayed late driven; do
		wf signal $id add 1
		wf signal $id add 2
	done
	kill -CONT $driver
	wait $asker
	wait $driver || true
	expect 0 wf terminate ended
	expect 0 wf terminate delayed
	until_true 5 eval '[ "$(wf status late --json | jq .due)" = true ]'
	expect 1 wf resume late
	for id in ended delayed driven; do told $id 2 run_terminated; done
	told late 2 run_failed
	expect 0 wf fsck
	same "$output" ""
	expect 0 wf replay "$MAIL"
	expect 1 wf reset late --to 2 -q
	same "$(events late signal_received)" 2
}

# The one that ends it dies before its Nth call: ended or not, and both signals in the history once it is.
killed_while() { # COMMAND... of a run c
	local n=0 status
	while [ $n -lt 90 ]; do
		n=$((n + 3))
		rm -rf .wf
		short_lived c
		wf signal c add 1
		wf signal c add 2
		until_true 5 eval '[ "$(wf status c --json | jq .due)" = true ]'
		status=0
		WF_FAULT="kill:$n:write+sync+rename+unlink" LD_PRELOAD=$(preload "$SHIM") \
			"$@" >/dev/null 2>&1 || status=$?
		[ $status -eq 137 ] || break
		wf resume c -q >/dev/null 2>&1 || true
		same "$(events c signal_received)" 2
		contains "run_failed run_terminated" "$(cat .wf/closed/c/history/*.jsonl | jq -r .type | tail -n 1)"
		[ "$(jq .events .wf/closed/c/result.json)" -gt 3 ]
		wf fsck -q 2>&1 || wf fsck --repair
	done
	[ $n -gt 9 ]
}

@test "promise 1: killed anywhere while it terminates a run, its signals are in the history once" {
	killed_while wf terminate c
}

@test "promise 1: killed anywhere while a run is past its time-out, its signals are in the history once" {
	killed_while wf resume c
}
