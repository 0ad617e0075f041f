#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Samples: choices, coroutines, races, retries, sagas, local steps. Each killed in the middle too.

load helper

setup() {
	scratch_setup
	SAMPLES=$WF_SRC/workflows/samples
}

# ends ID WORKFLOW EXPECTED KEY=VALUE...: undisturbed, and killed at each of its first appends
ends() {
	local id=$1 name=$2 want=$3
	shift 3
	expect 0 wf run "$SAMPLES/$name.c" --id "$id" "$@"
	same "$output" "$want"
	expect 0 wf replay "$SAMPLES/$name.c" "$id"
	for n in 3 6 9; do
		WF_FAULT=kill:$n:sync LD_PRELOAD=$(preload "$WF_BUILD/test/shim/fault.so") \
			wf run "$SAMPLES/$name.c" --id "$id-$n" "$@" >/dev/null 2>&1 || true
		expect 0 wf run "$SAMPLES/$name.c" --id "$id-$n" "$@"
		same "$output" "$want"
	done
}

@test "choice-exclusive: one branch, by an outcome" {
	ends a choice_exclusive '"bananas, curved"' basket=1
	expect 1 wf run "$SAMPLES/choice_exclusive.c" --id b basket=3
	contains "$stderr" "nobody sells orange"
}

@test "choice-multi: as many branches as an outcome says" {
	ends a choice_multi '["apple","cherry"]' 'fruits=["apple","cherry"]'
	expect 1 wf run "$SAMPLES/choice_multi.c" --id b 'fruits=[]'
}

@test "dynamic: steps by name" {
	ends a dynamic '"Hello, Temporal!"' 'steps=["get_name","get_greeting","say_hello"]'
	expect 1 wf run "$SAMPLES/dynamic.c" --id b 'steps=["nosuch"]'
	contains "$stderr" "nosuch"
}

@test "goroutine: coroutines side by side" {
	ends a goroutine '["step1 of 0, then step2","step1 of 1, then step2","step1 of 2, then step2"]' parallelism=3
}

@test "pickfirst: the first outcome is taken, the other step is asked to stop" {
	ends a pickfirst '"hare"'
}

@test "retryactivity: each attempt goes on where the last one was" {
	expect 0 wf run "$SAMPLES/retryactivity.c" --id a size=9
	same "$(jq -c '[.tasks, .attempts]' <<<"$output")" '[9,3]'
	expect 0 wf replay "$SAMPLES/retryactivity.c" a
}

@test "saga: what was done is undone, last first" {
	expect 0 wf run "$SAMPLES/saga.c" --id a ledger="$PWD/good"
	same "$(cut -d' ' -f1 good | tr '\n' ' ')" "withdraw deposit "
	expect 1 wf run "$SAMPLES/saga.c" --id b ledger="$PWD/bad" fail=true
	same "$(cut -d' ' -f1 bad | tr '\n' ' ')" "withdraw deposit deposit_back withdraw_back "
	expect 0 wf replay "$SAMPLES/saga.c" a b
}

@test "greetingslocal: steps in the driver itself" {
	ends a greetingslocal '"Hello C!"' name=C
}
