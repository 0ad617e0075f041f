#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf log and wf wait.

load cli

@test "log prints what attempts wrote, with a head for each" {
	wf run "$CLI:talks" fails=1 --id a -q >/dev/null
	expect 0 wf log a
	contains "$output" "about to talk"
	contains "$output" "==> talk (step 1, attempt 1, stdout) <==
out of attempt 1"
	contains "$output" "==> talk (step 1, attempt 2, stderr) <==
err of attempt 2"
}

@test "log of one step, by name and by number; an unknown one is an error" {
	wf run "$CLI:talks" fails=1 --id a -q >/dev/null
	expect 0 wf log a talk
	lacks "$output" "about to talk"
	byname=$output
	expect 0 wf log a 1
	same "$output" "$byname"
	expect 0 wf log a workflow
	contains "$output" "about to talk"
	expect 2 wf log a nosuch
	one_line "$stderr" "'nosuch'"
}

@test "log --json: an object a line, and bytes that are no text replaced" {
	# shellcheck disable=SC2016
	wf run "$CLI:shells" 'command=printf "one\ntw\377o"' --id a -q >/dev/null
	expect 0 wf log a shell --json
	same "$(jq -r .text <<<"$output")" "$(printf 'one\ntw\xef\xbf\xbdo')"
	same "$(jq -r '.step + .stream' <<<"$output" | sort -u)" "shellstdout"
}

@test "log --follow goes on until the run has ended" {
	rm -f go begun
	# shellcheck disable=SC2016
	wf run "$CLI:shells" --id a -q \
		"command=echo early; touch begun; until [ -e go ]; do :; done; echo late" >/dev/null 3>&- &
	driver=$!
	until_true 10 test -e begun
	wf log a shell --follow >followed 2>err 3>&- &
	follower=$!
	until_true 10 grep -q early followed
	touch go
	wait "$driver"
	wait "$follower"
	same "$(grep -c late followed)" 1
	same "$(grep -c early followed)" 1
}

@test "log --follow of a run that has said nothing yet prints its first word" {
	rm -f go begun
	# shellcheck disable=SC2016
	wf run "$CLI:shells" --id a -q "command=touch begun; until [ -e go ]; do :; done; echo late" >/dev/null 3>&- &
	driver=$!
	until_true 10 test -e begun
	wf log a --follow >followed 2>err 3>&- &
	follower=$!
	touch go
	wait "$driver"
	wait "$follower"
	same "$(grep -c late followed)" 1
}

@test "a run that said nothing keeps no folder of logs" {
	wf run "$CLI:shells" command=: --id a -q >/dev/null
	[ -d .wf/closed/a/history ]
	[ ! -e .wf/closed/a/logs ]
	expect 0 wf log a
	same "$output" ""
	# shellcheck disable=SC2016
	wf run "$CLI:shells" "command=echo word" --id b -q >/dev/null
	same "$(cd .wf/closed/b && find logs -type f)" logs/000/000001-shell.1.out
}

@test "wait ends when the run does, with its result and exit" {
	start_held h
	wf wait h >waited 2>err 3>&- &
	waiter=$!
	touch go
	wait "$DRIVER"
	wait "$waiter"
	same "$(cat waited)" true
	expect 0 wf wait h
	same "$output" true
	wf run "$CLI:talks" fails=9 --id bad -q 2>/dev/null || true
	expect 1 wf wait bad
	one_line "$stderr" "attempt 3 would not"
}

@test "wait --timeout tells how the run stands" {
	wf run "$CLI:sleeps" ms=3600000 --id s --no-wait -q || true
	expect 3 wf wait s --timeout 20ms
	start_held h
	expect 4 wf wait h --timeout 20ms
	contains "$stderr" "driven by process $DRIVER"
	kill_hard "$DRIVER"
	expect 3 wf wait h --timeout 20ms
	contains "$stderr" "interrupted"
	touch go
	wf resume h -q
}

@test "wait needs next to no processor time" {
	start_held h
	wf wait h >/dev/null 2>&1 3>&- &
	waiter=$!
	until_true 10 eval "grep -q inotify /proc/$waiter/fdinfo/*"
	ticks=$(awk '{print $14 + $15}' "/proc/$waiter/stat")
	[ "$ticks" -le 3 ]
	touch go
	wait "$DRIVER"
	wait "$waiter"
}
