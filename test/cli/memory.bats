#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What people do, under valgrind: no driver, worker or committer reads what it has not written; no driver or
# committer loses memory or leaves a descriptor open. A worker is killed in the end, and cannot be asked.

load helper

setup() {
	command -v valgrind >/dev/null || skip "valgrind is not there"
	scratch_setup
	if with_sanitizer; then skip "the sanitizer looks after that"; fi
	EFFECTS=$WF_BUILD/test/modules/effects.so:effects
	MAIL=$WF_BUILD/test/modules/mail.so
	INPUT=("marks=$PWD/marks" us=200)
}

# wf, watched; what is said lands in seen.PID
watched() {
	valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
		--track-fds=yes --trace-children=yes --trace-children-skip='*/sh,/bin/*,/usr/bin/*' \
		--suppressions="$WF_SRC/test/valgrind.supp" --error-exitcode=77 --log-file="$PWD/seen.%p" "$WF_BUILD/wf" "$@"
}

# Nothing was said by any of the processes but which descriptors they got from their parents, and, in lines of
# another form, which system calls valgrind does not know.
nothing_seen() {
	local found
	found=$(sed -E '/^--[0-9]+-- /d; s/^==[0-9]+== ?//' seen.* | awk '
		/^FILE DESCRIPTORS:/ || /^$/ { next }
		/^Open / { held = $0; next }
		/<inherited from parent>/ { next }
		held { print held; held = "" }
		{ print }')
	[ -z "$found" ] || {
		echo "$found"
		return 1
	}
	rm -f seen.*
}

@test "memory: a run, its result again, what looks at it" {
	expect 0 watched run "$EFFECTS" --id a -j2 "${INPUT[@]}"
	expect 0 watched run "$EFFECTS" --id a -q "${INPUT[@]}"
	expect 0 watched show a
	expect 0 watched log a
	expect 0 watched status a --json
	expect 0 watched list --where 'status = completed'
	nothing_seen
}

@test "memory: a driver that follows a killed one; one that is told to stop" {
	watched run "$EFFECTS" --id k -q "marks=$PWD/marks" us=20000 >out 2>err 3>&- &
	until_true 60 test -s marks
	kill_hard $!
	watched resume k -q >out 2>err 3>&- &
	until_true 60 eval '[ "$(wc -l <marks)" -ge 6 ]'
	kill -TERM $!
	wait $! || same $? 143
	expect 0 watched resume k -q
	nothing_seen
}

@test "memory: signals, updates, queries, suspension, children, cancel, reset, fork, replay, fsck" {
	expect 3 watched run "$MAIL:mailbox" --id m --no-wait
	expect 0 watched signal m hello text=world
	expect 3 watched resume m --no-wait
	expect 0 watched update m add n=5 --resume
	expect 0 watched query m notes
	expect 0 watched signal m stop --resume
	nothing_seen
	expect 0 watched reset m --to 3 --drop-signals --no-run
	expect 0 watched fork m --id f --no-run
	expect 0 watched cancel m
	expect 5 watched resume m -q
	expect 0 watched terminate f
	expect 0 watched replay "$MAIL" m
	nothing_seen
	expect 0 watched run "$WF_BUILD/workflows/samples/child-workflow-continue-as-new.so:parent" --id c runs=3 -q
	rm -r .wf/closed/c/run.json
	expect 0 watched fsck --repair
	[ -e .wf/closed/c/run.json ]
	nothing_seen
}
