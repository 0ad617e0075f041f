#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# wf why: why a step ran, waits, was tried again, or did not run.

load cli

setup() {
	scratch_setup
	LIMITS=$WF_BUILD/test/modules/limits.so
}

# why FILTER ID STEP: what jq makes of it
why() {
	local filter=$1
	shift
	expect 0 wf why "$@" --json
	json "$filter" "$output"
}

waits_so() { # ID FOR
	[ "$(wf why "$1" work --json | jq -r .waits.for)" = "$2" ]
}

@test "a step that ran: behind which event it was asked for, its outcome, and where else that was used" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	expect 0 wf why s echo
	contains "$output" "step 'echo', command 1 of run 's'"
	contains "$output" "behind event 2"
	contains "$output" "echo: completed"
	lacks "$output" "later driver"
	expect 0 wf cancel s -q
	expect 5 wf resume s
	expect 0 wf why s 1
	contains "$output" "1 later driver took this outcome from the history; it did not run again"
	same "$(why '[.state, .asked.type, .outcome.type, .reused] | join(" ")' s echo)" \
		"completed run_started step_completed 1"
}

@test "attempts: how many, how they failed, and when the next is due" {
	cat >tries.c <<-'C'
		#include <wf.h>
		static json_t *bad(wf_attempt *a, const json_t *in)
		{
			(void)in;
			return wf_fail(a, "busy", "no %d", wf_attempt_number(a));
		}
		static json_t *tries(wf_ctx *wf, const json_t *in)
		{
			return wf_step(wf, bad, in, .retry = {.attempts = 4, .first = 10, .factor = 1000000, .longest = WF_HOURS(1)});
		}
		WF_MODULE(WF_WORKFLOW(tries), WF_STEP(bad))
	C
	expect 3 wf run tries.c --id t --no-wait
	expect 0 wf why t bad
	contains "$output" "attempt 1 ("
	contains "$output" "busy: no 2"
	contains "$output" "attempt 3 of at most 4 comes after the one that failed, at "
	same "$(why '[.state, .attempt, .attempts_most, (.failures | map(.message) | join("+"))] | join(" ")' t bad)" \
		"retrying 3 4 no 1+no 2"
	[ "$(why .due t bad)" -gt "$(why '.failures[1].at' t bad)" ]
	expect 0 wf signal t hello
	expect 3 wf resume t --no-wait
	same "$(why '.again[0].rested' t bad)" true
}

@test "a failure that is the last says why" {
	expect 1 wf run "$CLI:talks" --id u fails=9
	expect 0 wf why u talk
	contains "$output" "attempt 3 would not"
	contains "$output" "no more than 3 attempts are allowed"
	contains "$output" "'wf log u talk'"
}

@test "promise 3: a step whose driver was killed: it begins again, and why" {
	start_held h
	expect 0 wf why h hold
	contains "$output" "attempt 1 runs, under process $DRIVER"
	kill_hard "$DRIVER"
	expect 0 wf why h hold
	contains "$output" "nobody drives it now"
	contains "$output" "where     holds, cli.c:"
	touch go
	expect 0 wf resume h
	expect 0 wf why h hold
	contains "$output" "asked for again, for its outcome was not recorded: event 3"
	same "$(why '[.state, .again[0].type] | join(" ")' h hold)" "completed run_resumed"
}

@test "a step that was never asked for: what the workflow does instead" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	expect 0 wf why s talk
	contains "$output" "step 'talk' of run 's' was never asked for"
	contains "$output" "suspended; its workflow waits for timer until"
	same "$(why '[.state, .status, .waiting[0].kind] | join(" ")' s talk)" "never suspended timer"
	expect 1 wf run "$CLI:talks" --id u fails=9
	expect 0 wf why u hold
	contains "$output" "the run has ended by event 4"
}

@test "cancelled: with which scope, by what, and whether its outcome is waited for" {
	expect 0 wf run "$WF_SRC/workflows/samples/pickfirst.c" --id p
	expect 0 wf why p race --all
	contains "$output" "cancelled with scope 1 of the workflow (the race is over), behind event"
	same "$(why 'select(.cancelled) | [.cmd, .cancelled.scope, .cancelled.after.cmd] | join(" ")' p race --all)" \
		"1 1 2"
	start_held h
	expect 0 wf cancel h --reason "no more" -q
	wait "$DRIVER" && false || same $? 5
	expect 0 wf why h hold
	contains "$output" "with the run (no more), behind event"
	contains "$output" "asked to stop"
	same "$(why '[.state, .cancelled.scope] | join(" ")' h hold)" "cancelled 0"
}

@test "several of one name: the last, or all" {
	expect 0 wf run "$CLI:counts" --id c n=3
	expect 0 wf why c echo
	contains "$stderr" "was asked for 3 times"
	same "$(why .cmd c echo)" 3
	expect 0 wf why c echo --all --json
	same "$(jq -c '[.cmd, .asked.seq]' <<<"$output" | tr '\n' ' ')" "[1,2] [2,3] [3,4] "
}

@test "other commands, by their number: a timer, a signal sent, generations" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	same "$(why '[.kind, .state] | join(" ")' s 2)" "timer waiting"
	expect 0 wf why s 2
	contains "$output" "waits until"
	expect 0 wf run "$WF_BUILD/test/modules/chain.so:chain" --id c
	same "$(why '[.cmd, .generation] | join(" ")' c mark)" "6 3"
	same "$(why '[.cmd, .generation] | join(" ")' c 3)" "3 2"
}

@test "what waits for its turn says for what: a place, the rate, a lock" {
	wf run "$LIMITS:many" -j 6 --id many limit=1 "until=$PWD/go" "journal=$PWD/journal" >/dev/null 2>&1 3>&- &
	until_true 10 waits_so many slot
	expect 0 wf why many work
	contains "$output" "waits for a place: at most 1 run at once"
	touch go
	wait $!
	same "$(why '[.state, .waits] | join(" ")' many work)" "completed "
	wf run "$LIMITS:many" -j 6 --id slow rate=0.001 "journal=$PWD/journal" >/dev/null 2>&1 3>&- &
	until_true 10 waits_so slow rate
	expect 0 wf why slow work
	contains "$output" "at most 0.001 begin in a second"
	expect 0 wf terminate slow
	wait $! || true
	expect 3 wf run "$LIMITS:sleeper" --id holder sleep=3600000 --no-wait
	expect 3 wf run "$LIMITS:guarded" --id waiter "journal=$PWD/journal" --no-wait
	expect 0 wf why waiter ledger
	contains "$output" "waits for the lock; it is held by run 'holder'"
}

@test "promise 3: killed while a step waits for its place, it begins at once when that is free" {
	wf run "$LIMITS:once" --id first ms=0 "until=$PWD/go" "journal=$PWD/journal" --no-wait >/dev/null 2>&1 3>&- &
	first=$!
	until_true 10 grep -q "begin first" journal
	mkdir -p .wf
	printf 'limits:\n  step work: {concurrency: 1}\n' >.wf/config.yaml
	wf run "$LIMITS:many" -j 6 --id next limit=1 "until=$PWD/go" "journal=$PWD/journal" >/dev/null 2>&1 3>&- &
	next=$!
	until_true 10 waits_so next slot
	kill_hard "$next"
	touch go
	wait "$first"
	expect 0 wf resume next --no-wait
	same "$output" true
}

@test "a run that is halted, or whose module is gone: what its lines say" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	sha=$(jq -r .module .wf/open/s/run.json)
	cp -f "$WF_BUILD/test/modules/mail.so" ".wf/modules/$sha.so"
	expect 0 wf why s echo
	contains "$stderr" "cannot be replayed"
	contains "$output" "echo: completed"
	same "$(why '[.cmd, .state] | join(" ")' s 1)" "1 completed"
	contains "$(why .trouble s 1)" "sleeps"
}

@test "nothing is written by looking" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	find .wf -type f ! -path '*/.git/*' -printf '%p %s %T@\n' | sort >before
	expect 0 wf why s echo
	expect 0 wf why s 2 --json
	find .wf -type f ! -path '*/.git/*' -printf '%p %s %T@\n' | sort >after
	cmp before after
}

@test "bad words: one line, exit 2" {
	expect 0 wf run "$CLI:same" --id r
	expect 2 wf why r ehco
	same "$stderr" "wf: run 'r' has no step 'ehco'; did you mean 'echo'?"
	expect 2 wf why r nothing-like-it
	contains "$stderr" "'wf show r' names those that ran"
	expect 2 wf why r 99
	expect 2 wf why r
	expect 2 wf why nope echo
	contains "$stderr" "no run 'nope'"
}
