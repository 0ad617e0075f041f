#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Secrets: the value reaches the steps, and nothing that is kept or shown.

load helper

SECRETS=$WF_BUILD/test/modules/secrets.so

setup() {
	scratch_setup
	export API_TOKEN='tok"en/ä\9f8e7d6c'
	VALUE=$API_TOKEN
	printf %s "$VALUE" >value
	export EXPECTED=$PWD/value
	# what would give it away, also in JSON, and also a long part of it
	printf '%s\n' "$VALUE" '9f8e7d6c' 'tok\"en' 'tok\\\"en' >traces
}

# Everything that a run could have left, and what was said.
everything() {
	find .wf -path .wf/.git -prune -o -type f -exec cat {} +
	git -C .wf cat-file --batch --batch-all-objects
	cat .wf/.git/logs/* 2>/dev/null || true
	cat said 2>/dev/null || true
}

no_trace() {
	everything >all
	[ "$(wc -c <all)" -gt 500 ]
	if grep -a -n -F -f traces all; then return 1; fi
	wf show "$1" >all
	wf show "$1" --json >>all
	wf log "$1" >>all
	wf status "$1" --json >>all
	wf list --json >>all
	if grep -a -n -F -f traces all; then return 1; fi
}

# start WORKFLOW ID [WORD...]: everything that it says is kept in said
start() {
	local workflow=$1 id=$2
	shift 2
	run bash -c 'exec "$@" >said 2>&1' - wf run "$SECRETS:$workflow" --id "$id" --env EXPECTED \
		--secret token=API_TOKEN marks="$PWD/marks" "$@"
}

used() {
	[ "$(grep -c -F -x "$VALUE" marks)" -eq "$1" ]
}

@test "success: steps and commands have the value, the workflow and all that is kept do not" {
	start leaks a
	same "$status" 0
	used 1
	contains "$(cat said)" 'right'
	no_trace a
	same "$(jq -c .input .wf/closed/a/run.json)" "$(jq -nc --arg m "$PWD/marks" '{marks:$m,token:{"$secret":"API_TOKEN"}}')"
	same "$(jq -c .options.secrets .wf/closed/a/run.json)" '["API_TOKEN"]'
	same "$(jq -r .result.env .wf/closed/a/result.json)" null
	same "$(jq -r .result.step.said .wf/closed/a/result.json)" '[secret API_TOKEN]'
	same "$(jq -r .result.shell.stdout .wf/closed/a/result.json)" \
		$'right\n0\nwhole [secret API_TOKEN]\nhalves [secret API_TOKEN]'
	contains "$(cat .wf/closed/a/logs/*/*use.1.out)" 'out [secret API_TOKEN], and [secret API_TOKEN]'
	contains "$(cat .wf/closed/a/logs/workflow.log)" 'sees nothing'
	git_clean
	expect 0 wf fsck
	with_sanitizer || same "$(jq .result.step.dumpable .wf/closed/a/result.json)" 0
}

@test "failure, retries and a crash of the step" {
	for how in fail retry crash; do
		rm -f marks
		start leaks "$how" how="$how"
		same "$status" "$([ "$how" = fail ] && echo 1 || echo 0)"
		used "$(case $how in crash) echo 2 ;; *) echo 3 ;; esac)"
		no_trace "$how"
	done
	start fails b
	same "$status" 1
	contains "$(cat said)" 'exit status 3: [secret API_TOKEN]'
	no_trace b
}

@test "promise 3: kill -9 of the driver in the middle of a step, and resumed" {
	wf run "$SECRETS:leaks" --id a --env EXPECTED --secret token=API_TOKEN marks="$PWD/marks" how=hold until="$PWD/go" >said 2>&1 3>&- &
	until_true 20 test -s marks
	kill_hard $!
	touch go
	no_trace a
	run bash -c 'exec wf resume a >said 2>&1'
	same "$status" 0
	used 2
	no_trace a
}

@test "one that is missing: refused at the start, and halts a run that goes on, with nothing recorded" {
	expect 2 env -u API_TOKEN wf run "$SECRETS:once" --id a --secret token=API_TOKEN marks="$PWD/marks"
	contains "$stderr" "neither API_TOKEN nor API_TOKEN_FILE"
	[ ! -e .wf ]
	expect 6 env -u API_TOKEN wf run "$SECRETS:once" --id a marks="$PWD/marks" 'token={"$secret":"API_TOKEN"}'
	contains "$stderr" "the secret 'API_TOKEN' is not set"
	same "$(wf status a --json | jq -r .status)" halted
	[ ! -e marks ]
	expect 6 env -u API_TOKEN wf resume a
	expect 0 wf resume a
	used 1
	no_trace a
}

@test "the same words go on: references are compared" {
	start once a
	same "$status" 0
	start once a
	same "$status" 0
	used 1
	expect 0 env -u API_TOKEN wf run "$SECRETS:once" --id a --secret token=API_TOKEN marks="$PWD/marks"
	expect 2 env OTHER_TOKEN=0123456789 wf run "$SECRETS:once" --id a --secret token=OTHER_TOKEN marks="$PWD/marks"
	contains "$stderr" "another input"
}

@test "from a file that only the user can read; it may be replaced" {
	unset API_TOKEN
	echo 'from a file 9f8e7d6c' >file
	export API_TOKEN_FILE=$PWD/file
	chmod 644 file
	start once a
	same "$status" 6
	contains "$(cat said)" "is open to others"
	chmod 600 file
	expect 0 wf resume a -q
	grep -q -x 'from a file 9f8e7d6c' marks
	mkfifo pipe
	API_TOKEN_FILE=$PWD/pipe start once b
	same "$status" 6
	contains "$(cat said)" "is not a regular file"
	no_trace a
}

@test "what cannot be masked safely is refused" {
	API_TOKEN=short start once a
	same "$status" 6
	contains "$(cat said)" "has 5 bytes"
	API_TOKEN=$'not utf-8 \xff\xff' start once b
	same "$status" 6
	contains "$(cat said)" "is not UTF-8"
	expect 2 wf run "$SECRETS:once" --secret 'token=tok"en'
	lacks "$stderr" 'tok"en'
	[ ! -e marks ]
}

@test "config.yaml names them for all runs; no variable of that name is kept" {
	mkdir -m 700 .wf
	wf run "$SECRETS:once" -q --id made marks=x token=plain
	echo 'secrets: [API_TOKEN, NOT_SET, HOME]' >.wf/config.yaml
	run bash -c 'exec "$@" >said 2>&1' - wf run "$SECRETS:leaks" --id a --env EXPECTED --env API_TOKEN \
		marks="$PWD/marks" 'token={"$secret":"API_TOKEN"}'
	same "$status" 0
	same "$(jq -r '.environment | has("HOME") or has("API_TOKEN")' .wf/closed/a/run.json)" false
	no_trace a
	expect 6 env API_TOKEN=short wf run "$SECRETS:once" marks=x token=plain
	contains "$stderr" "has 5 bytes"
	same "$(ls .wf/open)" ""
}

@test "whoever writes the value down is stopped: inputs, tags, signals, completions" {
	wf run "$SECRETS:hears" --id a --secret API_TOKEN --no-wait -q || [ $? -eq 3 ]
	ls -A .wf/open >before
	for words in "token=$VALUE" "x={\"$(jq -rn --arg v "$VALUE" '$v|tojson|.[1:-1]')\":1}"; do
		expect 2 wf run "$SECRETS:once" --id b --secret API_TOKEN "$words"
		contains "$stderr" 'the input holds the value of [secret API_TOKEN]'
	done
	expect 2 wf run "$SECRETS:once" --id b --secret API_TOKEN --tag "t=$VALUE"
	expect 2 wf run "$SECRETS:once" --id b --secret API_TOKEN --env "T=$VALUE"
	expect 2 wf signal a told "x=$VALUE"
	contains "$stderr" "the message holds the value"
	expect 2 wf cancel a --reason "$VALUE"
	same "$(ls -A .wf/open)" "$(cat before)"
	no_trace a
}

@test "a signal of somebody who does not know it is recorded masked" {
	wf run "$SECRETS:hears" --id a --secret API_TOKEN --no-wait -q || [ $? -eq 3 ]
	env -u API_TOKEN wf signal a told "x=$VALUE"
	run bash -c 'exec wf resume a >said 2>&1'
	same "$status" 0
	same "$(jq -c .result .wf/closed/a/result.json)" '{"x":"[secret API_TOKEN]"}'
	no_trace a
}

@test "inline steps, children, generations and forks carry it on" {
	start family a
	same "$status" 0
	used 2
	no_trace a
	start once b
	expect 0 wf fork b --at 2 --id c
	no_trace c
	start inlined d
	same "$status" 0
	! grep -a -F -f traces -r .wf
}

@test "a message names no secret but those of the run" {
	OTHER=0123456789abcdef start once a 'token2={"$secret":"API_TOKEN"}'
	same "$status" 0
	same "$(jq -c .options.secrets .wf/closed/a/run.json)" '["API_TOKEN"]'
	wf run "$SECRETS:hears" --id b --no-wait -q || [ $? -eq 3 ]
	expect 0 wf signal b told 'x={"$secret":"API_TOKEN"}'
	expect 0 wf resume b
	same "$output" '{"x":{"$secret":"API_TOKEN"}}'
}
