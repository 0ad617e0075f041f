#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf reset and wf fork: an earlier point of a run, in the same run and in a new one.

load helper
load ../kill/helper

setup() {
	scratch_setup
	MARKS=$WF_BUILD/test/modules/effects.so
	# shellcheck disable=SC2034
	SHIM=$WF_BUILD/test/shim/fault.so
	INPUT=("marks=$PWD/marks" us=200)
}

# a module whose workflow fails at the step "ship" as long as the file "broken" is there, and whose
# steps say their idempotency key in the file "keys"
ship() {
	cat >ship.c <<-'C'
		#include <wf.h>
		#include <stdio.h>
		#include <string.h>
		#include <unistd.h>
		static json_t *say(wf_attempt *a, const char *what)
		{
			FILE *f = fopen("keys", "a");
			fprintf(f, "%s %s\n", what, wf_idempotency_key(a));
			fclose(f);
			return json_string(what);
		}
		static json_t *pack(wf_attempt *a, const json_t *in) { (void)in; return say(a, "pack"); }
		static json_t *ship(wf_attempt *a, const json_t *in)
		{
			(void)in;
			if (access("broken", F_OK) == 0)
				return wf_fail_permanently(a, "broken", "the file is there");
			return say(a, "ship");
		}
		static json_t *bill(wf_attempt *a, const json_t *in) { (void)in; return say(a, "bill"); }
		static json_t *order(wf_ctx *wf, const json_t *in)
		{
			json_t *id = json_string(wf_run_id(wf));
			if (!wf_step(wf, pack, id) || !wf_step(wf, ship, in) || !wf_step(wf, bill, in))
				return NULL;
			json_decref(id);
			return wf_json(wf, "{s:s, s:I}", "run", wf_run_id(wf), "chance", (json_int_t)(wf_random(wf) >> 33));
		}
		WF_MODULE(WF_WORKFLOW(order), WF_STEP(pack), WF_STEP(ship), WF_STEP(bill))
	C
}

seq_of() { # ID TYPE [STEP]
	cat .wf/*/"$1"/history/*.jsonl | jq -r "select(.type == \"$2\" and (\"${3:-}\" == \"\" or .step == \"${3:-}\")).seq" | tail -1
}

@test "a failed run goes on from its last failure; what stays is not run again, what runs has other keys" {
	ship
	touch broken
	expect 1 wf run ship.c:order --id a
	rm broken
	expect 0 wf reset a --to last-failure --reason "the file is gone"
	contains "$output" '"run":"a"'
	same "$(grep -c '^pack' keys)" 1
	same "$(grep -c '^ship' keys)" 1
	[ -e .wf/closed/a ]
	[ ! -e .wf/open/a ]
	same "$(jq -r 'select(.type == "run_reset").reason' .wf/closed/a/history/*.jsonl)" "the file is gone"
	wf reset a --to pack -q
	same "$(grep -c '^pack' keys)" 2
	same "$(sort -u keys | wc -l)" 6
	same "$(sort keys | uniq -d)" ""
	same "$(jq -r 'select(.type == "run_reset").count' .wf/closed/a/history/*.jsonl | tail -1)" 2
	run -0 wf fsck
	run -0 git -C .wf fsck --strict
}

@test "what a reset left stays on the branch; its first parent holds the point and no more" {
	ship
	wf run ship.c:order --id a
	tip=$(git -C .wf rev-parse run/a)
	at=$(seq_of a step_completed pack)
	expect 0 wf reset a --to "$at" -q --no-run
	[ -d .wf/open/a ]
	same "$(git -C .wf rev-parse run/a^2)" "$tip"
	same "$(git -C .wf show 'run/a^1:history/000001.jsonl' | tail -1 | jq .seq)" "$at"
	run ! git -C .wf cat-file -e 'run/a^1:result.json'
	run ! git -C .wf cat-file -e run/a:result.json
	same "$(wf status a --json | jq -r .status)" interrupted
	same "$(wf list --json | jq -r 'select(.id == "a").status')" interrupted
	expect 0 wf resume a
	run -0 git -C .wf merge-base --is-ancestor "$tip" run/a
	run -0 wf replay ship.c:order a
}

@test "a fork goes its own way from the point, told by its own id, with keys of its own" {
	ship
	wf run ship.c:order --id a
	tip=$(git -C .wf rev-parse run/a)
	before=$(find .wf/closed/a -type f -exec sha256sum {} + | sort)
	expect 0 wf fork a --at ship --id b
	contains "$output" '"run":"b"'
	same "$(jq -c .result.chance .wf/closed/b/result.json)" "$(jq -c .result.chance .wf/closed/a/result.json)"
	same "$(grep -c '^pack' keys)" 1
	same "$(grep -c '^ship' keys)" 2
	same "$(sort keys | uniq -d)" ""
	same "$(git -C .wf rev-parse run/a)" "$tip"
	same "$(find .wf/closed/a -type f -exec sha256sum {} + | sort)" "$before"
	[ -n "$(git -C .wf merge-base run/a run/b)" ]
	run -0 wf replay ship.c:order a b
	expect 0 wf fork b -q --no-run
	[ -d ".wf/open/$output" ]
	expect 0 wf resume "$output"
	run -0 wf fsck
	run -0 git -C .wf fsck --strict
}

@test "promise 7: a fork with other code needs code that fits; else no run is made" {
	ship
	wf run ship.c:order --id a
	sed 's/wf_step(wf, bill, in)/wf_step(wf, pack, in)/' ship.c >other.c
	expect 0 wf fork a --at bill --id b --module other.c -q
	same "$(tail -1 keys | cut -d' ' -f1)" pack
	same "$(git -C .wf show run/b:module.so | sha256sum | cut -d' ' -f1)" \
		"$(jq -r .module .wf/closed/b/run.json)"
	sed 's/wf_step(wf, pack, id) || //' ship.c >wrong.c
	expect 6 wf fork a --at bill --id c --module wrong.c
	contains "$stderr" "does not fit the workflow"
	[ ! -e .wf/open/c ] && [ ! -e .wf/closed/c ]
}

@test "bad words of reset and fork change nothing" {
	ship
	wf run ship.c:order --id a
	before=$(find .wf -path .wf/.git -prune -o -type f ! -name lock -exec sha256sum {} + | sort)
	expect 2 wf reset a
	expect 2 wf reset nosuch --to 3
	expect 2 wf reset a --to 0
	expect 2 wf reset a --to 1
	expect 2 wf reset a --to 99
	expect 2 wf reset a --to nosuchstep
	contains "$stderr" "no step 'nosuchstep'"
	expect 2 wf reset a --to last-failure
	contains "$stderr" "no step of the run has failed"
	expect 2 wf reset a --to ''
	expect 2 wf reset a --to "$(seq_of a run_completed)"
	expect 2 wf reset a --to 3 --drop-signals --reapply-signals
	expect 2 wf reset ../a --to 3
	expect 2 wf fork nosuch
	expect 2 wf fork a --id a
	expect 2 wf fork a --id ../b
	expect 2 wf fork a --at 99
	expect 2 wf fork a --module nosuch.so
	same "$(find .wf -path .wf/.git -prune -o -type f ! -name lock -exec sha256sum {} + | sort)" "$before"
}

@test "promise 5: a run that is driven is not reset, and can be forked" {
	ship
	sed -i 's/usleep/usleep/; s/return say(a, "bill");/{ say(a, "bill"); while (access("go", F_OK) < 0) usleep(1000); return json_null(); }/' ship.c
	wf run ship.c:order --id a >/dev/null 3>&- &
	driver=$!
	until_true 10 grep -qs bill keys
	expect 4 wf reset a --to ship
	contains "$stderr" "driven by process"
	expect 0 wf fork a --at ship --id b --no-run -q
	touch go
	wait "$driver"
	expect 0 wf resume b
	run -0 wf fsck
}

# undisturbed CALLS COMMAND: how many calls of these kinds the command makes after prepare
count_here() {
	local kinds=$1
	shift
	prepare
	WF_FAULT_COUNT=$PWD/count faulty "EIO:0:$kinds" "$@" >count.out 2>&1
	tail -1 count
}

prepare() {
	rm -rf .wf marks count
	wf run "$MARKS:effects" --id k "${INPUT[@]}" >first
}

whole() { # the run is what it was, or it was reset, and nothing between
	run -0 wf show k --json
	run -0 wf replay "$MARKS" k
	broken=$(find .wf -name '.tmp-*' -o -name '.new-*' -o -name 'history.reset' -o -name 'history.left')
	[ -z "$broken" ] || { echo "left: $broken"; return 1; }
	run -0 git -C .wf fsck --strict
	run -0 wf fsck --repair
	run -0 wf fsck
}

@test "promise 1: killed at any call, a reset is done or not begun, and the run ends with the same result" {
	prepare
	at=$(seq_of k timer_fired)
	total=$(count_here write+sync+rename+mkdir+link+unlink+rmdir wf reset k --to "$at" --no-run -q)
	[ "$total" -gt 20 ]
	for ((n = 1; n <= total; n += ${WF_KILL_STRIDE:-2})); do
		prepare
		status=0
		faulty "kill:$n:write+sync+rename+mkdir+link+unlink+rmdir" wf reset k --to "$at" --no-run -q >out 2>err || status=$?
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ] || { echo "call $n: exit $status"; cat err; return 1; }
		wf run "$MARKS:effects" --id k "${INPUT[@]}" >second || { echo "killed at $n"; return 1; }
		same "$(cat second)" "$(cat first)"
		[ -e .wf/closed/k ] || { echo "killed at $n: still open"; return 1; }
		whole || { echo "killed at $n"; return 1; }
	done
}

@test "promise 1: killed at any call, a fork is there whole or not at all, and the other run untouched" {
	total=$(count_here write+sync+rename+mkdir+link+unlink+rmdir wf fork k --at flaky --id j --no-run -q)
	[ "$total" -gt 15 ]
	for ((n = 1; n <= total; n += ${WF_KILL_STRIDE:-2})); do
		rm -rf .wf/open/j .wf/closed/j
		git -C .wf update-ref -d refs/heads/run/j
		status=0
		faulty "kill:$n:write+sync+rename+mkdir+link+unlink+rmdir" wf fork k --at flaky --id j --no-run -q >out 2>err || status=$?
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ] || { echo "call $n: exit $status"; cat err; return 1; }
		if [ -e .wf/open/j ]; then
			wf resume j >second || { echo "killed at $n"; return 1; }
			same "$(cat second)" "$(cat first)"
		fi
		wf fsck --repair >/dev/null 2>&1
		whole || { echo "killed at $n"; return 1; }
	done
}

@test "signals behind the point come again in their order, once; or are dropped" {
	cat >mail.c <<-'C'
		#include <wf.h>
		static json_t *act(wf_attempt *a, const json_t *in) { (void)a; return (json_t *)(uintptr_t)in; }
		static json_t *mail(wf_ctx *wf, const json_t *in)
		{
			json_t *got = json_array();
			(void)in;
			for (int i = 0; i < 3; i++) {
				json_t *one = wf_receive(wf, "go");
				wf_step(wf, act, one);
				json_array_append(got, one);
			}
			return got;
		}
		WF_MODULE(WF_WORKFLOW(mail), WF_STEP(act))
	C
	expect 3 wf run mail.c:mail --id m --no-wait
	wf signal m go 1
	wf signal m go 2
	expect 3 wf resume m --no-wait
	at=$(seq_of m run_started)
	expect 3 wf reset m --to "$at" --no-wait
	contains "$stderr" "2 messages kept"
	wf signal m go 3
	expect 0 wf resume m
	same "$output" '[1,2,3]'
	expect 0 wf replay mail.c:mail m
	expect 3 wf reset m --to "$at" --drop-signals --no-wait
	contains "$stderr" "0 messages kept"
	same "$(grep -c signal_received .wf/open/m/history/*.jsonl)" 0
	for n in 7 8 9; do wf signal m go $n; done
	expect 0 wf resume m
	same "$output" '[7,8,9]'
}
