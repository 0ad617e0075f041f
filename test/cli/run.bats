#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf run: inputs, ids, results, exits.

load cli

@test "the result goes to stdout as JSON, everything else to stderr" {
	expect 0 wf run "$CLI:same" a=1 b=two 'c=[1,2]'
	same "$output" '{"a":1,"b":"two","c":[1,2]}'
	contains "$stderr" "echo: completed"
}

@test "--input takes JSON, a file and standard input; KEY=VALUE goes over it" {
	echo '{"a": 1}' >in.json
	expect 0 wf run "$CLI:same" --input '{"a":2}'
	same "$output" '{"a":2}'
	expect 0 wf run "$CLI:same" --input @in.json b=3
	same "$output" '{"a":1,"b":3}'
	run -0 --separate-stderr bash -c "wf run '$CLI:same' --input - a=9 <in.json"
	same "$output" '{"a":9}'
	expect 0 wf run "$CLI:same" --input '[1,2]'
	same "$output" '[1,2]'
}

@test "a made-up id holds the workflow, the time and chance" {
	wf run "$CLI:nothing" -q
	wf run "$CLI:nothing" -q
	[ "$(wf list --json | jq -r .id | grep -cE '^nothing-[0-9]{8}-[0-9]{6}-[a-z0-9]{4}$')" -eq 2 ]
}

@test "promise 3: an id makes it idempotent" {
	expect 0 wf run "$CLI:same" x=1 --id one
	expect 0 wf run "$CLI:same" x=1 --id one
	same "$output" '{"x":1}'
	same "$(wf list --json | wc -l)" 1
	same "$(wf show one --json | grep -c step_completed)" 1
}

@test "another input or workflow under the same id is an error and changes nothing" {
	wf run "$CLI:same" x=1 --id one -q
	expect 2 wf run "$CLI:same" x=2 --id one
	one_line "$stderr" "another input"
	expect 2 wf run "$CLI:same" --id one
	one_line "$stderr" "another input"
	expect 2 wf run "$CLI:nothing" x=1 --id one
	one_line "$stderr" "of the workflow 'same'"
	same "$(wf status one --json | jq -r .status)" completed
}

@test "an id goes on where its module is gone: the state directory keeps it" {
	cp "$CLI" gone.so
	wf run ./gone.so:sleeps ms=1 --id one --no-wait -q || [ $? -eq 3 ]
	rm gone.so
	expect 0 wf run ./gone.so:sleeps ms=1 --id one
	same "$output" '{"ms":1}'
}

@test "a failed run exits with 1 and tells why in one line, every time" {
	expect 1 wf run "$CLI:talks" fails=9 --id bad
	same "$output" ""
	contains "$stderr" "wf: run 'bad' failed: talked: attempt 3 would not (step 'talk', 3 attempts)"
	expect 1 wf run "$CLI:talks" fails=9 --id bad
	one_line "$stderr" "attempt 3 would not"
	expect 1 wf run "$CLI:talks" fails=9 --id bad --json
	same "$(json .error.type "$output")" talked
	same "$(json .status "$output")" failed
}

@test "--json prints the run's object in place of the result" {
	expect 0 wf run "$CLI:same" x=1 --id one --json
	same "$(json '.id, .workflow, .status, .result.x, .steps' "$output" | tr '\n' ' ')" "one same completed 1 1 "
	same "$(wc -l <<<"$output")" 1
}

@test "--no-wait leaves a waiting run with exit 3" {
	expect 3 wf run "$CLI:sleeps" ms=3600000 --id s --no-wait
	same "$output" ""
	contains "$stderr" "is suspended, waits for timer until"
	expect 3 wf run "$CLI:sleeps" ms=3600000 --id s --no-wait --json
	same "$(json '.status, .waiting[0].kind' "$output" | tr '\n' ' ')" "suspended timer "
}

@test "promise 5: a second driver is refused with exit 4" {
	start_held h
	expect 4 wf run "$CLI:holds" --id h "until=$PWD/go" "begun=$PWD/begun"
	one_line "$stderr" "$DRIVER"
	expect 4 wf resume h
	touch go
	wait "$DRIVER"
	same "$(cat held.out)" true
}

@test "SIGTERM and SIGINT close the history, exit with 143 and 130, and leave a run that goes on" {
	for signal in TERM:143 INT:130; do
		rm -rf .wf
		# a background process of a shell without job control ignores SIGINT
		rm -f go begun
		python3 - "$CLI:holds" --id h "until=$PWD/go" "begun=$PWD/begun" <<'EOF' &
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execvp("wf", ["wf", "run"] + sys.argv[1:])
EOF
		driver=$!
		until_true 10 test -s begun
		kill -"${signal%:*}" "$driver"
		status=0 && wait "$driver" || status=$?
		same "$signal $status" "$signal ${signal#*:}"
		same "$(wf status h --json | jq -r .status)" interrupted
		git_clean
		touch go
		expect 0 wf resume h
		same "$output" true
	done
}

@test "the folder and the environment of a run are kept for its commands" {
	mkdir one two
	cd one
	# shellcheck disable=SC2016
	KEPT=yes OTHER=no expect 3 wf --state ../.wf run "$CLI:later" --id e --no-wait --env KEPT --env GIVEN=x=y
	cd ../two
	KEPT=changed expect 0 wf --state ../.wf resume e
	same "$(json .stdout "$output")" "$(printf '%s\n' "$(cd ../one && pwd) yes x=y unset")"
}

@test "--quiet says nothing when all goes well" {
	expect 0 wf run "$CLI:talks" fails=1 --quiet --id t
	same "$stderr$output" ""
	expect 0 wf run "$CLI:talks" fails=1 --quiet --id t
	same "$stderr$output" ""
	expect 0 wf wait t
	same "$output" 2
	expect 0 wf run "$CLI:talks" fails=1 --quiet --json
	same "$stderr" ""
	same "$(jq .result <<<"$output")" 2
	expect 3 wf run "$CLI:sleeps" ms=3600000 --quiet --no-wait
	same "$stderr$output" ""
}

@test "--quiet tells a failure in one block that somebody can act on" {
	# shellcheck disable=SC2016
	expect 1 wf run "$CLI:shells" 'command=echo first >&2; echo last >&2; exit 3' --quiet
	contains "$stderr" "wf: run 'shells-"
	contains "$stderr" "step:     shell (attempt 1)"
	contains "$stderr" "    last"
	contains "$stderr" "wf --state $PWD/.wf show shells-"
	again=$(sed -n 's/^  again:    //p' <<<"$stderr")
	run -1 --separate-stderr bash -c "cd / && $again"
	same "$(wf list --json | wc -l)" 2
}

@test "--quiet names the command that resumes a run that was stopped" {
	start_held h --quiet
	kill -TERM "$DRIVER"
	wait "$DRIVER" || true
	resume=$(sed -n 's/^  resume:   //p' held.err)
	touch go
	run -0 --separate-stderr bash -c "cd / && $resume"
	same "$output" true
}

@test "wf run FILE.c compiles, and says what the compiler says when it cannot" {
	cp "$WF_SRC/test/modules/cli.c" .
	expect 0 wf run cli.c:same x=1
	same "$output" '{"x":1}'
	echo 'int broken(' >bad.c
	expect 2 wf run bad.c
	contains "$stderr" "wf: "
	contains "$stderr" "bad.c"
	same "$(wf list --json | wc -l)" 1
}

@test "what steps leak costs an attempt at most, and nothing after it" {
	run_leaks() { # with few descriptors; steps are sent ahead to a worker that leaves
		ulimit -n 128 && wf run "$CLI:leaks" n=20 -j 1 --id leaks
	}
	expect 0 run_leaks
	same "$output" true
	same "$(wf status leaks --json | jq .steps)" 20
}

# begin_spins ID: a workflow that never gives way; $!
begin_spins() {
	rm -f begun
	wf run "$CLI:spins" "begun=$PWD/begun" --id "$1" >out 2>err 3>&- &
	until_true 10 test -s begun
}

# stopped ID STATUS: it left with that, said why, and the run can go on
stopped() {
	local status=0
	wait "$!" || status=$?
	same "$status" "$2"
	contains "$(cat err)" "wf: run $1 was stopped: workflow spins did not give way when asked to stop"
	same "$(wf status "$1" --json | jq -c '[.status, .steps]')" '["interrupted",1]'
	git_clean
	expect 0 wf fsck
}

@test "promise 1: a workflow that never gives way is stopped by SIGTERM after a while" {
	begin_spins a
	kill -TERM "$!"
	stopped a 143
}

@test "promise 1: a workflow that never gives way is stopped by a second SIGINT at once" {
	begin_spins a
	until_true 4 eval '! kill -INT "$!" 2>/dev/null'
	stopped a 130
}
