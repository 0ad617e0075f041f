#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# One id for several runs, one after the other: --on-conflict, --reuse, .id_reuse; also when killed.

load helper
load ../kill/helper

setup() {
	scratch_setup
	CLI=$WF_BUILD/test/modules/cli.so
	CHILDREN=$WF_BUILD/test/modules/children.so
	MAIL=$WF_BUILD/test/modules/mail.so
}

# sound: nothing is damaged, nothing is left over.
sound() {
	expect 0 wf fsck
	git_clean
	[ -z "$(find .wf/open .wf/closed -maxdepth 1 -name '.new-*')" ]
}

status_of() {
	wf status "$1" --json | jq -r .status
}

# The results that the branch of run $1 has had, the last one first.
results_of() {
	local commit
	for commit in $(git -C .wf rev-list "run/$1"); do
		git -C .wf show "$commit:result.json" 2>/dev/null | jq -c '.result // .status'
	done | uniq | tr '\n' ' '
}

@test "an open run, as by cron's overlap rule, and an ended one are left alone" {
	expect 3 wf run "$CHILDREN:waits" --id tick ms=200 --no-wait --on-conflict fail
	expect 2 wf run "$CHILDREN:waits" --id tick ms=200 --no-wait --on-conflict fail
	contains "$stderr" "run 'tick' is open already"
	expect 0 wf run "$CHILDREN:waits" --id tick ms=200 --on-conflict use-existing
	expect 0 wf run "$CHILDREN:waits" --id tick ms=200 --reuse result
	same "$output" 0
	expect 2 wf run "$CHILDREN:waits" --id tick ms=200 --reuse reject
	contains "$stderr" "has ended already"
}

@test "bad words of policies: exit 2, and nothing is made" {
	expect 2 wf run "$CLI:same" --id other --on-conflict maybe
	contains "$stderr" "--on-conflict is use-existing, fail or terminate-existing, not 'maybe'"
	expect 2 wf run "$CLI:same" --id other --reuse maybe
	expect 2 wf run "$CLI:same" --reuse reject
	expect 2 wf signal other go --reuse allow
	expect 2 wf signal --start "$CLI:same" other go --reuse result
	[ ! -d .wf/open/other ]
}

@test "--reuse allow begins anew; what was is on the branch, and gone from the files" {
	expect 0 wf run "$CLI:same" --id a n=1
	expect 0 wf run "$CLI:counts" --id a n=2 --reuse allow
	same "$output" 2
	expect 0 wf show a
	lacks "$output" '"n":1'
	same "$(wf list --json | jq -r .id)" a
	same "$(results_of a)" '2 {"n":1} '
	expect 0 wf run "$CLI:same" --id a n=3 --reuse allow
	same "$(results_of a)" '{"n":3} 2 {"n":1} '
	sound
}

@test "--reuse allow-failed begins anew until it completes" {
	expect 1 wf run "$CLI:talks" --id t fails=3
	expect 0 wf run "$CLI:talks" --id t fails=2 --reuse allow-failed
	same "$output" 3
	expect 0 wf run "$CLI:talks" --id t fails=2 --reuse allow-failed
	same "$output" 3
	same "$(results_of t)" '3 "failed" '
	sound
}

@test "--on-conflict terminate-existing ends the run and begins anew, driven or not" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	expect 0 wf run "$CLI:same" --id s n=2 --on-conflict terminate-existing
	same "$output" '{"n":2}'
	same "$(results_of s)" '{"n":2} "terminated" '
	wf run "$CLI:holds" --id h "until=$PWD/never" "begun=$PWD/begun" >held 2>&1 3>&- &
	until_true 10 test -s begun
	expect 0 wf run "$CLI:same" --id h n=3 --on-conflict terminate-existing
	same "$output" '{"n":3}'
	wait $! && false || same $? 5
	expect 0 wf run "$CLI:same" --id h n=3 --on-conflict terminate-existing
	sound
}

@test "a module that cannot be loaded ends no run" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	echo nonsense >bad.so
	expect 6 wf run ./bad.so --id s --on-conflict terminate-existing
	expect 2 wf run nowhere --id s --on-conflict terminate-existing
	same "$(status_of s)" suspended
}

@test "signal with start, by policy: the signal goes to the run that there is then" {
	expect 3 wf signal --start "$MAIL:mailbox" m one --no-wait -q
	expect 2 wf signal --start "$MAIL:mailbox" m two --on-conflict fail
	expect 3 wf signal --start "$MAIL:mailbox" m two --on-conflict terminate-existing --no-wait -q
	expect 0 wf signal m stop --resume
	same "$output" '{"notes":[["two",null]],"finished":1}'
	expect 2 wf signal --start "$MAIL:mailbox" m three
	contains "$stderr" "run 'm' has ended already"
	expect 2 wf signal --start "$MAIL:mailbox" m three --reuse allow-failed
	expect 3 wf signal --start "$MAIL:mailbox" m three --reuse allow --no-wait -q
	expect 0 wf query m notes
	same "$(json '.notes[0][0]' "$output")" three
	sound
}

@test "a child takes the id of a run that has ended as .id_reuse says" {
	expect 0 wf run "$CLI:same" --id kid n=9
	expect 0 wf run "$CHILDREN:parent" --id p2 child=kid n=1 reuse=2
	same "$(json .cause "$output")" exists
	expect 0 wf run "$CHILDREN:parent" --id p1 child=kid n=1 reuse=1
	same "$(json .cause "$output")" exists
	expect 0 wf run "$CHILDREN:parent" --id p0 child=kid n=1 reuse=0
	same "$output" '{"value":2}'
	expect 1 wf run "$CLI:talks" --id bad fails=9
	expect 0 wf run "$CHILDREN:parent" --id p3 child=bad n=4 reuse=1
	same "$output" '{"value":8}'
	same "$(results_of bad)" '8 "failed" '
	sound
}

@test "a run that is a child of an open run keeps its id" {
	expect 3 wf run "$CHILDREN:leaves" --id p policy=terminate pause=3600000 ms=1 n=1 --no-wait
	expect 0 wf resume p.1
	expect 2 wf run "$CLI:same" --id p.1 --reuse allow
	contains "$stderr" "is a child of run 'p', which is open"
	expect 0 wf terminate p
	expect 0 wf run "$CLI:same" --id p.1 --reuse allow
	sound
}

@test "a parent that is reset to before its child asks for it anew, whether that has ended or not" {
	expect 0 wf run "$CHILDREN:parent" --id p n=1
	expect 0 wf reset p --to 2
	same "$output" '{"value":2}'
	same "$(results_of p.1)" '2 '
	expect 3 wf run "$CHILDREN:leaves" --id q policy=terminate pause=3600000 ms=3600000 n=1 --no-wait
	expect 3 wf reset q --to 2 --no-wait -q
	same "$(status_of q.1)" suspended
	same "$(results_of q.1)" '"terminated" '
	expect 0 wf terminate q
	sound
}

@test "a parent that is reset while its child is driven, here or elsewhere, ends that and has another" {
	wf run "$CHILDREN:parent" --id p n=1 us=3000000 "marks=$PWD/marks" >/dev/null 2>&1 3>&- &
	until_true 10 test -s marks
	kill_hard $!
	expect 0 wf reset p --to 2 --no-run -q
	expect 0 wf fsck
	expect 5 wf resume # both of them, in one driver: the old child is terminated
	expect 0 wf wait p
	same "$output" '{"value":2}'
	rm marks
	wf run "$CHILDREN:parent" --id q n=2 us=300000 "marks=$PWD/marks" >/dev/null 2>&1 3>&- &
	until_true 10 test -s marks
	kill_hard $!
	wf resume q.1 >/dev/null 2>&1 3>&- &
	child=$!
	until_true 10 eval '[ "$(status_of q.1)" = running ]'
	expect 0 wf reset q --to 2
	same "$output" '{"value":4}'
	wait "$child" || true
	sound
}

@test "promises 1 5: killed at any call, --reuse allow leaves the old run or the new one, whole" {
	expect 0 wf run "$CLI:same" --id a n=1
	cp -a .wf before
	total=$(WF_FAULT_COUNT=$PWD/count faulty "EIO:0:write+sync+rename+unlink" \
		wf run "$CLI:counts" --id a n=2 --reuse allow >/dev/null && cat count)
	[ "$total" -gt 10 ]
	for ((n = 1; n <= total; n += 2)); do
		rm -rf .wf && cp -a before .wf
		faulty "kill:$n:write+sync+rename+unlink" wf run "$CLI:counts" --id a n=2 --reuse allow \
			>out 2>&1 || true
		case $(jq -r .workflow .wf/*/a/run.json | tail -1) in
		same) same "$(jq -c .result .wf/closed/a/result.json)" '{"n":1}' ;;
		*) expect 0 wf run "$CLI:counts" --id a n=2 && same "$output" 2 ;;
		esac
		expect 0 wf run "$CLI:counts" --id a n=2 --reuse allow
		same "$output" 2
		expect 0 wf fsck --repair
		sound
		contains "$(results_of a)" '{"n":1}'
	done
}

@test "promise 1: killed at any call, terminate-existing said again ends with the new run" {
	expect 3 wf run "$CLI:sleeps" --id s ms=3600000 --no-wait
	cp -a .wf before
	total=$(WF_FAULT_COUNT=$PWD/count faulty "EIO:0:write+sync+rename+unlink" \
		wf run "$CLI:same" --id s n=2 --on-conflict terminate-existing >/dev/null && cat count)
	[ "$total" -gt 15 ]
	for ((n = 1; n <= total; n += 2)); do
		rm -rf .wf && cp -a before .wf
		faulty "kill:$n:write+sync+rename+unlink" wf run "$CLI:same" --id s n=2 \
			--on-conflict terminate-existing -q >out 2>&1 || true
		expect 0 wf run "$CLI:same" --id s n=2 --on-conflict terminate-existing
		same "$output" '{"n":2}'
		expect 0 wf fsck --repair
		sound
	done
}
