#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

tries() {
	wc -l <tries
}

events() { # ID
	cat .wf/*/"$1"/history/*.jsonl | grep -c .
}

at_least_tries() {
	[ -e tries ] && [ "$(tries)" -ge "$1" ]
}

@test "poll: waits until the command succeeds" {
	wf run poll --id p command='echo x >>tries; test -e go' every=0.02 >out 2>err &
	driver=$!
	until_true 20 at_least_tries 5
	echo >go
	wait $driver
	same "$(json .stdout "$(cat out)" || true)" ""
}

@test "poll: the history does not grow with the tries" {
	for n in 2 30; do
		rm -f tries
		expect 0 wf run poll --id "p$n" every=0.01 \
			command="echo x >>tries; test \$(wc -l <tries) -ge $n"
		same "$(tries)" "$n"
	done
	same "$(events p30)" "$(events p2)"
}

@test "poll: the interval grows by the factor" {
	expect 0 wf run poll every=0.05 factor=2 longest=0.2 \
		command='date +%s%N >>tries; test $(wc -l <tries) -ge 6'
	# 50, 100, 200, 200, 200 ms at least
	awk 'NR > 1 { gap = ($1 - last) / 1e6; want = NR == 2 ? 50 : NR == 3 ? 100 : 200; if (gap < want - 1) bad = 1 }
		{ last = $1 } END { exit bad }' tries
}

@test "poll: promise 1: killed between two tries, it goes on trying" {
	wf run poll --id p command='echo x >>tries; test -e go' every=0.05 >out 2>err &
	driver=$!
	until_true 20 at_least_tries 3
	kill_hard $driver
	before=$(events p)
	echo >go
	expect 0 wf resume p
	[ "$(events p)" -le $((before + 4)) ]
	git_clean
}

@test "poll: it fails when the time is over" {
	expect 1 wf run poll command='exit 1' every=0.05 within=0.3
	contains "$stderr" "timeout: no success within 300 ms"
}

@test "poll: with a file the interval is read anew" {
	echo 3600 >interval
	wf run poll --id p command='echo x >>tries; test $(wc -l <tries) -ge 4' every_file=interval >out 2>err &
	driver=$!
	until_true 20 at_least_tries 1
	same "$(tries)" 1
	echo 0.01 >interval
	wait $driver
	same "$(cat out)" '{"tries":4}'
}

@test "poll: promise 1: killed in its one long attempt, the next goes on counting" {
	echo 0.05 >interval
	wf run poll --id p command='echo x >>tries; test -e go' every_file=interval >out 2>err &
	driver=$!
	until_true 20 at_least_tries 5
	kill_hard $driver
	: >go
	expect 0 wf resume p
	[ "$(json .tries "$(wf run poll --id p command='echo x >>tries; test -e go' every_file=interval)")" -ge 4 ]
	git_clean
}

@test "poll: a wrong input is named" {
	expect 1 wf run poll every=5
	contains "$stderr" command
	expect 1 wf run poll command=: every=0
	contains "$stderr" "every must be above 0"
	expect 1 wf run poll command=: every=soon
	contains "$stderr" "every must be a number"
	expect 1 wf run poll command=true
	contains "$stderr" "command must be a text"
}
