#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf resume: by id, and all that there is to do.

load cli

@test "promise 4: a replay that does not fit halts the run, and shows both sides in lines of their own" {
	cat >other.c <<-END
		#include <unistd.h>
		#include <wf.h>
		static json_t *one(wf_attempt *a, const json_t *in) { (void)a; (void)in; return json_true(); }
		static json_t *two(wf_attempt *a, const json_t *in) { (void)a; (void)in; return json_true(); }
		static json_t *other(wf_ctx *wf, const json_t *in)
		{
			access("$PWD/flag", F_OK) ? wf_step(wf, one, in) : wf_step(wf, two, in);
			sleep(3600);
			return json_true();
		}
		WF_MODULE(WF_WORKFLOW(other), WF_STEP(one), WF_STEP(two))
	END
	expect 3 wf run other.c --id a --no-wait
	touch flag
	for quiet in "" --quiet; do
		# shellcheck disable=SC2086
		expect 6 wf resume a --no-wait $quiet
		contains "$stderr" "nondeterministic: event 3 (step_completed) does not fit the workflow"
		for side in "  expected (history):  step 'one'" "  actual (workflow):   step 'two'" "  likely cause: "; do
			grep -q "^$side" <<<"$stderr"
		done
	done
	expect 0 wf status a
	grep -q "^  expected (history):  step 'one'" <<<"$output"
	expect 0 wf list
	same "$(wc -l <<<"$output")" 2
	rm flag
	expect 3 wf resume a --no-wait
}

@test "promise 1: a run whose driver was killed goes on" {
	start_held h
	kill_hard "$DRIVER"
	contains "$(cat .wf/open/h/logs/workflow.log)" "about to hold"
	same "$(wf status h --json | jq -r .status)" interrupted
	touch go
	expect 0 wf resume h
	same "$output" true
	expect 0 wf resume h
	same "$output" true
}

@test "promise 3: a step with a total time-out whose driver was killed runs again at once" {
	start_held h total_ms=3600000
	until_true 10 eval 'grep -qs . .wf/open/h/attempts/1.soft.json'
	kill_hard "$DRIVER"
	touch go
	expect 0 wf resume h --no-wait
	same "$output" true
}

@test "without an id: interrupted and due runs, and no others" {
	wf run "$CLI:sleeps" ms=1 --id due --no-wait -q || [ $? -eq 3 ]
	wf run "$CLI:sleeps" ms=3600000 --id later --no-wait -q || [ $? -eq 3 ]
	start_held h
	kill_hard "$DRIVER"
	touch go
	until_true 5 eval '[ "$(wf status due --json | jq .due)" = true ]'
	expect 0 wf resume
	same "$output" ""
	same "$(wf list --json --closed | jq -r .id | sort | tr '\n' ' ')" "due h "
	same "$(wf list --json --open | jq -r .id)" later
}

@test "with nothing to do it says so" {
	wf run "$CLI:nothing" -q
	expect 0 wf resume
	one_line "$stderr" "nothing to resume"
	expect 0 wf resume --quiet
	same "$stderr" ""
}

@test "runs that another process drives are left to it" {
	start_held h
	expect 0 wf resume
	touch go
	wait "$DRIVER"
}

@test "several ids: the exit is that of the one that needs attention most" {
	wf run "$CLI:sleeps" ms=3600000 --id later --no-wait -q || [ $? -eq 3 ]
	wf run "$CLI:talks" fails=9 --id bad -q || true
	wf run "$CLI:nothing" --id good -q
	expect 1 wf resume good later bad --no-wait
	expect 3 wf resume later --no-wait
}

@test "--json: an object for each run" {
	wf run "$CLI:sleeps" ms=1 --id a --no-wait -q || [ $? -eq 3 ]
	wf run "$CLI:sleeps" ms=1 --id b --no-wait -q || [ $? -eq 3 ]
	expect 0 wf resume a b --json
	same "$(jq -r '.id + " " + .status' <<<"$output" | sort | tr '\n' ' ')" "a completed b completed "
}

@test "--with needs an id, and a module" {
	wf run "$CLI:sleeps" ms=1 --id a --no-wait -q || [ $? -eq 3 ]
	expect 2 wf resume --with "$CLI"
	one_line "$stderr" "needs the ids"
	expect 2 wf resume a --with nowhere.so
	one_line "$stderr" "nowhere.so"
	same "$(wf status a --json | jq -r .status)" suspended
}

@test "unknown run" {
	expect 2 wf resume nobody
	one_line "$stderr" "no state directory"
	wf run "$CLI:nothing" -q
	expect 2 wf resume nobody
	one_line "$stderr" "nobody"
}

@test "promise 1: a run that ended as its driver died is moved by wf resume" {
	expect 0 wf run "$WF_BUILD/workflows/hello.so" --id h
	told=$output
	mv .wf/closed/h .wf/open/h
	rm .wf/open/h/result.json
	expect 0 wf resume
	[ ! -e .wf/open/h ]
	expect 0 wf run "$WF_BUILD/workflows/hello.so" --id h
	same "$output" "$told"
}

@test "what dead processes were making is cleared away, what a living one makes is not" {
	expect 0 wf run "$WF_BUILD/workflows/hello.so" --id h
	(exit) & dead=$!
	wait "$dead"
	mkdir -p ".wf/open/.new-$dead-1/history" ".wf/open/.new-$$-1"
	touch ".wf/modules/.tmp-$dead-1" ".wf/.tmp-$dead-1" ".wf/modules/.tmp-$$-1"
	expect 0 wf resume
	[ ! -e ".wf/open/.new-$dead-1" ] && [ ! -e ".wf/modules/.tmp-$dead-1" ] && [ ! -e ".wf/.tmp-$dead-1" ]
	[ -d ".wf/open/.new-$$-1" ] && [ -e ".wf/modules/.tmp-$$-1" ]
}
