# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Tags, memo and details; wf list --where over open and closed runs; one command for many runs.
bats_require_minimum_version 1.5.0

load helper
load ../kill/helper

setup_file() {
	: "${WF_BUILD:=${WF_SRC:-$BATS_TEST_DIRNAME/../..}/build}"
	export LIMITS=$WF_BUILD/test/modules/limits.so
}

ids() {
	jq -r .id <<<"$output" | sort | tr '\n' ' '
}

# three runs of searchattributes and one that is suspended
some_runs() {
	run -0 wf run searchattributes --id a --tag customer=acme --tag total=120
	run -0 wf run searchattributes --id b --tag customer=acme --tag total=80
	run -0 wf run searchattributes --id c --tag customer=umbrella --tag total=300
	run -3 wf run "$LIMITS:sleeper" --id d --tag customer=acme --no-wait sleep=60000
}

@test "tags of the start and of the workflow find a run, open or closed" {
	some_runs
	run -0 --separate-stderr wf list --json --where 'customer = acme and total > 100'
	same "$(ids)" "a "
	run -0 --separate-stderr wf list --json --where 'customer = acme'
	same "$(ids)" "a b d "
	run -0 --separate-stderr wf list --json --where 'labels = urgent and gross between 90 and 200 and paid = false'
	same "$(ids)" "a b "
	run -0 --separate-stderr wf list --json --where 'status = suspended or workflow = searchattributes and created < -1d'
	same "$(ids)" "d "
	run -0 --separate-stderr wf list --where 'stage is not null'
	contains "$stderr" "no runs are so"
}

@test "the list is the same without its index, which heals" {
	some_runs
	run -0 --separate-stderr wf list --json
	whole=$output
	rm .wf/index/closed.jsonl
	run -0 --separate-stderr wf list --json
	same "$output" "$whole"
	[ "$(wc -l <.wf/index/closed.jsonl)" -eq 3 ]
	printf '{"id":"a","workflow":"x' >>.wf/index/closed.jsonl
	run -0 --separate-stderr wf list --json
	same "$output" "$whole"
	run -0 wf run searchattributes --id e --tag customer=new --tag total=1
	rm -rf .wf/closed/b
	run -0 --separate-stderr wf list --json --closed
	same "$(ids)" "a c e "
}

@test "a memo is told, and changed by the workflow; tags and memo that make no sense are refused" {
	run -0 --separate-stderr wf run memo --id m --memo owner=ops --memo 'ticket={"id":42}'
	same "$(jq -c . <<<"$output")" '{"ticket":{"was":{"id":42},"state":"closed"}}'
	run -0 wf status m --json
	same "$(jq -c '.memo | keys' <<<"$output")" '["ticket"]'
	for word in x =1 'a={}' 'a=null' 'a=[1]'; do
		run -2 --separate-stderr wf run memo --id n --tag "$word"
		contains "$stderr" "--tag"
	done
	run -2 --separate-stderr wf run memo --id n --tag a=1 --tag a=2
	contains "$stderr" "given twice"
	[ ! -e .wf/open/n ]
}

@test "details say what a run is at" {
	run -0 wf run mutex --id m resource=r
	run -0 wf status m
	contains "$output" "details   done with 'r'"
}

@test "promise 4: killed at any write, tags are those of the undisturbed run" {
	run -0 wf run searchattributes --id k --tag total=100 --tag customer=x
	expected=$(jq -c '.tags | del(.due)' .wf/closed/k/tags.json)
	total=$(count_calls "write+sync+rename" wf run searchattributes --id k --tag total=100 --tag customer=x)
	[ "$total" -gt 10 ]
	for ((n = 1; n < total; n += 3)); do
		rm -rf .wf
		faulty "kill:$n:write+sync+rename" wf run searchattributes --id k --tag total=100 --tag customer=x \
			>/dev/null 2>&1 || true
		run -0 wf run searchattributes --id k --tag total=100 --tag customer=x
		same "$(jq -c '.tags | del(.due)' .wf/closed/k/tags.json)" "$expected"
		run -0 --separate-stderr wf list --json --where 'total = 100 and labels = export'
		same "$(ids)" "k "
	done
}

@test "a wrong expression is one line with its column, and nothing is done" {
	some_runs
	run -2 --separate-stderr wf list --where 'status = faild'
	contains "$stderr" "wf: --where, column 10: 'faild' is no status"
	run -2 --separate-stderr wf cancel --where 'customer ='
	contains "$stderr" "expected a value, not the end"
	run -2 --separate-stderr wf cancel d --where 'customer = acme'
	contains "$stderr" "give ids or --where, not both"
	run -2 --separate-stderr wf terminate
	contains "$stderr" "say which runs"
	[ -z "$(ls .wf/open/d/inbox 2>/dev/null)" ]
}

@test "cancel, terminate and resume take --where, and ids on standard input; --dry-run only tells" {
	for i in 1 2 3 4; do
		run -3 wf run "$LIMITS:naps" --id "o$i" --tag "n=$i" --no-wait
	done
	run -0 --separate-stderr wf terminate --where 'n >= 3' --dry-run
	same "$output" "o3
o4"
	same "$(ls -m .wf/open)" "o1, o2, o3, o4"
	run -0 --separate-stderr wf terminate --where 'n >= 3'
	contains "$stderr" "2 runs terminated"
	run -0 --separate-stderr wf cancel - <<<"o1
o2"
	contains "$stderr" "2 runs asked to stop"
	run -5 --separate-stderr wf resume --where 'n = 1'
	run -0 --separate-stderr wf list --json --where 'status = terminated or status = cancelled'
	same "$(ids)" "o1 o3 o4 "
}

@test "signal takes --where and ids on standard input; each gets the signal, what fails is told" {
	mail=$WF_BUILD/test/modules/mail.so
	for i in 1 2 3; do
		run -3 wf run "$mail:mailbox" --id "m$i" --tag "n=$i" --no-wait -q
	done
	run -0 --separate-stderr wf signal --where 'n < 3' --dry-run hello x=1
	same "$output" "m1
m2"
	same "$(find .wf/open -path '*/inbox/*.json' | wc -l)" 0
	run -3 --separate-stderr wf signal --where 'n < 3' hello x=1 --resume --no-wait
	contains "$stderr" "2 runs signalled"
	for i in 1 2; do
		run -0 --separate-stderr wf query "m$i" notes
		same "$(jq -c .notes <<<"$output")" '[["hello",{"x":1}]]'
	done
	run -0 --separate-stderr wf query m3 notes
	same "$(jq -c .notes <<<"$output")" '[]'
	run -2 --separate-stderr wf signal - stop --json <<<"m1
nobody
m3"
	same "$(jq -r .id <<<"$output" | tr '\n' ' ')" "m1 m3 "
	contains "$stderr" "no run 'nobody'"
	contains "$stderr" "2 of 3 runs signalled"
	run -0 wf resume -q m1 m3
	for words in "--where n=1" "--where n=1 --start hello x" "- --start hello x" "m1 x --dry-run" "- x -"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr wf signal $words </dev/null
		same "$(wc -l <<<"$stderr")" 1
	done
}

@test "reset takes --where and ids on standard input, of open and ended runs" {
	cli=$WF_BUILD/test/modules/cli.so
	for i in 1 2 3; do
		run -1 wf run "$cli:talks" --id "t$i" --tag "n=$i" fails=9 -q
	done
	run -0 --separate-stderr wf reset --where 'n < 3' --to last-failure --dry-run
	same "$output" "t1
t2"
	run -0 --separate-stderr wf reset --where 'n < 3' --to last-failure --no-run
	contains "$stderr" "2 runs reset"
	same "$(ls -m .wf/open)" "t1, t2"
	run -1 --separate-stderr wf reset - --to last-failure --json <<<"t3"
	same "$(jq -r '.id + " " + .status' <<<"$output")" "t3 failed"
	run -0 --separate-stderr wf reset t1 t2 t3 --to 2 --reason "again" --no-run --json
	same "$(jq -r .id <<<"$output" | tr '\n' ' ')" "t1 t2 t3 "
	run -2 --separate-stderr wf reset t1 nobody --to 2 --no-run
	contains "$stderr" "nobody"
	run -2 --separate-stderr wf reset --to 2
	run -2 --separate-stderr wf reset t1 --to 2 --where 'n = 1'
}
