#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# New code against old histories: wf replay, wf_patched, wf_version, wf resume --with.

load helper
load cli.bash

# order N: module order.so whose workflow is at its Nth age.
order() {
	cat >order.c <<-'C'
		#include <wf.h>
		#include <string.h>
		#include <unistd.h>
		static json_t *act(wf_attempt *a, const json_t *in) { (void)a; return (json_t *)(uintptr_t)in; }
		#define act_after act
		static json_t *after(wf_attempt *a, const json_t *in) { return act(a, in); }
		static json_t *fee(wf_attempt *a, const json_t *in) { return act(a, in); }
		static json_t *order(wf_ctx *wf, const json_t *in)
		{
			const char *how = "old";
			if (!wf_step(wf, act, in))
				return NULL;
			sleep(3600);
		#if AGE == 2
			if (!wf_step(wf, fee, in))
				return NULL;
		#elif AGE == 3
			if (wf_patched(wf, "fee")) {
				how = "new";
				if (!wf_step(wf, fee, in))
					return NULL;
			}
		#elif AGE == 4
			json_t *before = json_string("before");
			if (!wf_step(wf, fee, before))
				return NULL;
			json_decref(before);
		#elif AGE == 5
			how = wf_version(wf, "price", 0, 2) == 2 ? "two" : "none";
		#elif AGE == 6
			abort();
		#endif
			if (!wf_step(wf, after, in))
				return NULL;
			return json_string(how);
		}
		WF_MODULE(WF_WORKFLOW(order), WF_STEP(act), WF_STEP(after), WF_STEP(fee))
	C
	{ echo "#define AGE $1"; echo '#include <stdlib.h>'; cat order.c; } >"order$1.c"
}

# suspended ID: a run of order1.c that waits an hour.
suspended() {
	expect 3 wf run order1.c:order --id "$1" --no-wait
}

# everything under .wf that is not git's, as digests
contents() {
	find .wf -path .wf/.git -prune -o -type f ! -name lock ! -path '*/cache/*' -exec sha256sum {} + | sort
}

@test "replay tells what does not fit, exits with 6, and changes nothing" {
	for n in 1 4; do order $n; done
	suspended a
	contents >before
	expect 0 wf replay order1.c
	contains "$output" "1 history replayed, 0 diverged"
	sed 's/order)/order), WF_STEP(other)/; s/wf_step(wf, act, in)/wf_step(wf, other, in)/; s/^static json_t \*order/static json_t *other(wf_attempt *a, const json_t *in) { return act(a, in); }\n&/' order1.c >changed.c
	expect 6 wf replay changed.c:order
	contains "$output" "a: event 3 (step_completed) does not fit the workflow"
	contains "$output" "1 history replayed, 1 diverged"
	expect 6 wf replay changed.c:order a --json
	same "$(head -1 <<<"$output" | jq -c '[.id, .fits, .events]')" '["a",false,2]'
	same "$(tail -1 <<<"$output" | jq -c .)" '{"type":"summary","replayed":1,"diverged":1,"passed_over":0}'
	contents | grep -v cache >after
	diff <(grep -v cache before) after
}

@test "replay reads back what show --json printed, large values too, from files and standard input" {
	order 1
	suspended a
	big=$(printf 'x%.0s' {1..20000})
	expect 3 wf run order1.c:order --id b --no-wait text="$big"
	wf show a --json >a.jsonl
	wf show b --json >>a.jsonl
	grep -q '"type":"payload"' a.jsonl
	rm -rf .wf
	expect 0 wf replay order1.c:order a.jsonl
	contains "$output" "2 histories replayed, 0 diverged"
	expect 0 wf replay order1.c:order - <a.jsonl
	contains "$output" "2 histories"
	echo '{"type":"run_started"}' >b.jsonl
	expect 2 wf replay order1.c:order ./b.jsonl
	contains "$stderr" "line 1"
	echo 'nonsense' >c.jsonl
	expect 2 wf replay order1.c:order c.jsonl
	sed '3d' a.jsonl >d.jsonl
	expect 2 wf replay order1.c:order d.jsonl
	contains "$stderr" "an event is missing"
	expect 2 wf replay order1.c:order nowhere.jsonl
	: >empty.jsonl
	expect 2 wf replay order1.c:order empty.jsonl
}

@test "a workflow that crashes while it is replayed is told, and the others are still looked at" {
	order 1
	suspended a
	suspended b
	sed 's/if (!wf_step(wf, act, in))/*(volatile int *)8 = 1;\n&/' order1.c >crash.c
	ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=0 expect 6 wf replay crash.c:order
	contains "$output" "crashed with SIGSEGV"
	contains "$output" "2 histories replayed, 2 diverged"
	[ ! -e .wf/open/a/halted.json ]
}

@test "bad words of replay: no module, no run, no state" {
	order 1
	expect 2 wf replay
	expect 2 wf replay nosuch
	expect 2 wf replay order1.c:order nosuch
	[ "$(grep -c . <<<"$stderr")" -eq 1 ]
	expect 2 wf replay hello a
}

@test "promise 7: resume --with code that diverges changes nothing, and the run goes on as before" {
	order 1
	suspended a
	sed 's/if (!wf_step(wf, act, in))/sleep(1);\n&/' order1.c >diverges.c
	contents >before
	tip=$(git -C .wf rev-parse run/a)
	expect 6 wf resume a --with diverges.c --no-wait
	contains "$stderr" "does not fit the workflow"
	contents | grep -v modules/ >after
	diff <(grep -v modules/ before) after
	same "$(git -C .wf rev-parse run/a)" "$tip"
	expect 3 wf resume a --no-wait
}

@test "promise 7: resume --with what is no module, or not of this workflow: named as it was given, and not kept" {
	order 1
	wf run order1.c:order --id a --no-wait || [ $? -eq 3 ]
	ls .wf/modules >before
	echo text >text.so
	expect 6 wf resume a --with ./text.so --no-wait
	contains "$stderr" "'./text.so'"
	sed 's/WF_WORKFLOW(order)/WF_WORKFLOW(other)/; s/\border(wf_ctx/other(wf_ctx/' order1.c >other.c
	expect 6 wf resume a --with other.c --no-wait
	contains "$stderr" "has no workflow 'order'"
	same "$(ls .wf/modules)" "$(cat before)"
	expect 3 wf resume a --no-wait
}

@test "promise 7: resume --with code that fits pins the run to it, and commits the module" {
	for n in 1 3; do order $n; done
	sed -i 's/sleep(3600)/wf_sleep(wf, 300)/' order1.c order3.c
	expect 3 wf run order1.c:order --id a --no-wait
	old=$(jq -r .module .wf/open/a/run.json)
	expect 0 wf resume a --with order3.c
	same "$output" '"new"' # it had not come to the place yet
	new=$(jq -r 'select(.type == "module_changed").to' .wf/closed/a/history/*.jsonl)
	[ "$old" != "$new" ]
	same "$(git -C .wf show run/a:module.so | sha256sum | cut -d' ' -f1)" "$new"
}

@test "wf_patched: a run past the place goes the old way, a new one the new way, both for ever" {
	for n in 1 3; do order $n; done
	sed -i 's/sleep(3600)/wf_sleep(wf, 300)/' order1.c order3.c
	expect 0 wf run order1.c:order --id old
	expect 0 wf run order3.c:order --id new
	same "$output" '"new"'
	same "$(jq -r 'select(.type == "patched").id' .wf/closed/new/history/*.jsonl)" fee
	expect 0 wf replay order3.c:order old new
	contains "$output" "2 histories replayed, 0 diverged"
	expect 6 wf replay order1.c:order new
	contains "$output" "patch 'fee' is recorded"
	sed 's/if (wf_patched(wf, "fee")) {/wf_patch_deprecated(wf, "fee"); {/' order3.c >order7.c
	expect 0 wf replay order7.c:order new
}

@test "promises 2 4: killed at any write or sync around a patch, the history holds one way, whole" {
	order 3
	sed -i 's/sleep(3600);/wf_side_effect(wf, dice, NULL);/; s/^static json_t \*order/static json_t *dice(wf_ctx *wf, void *arg) { (void)wf; (void)arg; FILE *f = fopen("dice", "a"); fputs("x", f); fclose(f); return json_integer(6); }\n&/; s/#include <unistd.h>/&\n#include <stdio.h>/' order3.c
	wf run order3.c:order --id warm >/dev/null
	module=$(echo .wf/modules/*.so)
	cp "$module" order3.so
	shim=$(preload "$WF_BUILD/test/shim/fault.so")
	for n in $(seq 1 40); do
		rm -rf .wf dice
		status=0
		WF_FAULT=kill:$n:write+sync LD_PRELOAD=$shim wf run ./order3.so:order --id k >out 2>&1 || status=$?
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ]
		expect 0 wf run ./order3.so:order --id k
		history=$(cat .wf/closed/k/history/*.jsonl)
		steps=$(jq -r 'select(.step) | .step' <<<"$history" | tr '\n' ' ')
		case $output in
		'"new"') same "$steps" "act fee after " && contains "$history" '"type":"patched"' ;;
		'"old"') same "$steps" "act after " && lacks "$history" '"type":"patched"' ;;
		*) return 1 ;;
		esac
		same "$(grep -c '"type":"side_effect"' <<<"$history")" 1
		expect 0 wf replay ./order3.so k
	done
	same "$status" 0
}

@test "wf_version: what was recorded holds; what is no longer supported halts" {
	order 5
	sed -i 's/sleep(3600)/wf_sleep(wf, 100)/' order5.c
	expect 0 wf run order5.c:order --id v
	same "$output" '"two"'
	sed 's/"price", 0, 2) == 2/"price", 0, 9) == 2/' order5.c >wider.c
	expect 0 wf replay wider.c:order v
	sed 's/"price", 0, 2) == 2/"price", 3, 9) == 2/' order5.c >narrower.c
	expect 6 wf replay narrower.c:order v
	contains "$output" "version 2 of 'price'"
}
