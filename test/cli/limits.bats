# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Locks between runs, and limits of steps and workflows; also when a driver dies.
bats_require_minimum_version 1.5.0

load helper

setup_file() {
	: "${WF_BUILD:=${WF_SRC:-$BATS_TEST_DIRNAME/../..}/build}"
	export LIMITS=$WF_BUILD/test/modules/limits.so
}

# behind ID [KEY=VALUE...]: a run of guarded in the background; its pid is in PIDS.
behind() {
	local id=$1
	shift
	wf run "$LIMITS:guarded" --id "$id" "journal=$PWD/journal" "$@" >"$id.out" 2>"$id.err" 3>&- &
	PIDS+=($!)
}

waits_for_lock() {
	grep -q '"waiting":\[{"run":"'"$1"'"' .wf/locks/ledger.json 2>/dev/null
}

# No "begin" while another run is between its own "begin" and "after".
one_at_a_time() {
	awk '$1 == "begin" && inside != "" && inside != $2 {bad = 1} $1 == "begin" {inside = $2}
		$1 == "after" {inside = ""} END {exit bad}' journal
}

# most_at_once: how many runs' steps were between "begin" and "end" at most.
most_at_once() {
	awk '$1 == "begin" {n++} $1 == "end" {n--} n > most {most = n} END {print most}' journal
}

@test "a mutex lets one run in at a time, and each of ten gets its turn" {
	PIDS=()
	for i in 1 2 3 4 5 6 7 8 9 10; do
		behind "m$i" ms=10
	done
	for pid in "${PIDS[@]}"; do
		wait "$pid"
	done
	one_at_a_time
	[ "$(grep -c ^after journal)" -eq 10 ]
	[ "$(ls .wf/locks)" = lock ]
}

@test "runs that wait for a mutex get it in the order in which they asked" {
	PIDS=()
	behind first "until=$PWD/go"
	until_true 10 grep -q begin journal
	for i in a b c; do
		behind "$i"
		until_true 10 grep -q "\"run\":\"$i\"" .wf/locks/ledger.json
	done
	touch go
	for pid in "${PIDS[@]}"; do
		wait "$pid"
	done
	[ "$(awk '$1 == "begin" {printf "%s ", $2}' journal)" = "first a b c " ]
}

@test "a semaphore lets as many in as it says" {
	PIDS=()
	for i in 1 2 3 4 5 6; do
		behind "s$i" ms=60 limit=2
	done
	for pid in "${PIDS[@]}"; do
		wait "$pid"
	done
	[ "$(most_at_once)" -eq 2 ]
}

@test "killed with a mutex in its hands, a driver lets go; its run waits for its turn again" {
	PIDS=()
	behind killed "until=$PWD/go"
	until_true 10 grep -q "begin killed" journal
	behind next "until=$PWD/go2"
	until_true 10 waits_for_lock next
	kill -KILL "${PIDS[0]}"
	until_true 10 grep -q "begin next" journal
	# the killed one goes on while the other is in: nothing of it happens before the other is out
	wf resume killed >resumed.out 2>resumed.err 3>&- &
	resumed=$!
	until_true 10 waits_for_lock killed
	touch go
	[ "$(grep -c . journal)" -eq 2 ]
	touch go2
	wait "${PIDS[1]}"
	wait "$resumed"
	[ "$(tr '\n' ' ' <journal)" = "begin killed begin next end next after next begin killed end killed after killed " ]
	[ "$(ls .wf/locks)" = lock ]
}

@test "killed, a run that nobody overtook still holds its mutex" {
	PIDS=()
	behind held "until=$PWD/go"
	until_true 10 grep -q "begin held" journal
	kill -KILL "${PIDS[0]}"
	wait "${PIDS[0]}" || true
	touch go
	run -0 --separate-stderr wf resume held
	[ "$(grep -c lock_acquired .wf/closed/held/history/000001.jsonl)" -eq 1 ]
}

@test "a suspended run keeps its mutex though no process lives" {
	run -3 wf run "$LIMITS:sleeper" --id s sleep=1500 --no-wait
	run -3 wf run "$LIMITS:guarded" --id g "journal=$PWD/journal" --no-wait
	run -0 wf status g
	contains "$output" "lock"
	[ ! -e journal ]
	run -0 wf status g --json
	[ "$(jq -c '.waiting[0] | [.kind, .name, .limit]' <<<"$output")" = '["lock","ledger",1]' ]
	[ "$(jq .due <<<"$output")" = null ]
	run -0 wf resume s
	run -0 wf status g --json
	[ "$(jq .due <<<"$output")" = true ]
	run -0 wf resume
	grep -q "after g" journal
}

@test "a run that ends with a mutex lets go, whether it completes, fails or is terminated" {
	run -0 wf run "$LIMITS:keeper" --id k1
	run -1 wf run "$LIMITS:keeper" --id k2 fail=true
	PIDS=()
	behind t "until=$PWD/never"
	until_true 10 grep -q "begin t" journal
	run -0 wf terminate t
	wait "${PIDS[0]}" || true
	run -0 wf run "$LIMITS:keeper" --id k3
	[ "$(ls .wf/locks)" = lock ]
}

@test "a lock's name, its limit and letting go of what is not held are checked" {
	run -1 --separate-stderr wf run "$LIMITS:wrong" name=a/b limit=1
	contains "$stderr" "the name of a lock holds a '/'"
	run -1 --separate-stderr wf run "$LIMITS:wrong" name=a limit=0
	contains "$stderr" "the limit of a lock is not a number from 1"
	run -1 --separate-stderr wf run "$LIMITS:wrong" name=a go=1
	contains "$stderr" "does not hold the lock 'a'"
}

@test ".limit holds over the attempts of several runs" {
	PIDS=()
	for i in 1 2 3; do
		wf run "$LIMITS:many" -j 6 --id "r$i" limit=2 ms=15 "journal=$PWD/journal" >/dev/null 2>&1 3>&- &
		PIDS+=($!)
	done
	wait "${PIDS[@]}"
	[ "$(grep -c ^end journal)" -eq 18 ]
	[ "$(most_at_once)" -le 2 ]
}

@test ".limit is let go by the death of a driver" {
	wf run "$LIMITS:many" -j 6 --id dead limit=1 "until=$PWD/never" "journal=$PWD/journal" >/dev/null 2>&1 3>&- &
	pid=$!
	until_true 10 grep -q begin journal
	wf run "$LIMITS:many" -j 6 --id next limit=1 ms=1 "journal=$PWD/other" >/dev/null 2>&1 3>&- &
	next=$!
	kill -KILL "$pid"
	wait "$next"
	[ "$(grep -c ^end other)" -eq 6 ]
}

@test ".rate spaces the attempts of several runs" {
	begin=$(date +%s%N)
	wf run "$LIMITS:many" --id r1 rate=40 "journal=$PWD/journal" >/dev/null 2>err1 3>&- &
	PIDS=($!)
	wf run "$LIMITS:many" --id r2 rate=40 "journal=$PWD/journal" >/dev/null 2>err2 3>&- &
	PIDS+=($!)
	for pid in "${PIDS[@]}"; do
		wait "$pid" || { cat err1 err2 && false; }
	done
	took=$((($(date +%s%N) - begin) / 1000000))
	[ "$(grep -c ^end journal)" -eq 12 ]
	[ "$took" -ge 275 ]
}

@test "config.yaml limits steps and workflows by name" {
	mkdir -m 700 .wf
	printf 'limits:\n  step work: {concurrency: 1}\n  workflow once: {concurrency: 2}\n' >.wf/config.yaml
	run -0 wf run "$LIMITS:many" -j 6 ms=5 "journal=$PWD/journal"
	[ "$(most_at_once)" -eq 1 ]
	printf 'limits:\n  workflow once: {concurrency: 2}\n' >.wf/config.yaml
	rm journal
	PIDS=()
	for i in 1 2 3 4 5; do
		wf run "$LIMITS:once" --id "o$i" ms=50 "journal=$PWD/journal" >/dev/null 2>&1 3>&- &
		PIDS+=($!)
	done
	wait "${PIDS[@]}"
	[ "$(grep -c ^end journal)" -eq 5 ]
	[ "$(most_at_once)" -le 2 ]
}

@test "a limit in config.yaml that makes no sense is told with its line, and nothing is made" {
	mkdir -m 700 .wf
	printf 'limits:\n  step work: {concurrency: none}\n' >.wf/config.yaml
	run -2 --separate-stderr wf run "$LIMITS:once" --id x "journal=$PWD/journal"
	contains "$stderr" "config.yaml:2: 'concurrency' must be a number"
	printf 'limits:\n  worker: {rate: 1}\n' >.wf/config.yaml
	run -2 --separate-stderr wf run "$LIMITS:once" --id x "journal=$PWD/journal"
	contains "$stderr" "config.yaml:2: a limit is for 'step NAME' or 'workflow NAME', not"
	printf 'limits:\n  step x: {rate: -1}\n' >.wf/config.yaml
	run -2 --separate-stderr wf run "$LIMITS:once" --id x "journal=$PWD/journal"
	contains "$stderr" "'rate' must be a number a second"
	[ ! -e .wf/open/x ]
}
