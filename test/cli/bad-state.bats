#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Surroundings that are wrong: one clear line, the right exit, and what was there is as it was.

load helper

EFFECTS=$WF_BUILD/test/modules/effects.so
WANT='{"sum":1842,"shell":"hello","once":"done"}'

# start ID [WORD...]: a run of all that there is
start() {
	local id=$1
	shift
	wf run "$EFFECTS:effects" --id "$id" marks="$PWD/marks" us=100 "$@"
}

interrupted() {
	killed_midway "$1" 30000
}

# one_line TEXT PART
one_line() {
	same "$(wc -l <<<"$1")" 1
	contains "$1" "wf: "
	contains "$1" "$2"
}

picture() {
	find .wf -path .wf/.git -prune -o -printf '%p %y %m %s\n' | sort
}

# refused PART COMMAND...: exit 7, one line with PART, nothing changed
refused() {
	local part=$1 before
	shift
	before=$(picture)
	expect 7 "$@"
	same "$output" ""
	one_line "$stderr" "$part"
	same "$(picture)" "$before"
}

# as_other COMMAND...: as a user who is nobody else here
as_other() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$PWD" "$@"
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "only root can be somebody else"
	command -v setpriv >/dev/null || skip "no setpriv"
}

# A folder that nobody may use, in which the test goes on.
for_other() {
	needs_root
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test "$SCRATCH" 2>/dev/null || true
	mkdir -m 777 other
	cd other
	as_other test -w . -a -x "$WF_BUILD/wf" -a -r "$EFFECTS" || skip "nobody cannot reach the build"
}

@test "owned by someone else" {
	for_other
	start a
	chmod -R a+rX .wf
	refused "belongs to user" as_other wf status
	refused "belongs to user" as_other wf run "$EFFECTS:effects" --id b marks=/dev/null us=1
	refused "belongs to user" as_other wf fsck --repair
}

@test "read-only" {
	for_other
	as_other wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=1
	chmod -R a-w .wf
	refused "Permission denied" as_other wf run "$EFFECTS:effects" --id b marks=/dev/null us=1
	expect 0 as_other wf status a
	expect 0 as_other wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=1
	same "$output" "$WANT"
	chmod -R u+w .wf
}

@test "a folder in which nothing can be made" {
	for_other
	chmod 555 .
	expect 7 as_other wf run "$EFFECTS:effects" marks=/dev/null us=1
	one_line "$stderr" "Permission denied"
	[ ! -e .wf ]
	chmod 777 .
}

@test "promise 1: a full disk" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount"
	mkdir disk
	mount -t tmpfs -o size=1200k tmpfs disk 2>/dev/null || skip "no mount here"
	start_on_full_disk || { umount -l disk; return 1; }
	umount -l disk
}

start_on_full_disk() {
	export WF_STATE=$PWD/disk/.wf
	wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=30000 >out 2>&1 3>&- &
	until_true 20 told_steps 3 || return 1
	cat /dev/zero >disk/filler 2>/dev/null || true
	wait $! && return 1 || same $? 7 || return 1
	contains "$(cat out)" "No space left on device" || return 1
	expect 7 wf run "$EFFECTS:effects" --id b marks=/dev/null us=1 || return 1
	contains "$stderr" "No space left on device" || return 1
	rm disk/filler
	expect 0 wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=30000 || return 1
	same "$output" "$WANT" || return 1
	expect 0 wf fsck --repair || return 1
	expect 0 wf fsck || return 1
	same "$output" ""
}

@test "links planted for folders and files of a run: nothing is written behind them" {
	interrupted a
	mkdir stranger
	for name in history inbox logs payloads attempts; do
		rm -rf kept
		[ ! -e ".wf/open/a/$name" ] || mv ".wf/open/a/$name" kept
		ln -s "$PWD/stranger" ".wf/open/a/$name"
		refused "'$PWD/.wf/open/a/$name' is a symbolic link" wf resume a
		expect 7 wf fsck
		contains "$output" "/$name' is a symbolic link; move it away"
		rm ".wf/open/a/$name"
		[ ! -e kept ] || mv kept ".wf/open/a/$name"
		same "$(ls stranger)" ""
	done
	for name in run.json lock history/000001.jsonl; do
		mv ".wf/open/a/$name" kept
		cp kept copy
		ln -s "$PWD/copy" ".wf/open/a/$name"
		expect 7 wf resume a
		contains "$stderr" "/$name'"
		cmp copy kept
		rm ".wf/open/a/$name"
		mv kept ".wf/open/a/$name"
	done
	mkdir -p .wf/open/a/logs
	rm -f .wf/open/a/logs/workflow.log
	for plant in "ln -s $PWD/copy" mkfifo mkdir; do
		$plant .wf/open/a/logs/workflow.log
		expect 7 wf resume a
		one_line "$stderr" "/a/logs/workflow.log' is a "
		contains "$stderr" " where a file should be; move it away"
		rm -r .wf/open/a/logs/workflow.log
	done
	expect 0 wf resume a
	same "$output" "$WANT"
}

@test "links and files where the state directory has folders" {
	start a
	for name in open closed modules .git; do
		mv ".wf/$name" kept
		ln -s "$PWD/kept" ".wf/$name"
		refused "/.wf/$name' is not a folder; move it away" wf run "$EFFECTS:effects" marks=/dev/null us=1
		refused "is not a folder" wf status
		rm ".wf/$name"
		echo file >".wf/$name"
		refused "is not a folder" wf resume
		rm ".wf/$name"
		mv kept ".wf/$name"
	done
	ln -s "$PWD" .wf/open/b
	refused "'$PWD/.wf/open/b' is a symbolic link" start b
	rm .wf/open/b
	mkdir real
	mv .wf real/.wf
	ln -s real/.wf .wf
	expect 7 wf status
	one_line "$stderr" "is a symbolic link; name its target"
	expect 0 wf status --state real/.wf a
}

@test "pipes, huge files and links in the inbox are set aside, and the run goes on" {
	interrupted a
	mkdir -p .wf/open/a/inbox
	mkfifo .wf/open/a/inbox/1.json
	truncate -s 100M .wf/open/a/inbox/2.json
	echo '{"kind":"signal"' >.wf/open/a/inbox/3.json
	echo secret >victim
	ln -s "$PWD/victim" .wf/open/a/inbox/4.json
	mkdir .wf/open/a/inbox/5.json
	expect 0 timeout 30 wf resume a
	same "$output" "$WANT"
	same "$(cat victim)" secret
	same "$(ls .wf/closed/a/inbox/rejected | tr '\n' ' ')" "1.json 2.json 3.json 4.json 5.json "
}

@test "made by a newer wf" {
	start a
	echo 2 >.wf/format
	for command in status list "show a" "resume a" "fsck --repair" "run -q $EFFECTS:effects"; do
		# shellcheck disable=SC2086
		refused "was made by a newer wf" wf $command
	done
	echo x >.wf/format
	refused "does not hold the number of a format" wf status
}

@test "promise 5: two drivers at once" {
	wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=200000 >out 2>&1 3>&- &
	local driver=$!
	until_true 20 told_steps 1
	for command in "resume a" "run -q $EFFECTS:effects --id a marks=$PWD/marks us=200000"; do
		# shellcheck disable=SC2086
		expect 4 wf $command
		one_line "$stderr" "run 'a' is driven by process $driver"
	done
	wait "$driver"
	contains "$(cat out)" "$WANT"
	git_clean
}

@test "promise 7: a pinned module that is deleted, replaced or cut short comes back from the branch" {
	local module how
	for how in 'rm -f' 'cp -f /bin/true' 'truncate -s 3000' 'truncate -s 0'; do
		interrupted a
		module=$(echo .wf/modules/*.so)
		chmod u+w "$module"
		$how "$module"
		expect 0 wf resume a
		same "$output" "$WANT"
		same "$(sha256sum <"$module" | cut -d' ' -f1)" "$(basename "$module" .so)"
		rm -rf .wf
	done
}

@test "promise 7: a user's module that is deleted, replaced or cut short" {
	cp "$EFFECTS" mine.so
	wf run "./mine.so:effects" --id a marks="$PWD/marks" us=30000 >out 2>&1 3>&- &
	until_true 20 told_steps 3
	kill_hard $!
	truncate -s 3000 mine.so
	expect 6 wf run ./mine.so:effects marks=/dev/null us=1
	one_line "$stderr" "./mine.so"
	expect 0 wf run ./mine.so:effects --id a marks="$PWD/marks" us=30000
	same "$output" "$WANT"
	rm mine.so
	expect 2 wf run ./mine.so:effects marks=/dev/null us=1
	one_line "$stderr" "mine.so"
	expect 0 wf run ./mine.so:effects --id a marks="$PWD/marks" us=30000
	same "$output" "$WANT"
}

@test "few descriptors, small files" {
	with_sanitizer && skip "a sanitizer needs more"
	expect 0 bash -c "ulimit -n 32; exec wf run -j2 $EFFECTS:effects --id a marks=$PWD/marks us=1"
	same "$output" "$WANT"
	run --separate-stderr bash -c "ulimit -n 8; exec wf run $EFFECTS:effects --id b marks=$PWD/marks us=100"
	[ "$status" -eq 7 ]
	contains "$stderr" "Too many open files"
	run --separate-stderr bash -c "ulimit -f 4; exec wf run $EFFECTS:effects --id c marks=$PWD/marks us=100"
	[ "$status" -eq 7 ]
	contains "$stderr" "File too large"
	for id in b c; do
		expect 0 start "$id"
		same "$output" "$WANT"
	done
	expect 0 wf fsck --repair
	git_clean
}

@test "little memory: it is said, or does not matter; what is there goes on" {
	local kib status
	with_sanitizer && skip "a sanitizer needs more"
	for kib in 3000 5000 8000 14000 60000; do
		status=0
		(ulimit -v "$kib" && exec timeout 60 wf run -j2 "$EFFECTS:effects" --id "m$kib" marks="$PWD/marks" us=100) >out 2>err || status=$?
		case $status in
		0) same "$(cat out)" "$WANT" ;;
		7 | 127) [ -s err ] ;; # 127: not even its libraries find room
		*) echo "$kib KiB: exit $status: $(cat err)"; return 1 ;;
		esac
		expect 0 start "m$kib"
		same "$output" "$WANT"
	done
	same "$(find .wf -name '.tmp-*' -o -name '.new-*')" ""
	expect 0 wf fsck --repair
	git_clean
}

@test "few processes: a step that cannot be begun is tried again, and says why" {
	with_sanitizer && skip "the leak sanitizer needs a process of its own"
	for_other
	expect 7 as_other bash -c "ulimit -u 1; exec wf run $EFFECTS:effects --id a marks=$PWD/marks us=1"
	one_line "$stderr" "cannot start"
	contains "$stderr" "Resource temporarily unavailable"
	# room for the committer and one worker, and none for the shell
	expect 143 as_other bash -c "ulimit -u 3; exec timeout --preserve-status --foreground 5 wf run -j1 $EFFECTS:effects --id b marks=$PWD/marks us=1"
	contains "$stderr" "cannot fork"
	for id in a b; do
		expect 0 as_other wf run "$EFFECTS:effects" --id "$id" marks="$PWD/marks" us=1
		same "$output" "$WANT"
	done
	expect 0 as_other wf fsck
}

blocked() {
	grep -qsE '^(poll_schedule|do_poll|do_sys_poll)' "/proc/$(cat pid 2>/dev/null)/wchan"
}

@test "a full pipe is waited for, and nothing that was to be told is lost" {
	wf run "$EFFECTS:effects" --id b marks="$PWD/marks" us=1 >out 2>usual
	bash -c 'echo $$ >pid; head -c 65536 /dev/zero >&2; exec "$@" >out' - \
		wf run "$EFFECTS:effects" --id c marks="$PWD/marks" us=1 2>&1 | {
		until_true 20 blocked
		tr -d '\0' >told
	}
	same "$(cat out)" "$WANT"
	same "$(grep -c completed told)" "$(grep -c completed usual)"
}

@test "a full pipe that nobody reads does not keep a run from being stopped" {
	mkfifo pipe
	for signal in TERM:143 INT:130; do
		exec 8<>pipe
		bash -c 'trap - INT; echo $$ >pid; head -c 65536 /dev/zero >&8; exec "$@" 2>&8 8>&-' - \
			python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execvp(sys.argv[1], sys.argv[1:])' wf run "$EFFECTS:effects" --id "${signal%:*}" marks="$PWD/marks" us=1 \
			>out 3>&- &
		driver=$!
		until_true 20 blocked
		kill -"${signal%:*}" "$driver"
		status=0 && wait "$driver" || status=$?
		same "$signal $status" "$signal ${signal#*:}"
		exec 8>&-
		expect 0 wf resume "${signal%:*}"
		same "$output" "$WANT"
	done
	git_clean
}

@test "standard descriptors closed, in any combination" {
	local n=0
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		n=$((n + 1))
		run bash -c "wf run $EFFECTS:effects --id n$n marks=$PWD/marks us=1 $closed"
		case $closed in *' >&-'* | '>&-'*) [ "$status" -eq 7 ] || [ "$status" -eq 0 ] ;; *) [ "$status" -eq 0 ] ;; esac
		same "$(wf status "n$n" --json | jq -r .status)" completed
		same "$(jq -c .result ".wf/closed/n$n/result.json")" "$WANT"
	done
	expect 0 wf fsck
	same "$output" ""
	git_clean
}

@test "a reader of the output that has gone, and a full device" {
	start a
	run bash -c "set -o pipefail; wf list --json | true; exit 0"
	[ "$status" -eq 0 ]
	[ -w /dev/full ] || skip "no /dev/full"
	run --separate-stderr bash -c "wf run $EFFECTS:effects --id b marks=$PWD/marks us=100 >/dev/full"
	[ "$status" -eq 7 ]
	contains "$stderr" "cannot write to standard output"
	expect 0 start b
	same "$output" "$WANT"
}

@test "any umask" {
	local mask masks="000 002 077"
	[ "$(id -u)" -ne 0 ] || masks+=" 277 777" # which keep others out of what is their own
	for mask in $masks; do
		expect 0 bash -c "umask $mask; exec wf run $EFFECTS:effects --id m$mask marks=$PWD/marks us=1"
		same "$output" "$WANT"
		same "$(stat -c %a .wf)" 700
		rm -f marks
	done
	same "$(find .wf -path .wf/.git -prune -o -perm /022 ! -type l -print)" ""
	expect 0 wf fsck
	same "$output" ""
	git_clean
}

@test "an empty environment" {
	expect 0 env -i "$(command -v wf)" run "$EFFECTS:effects" --id a marks="$PWD/marks" us=1
	same "$output" "$WANT"
	expect 0 env -i "$(command -v wf)" fsck
	git_clean
}

@test "a working folder that was removed" {
	mkdir gone
	start a
	expect 2 bash -c "cd gone && rmdir ../gone && exec wf run $EFFECTS:effects marks=$PWD/marks us=1" ||
		expect 7 bash -c "mkdir -p gone; cd gone && rmdir ../gone && exec wf run $EFFECTS:effects marks=$PWD/marks us=1"
	one_line "$stderr" "cannot tell the working folder"
	mkdir gone
	expect 0 bash -c "cd gone && rmdir ../gone && exec wf status --state $PWD/.wf a"
}

@test "a broken repository costs the commits, not the run" {
	start a
	rm -rf .wf/.git/HEAD .wf/.git/objects .wf/.git/refs
	expect 0 start b
	same "$output" "$WANT"
	contains "$stderr" "warning: "
	expect 7 wf fsck
	contains "$output" "branches cannot be looked at"
	rm -rf .wf/.git
	expect 0 wf fsck --repair
	git_clean
	git -C .wf rev-parse -q --verify run/a
	git -C .wf rev-parse -q --verify run/b
}

@test "links and pipes in the place of caches, locks and parts of the repository" {
	start a
	mkdir stranger
	for name in index locks limits cache .git/objects .git/objects/pack .git/refs .git/refs/heads; do
		rm -rf kept
		[ ! -e ".wf/$name" ] || mv ".wf/$name" kept
		ln -s "$PWD/stranger" ".wf/$name"
		refused "/.wf/$name' is not a folder; move it away" start b
		refused "is not a folder" wf list
		rm ".wf/$name"
		[ ! -e kept ] || mv kept ".wf/$name"
	done
	for name in .git/HEAD .git/config .git/packed-refs .git/info/exclude .git/objects/info/alternates; do
		rm -rf kept
		mkdir -p ".wf/$(dirname "$name")"
		[ ! -e ".wf/$name" ] || mv ".wf/$name" kept
		mkfifo ".wf/$name"
		refused "/.wf/$name' is not a regular file; move it away" timeout 30 wf run "$EFFECTS:effects" marks=/dev/null us=1
		rm ".wf/$name"
		[ ! -e kept ] || mv kept ".wf/$name"
	done
	same "$(ls stranger)" ""
	mkdir -p .wf/.git/refs/heads/run
	for how in mkfifo "ln -s $PWD/stranger/ref"; do
		$how .wf/.git/refs/heads/run/x
		expect 0 timeout 60 wf run "$EFFECTS:effects" --id "${how%% *}" marks=/dev/null us=1
		contains "$stderr" "refs/heads/run/x' is not a regular file; move it away"
		expect 7 timeout 60 wf fsck
		rm .wf/.git/refs/heads/run/x
	done
	same "$(ls stranger)" ""
	expect 0 wf fsck --repair
	expect 0 start b
	git_clean
}

@test "a lock of the inbox that is a link is found before anything runs" {
	interrupted a
	rm -f .wf/open/a/inbox.lock
	ln -s "$PWD/victim" .wf/open/a/inbox.lock
	refused "/inbox.lock' is a symbolic link where a file should be" wf resume a
	[ ! -e victim ]
	rm .wf/open/a/inbox.lock
	expect 0 wf resume a
	same "$output" "$WANT"
}

@test "pipes and links where logs would be: passed over or replaced, never waited for" {
	local talks="$WF_BUILD/test/modules/cli.so:talks" log id=b
	wf run "$talks" --id a fails=1
	(cd .wf/closed/a/logs && find 0* -type f) >logs
	[ "$(wc -l <logs)" -ge 4 ]
	for how in mkfifo "ln -s $PWD/victim"; do
		run wf run "$talks" --id $id fails=1 --start-delay 2s --no-wait
		same "$status" 3
		while read -r log; do
			mkdir -p ".wf/open/$id/logs/$(dirname "$log")"
			$how ".wf/open/$id/logs/$log"
		done <logs
		expect 0 timeout 30 wf resume $id
		same "$output" 2
		[ ! -e victim ]
		id=c
	done
}

@test "promise 7: a module that everybody can write to is not loaded" {
	cp "$EFFECTS" mine.so
	chmod 666 mine.so
	expect 6 wf run ./mine.so:effects marks=/dev/null us=1
	one_line "$stderr" "everybody can write to it"
	[ ! -e .wf ]
	wf new first
	chmod o+w first.c
	expect 6 wf run ./first.c
	one_line "$stderr" "everybody can write to it"
	chmod o-w mine.so
	expect 0 wf run ./mine.so:effects marks="$PWD/marks" us=1
}

# shifted SECONDS COMMAND...: by a clock that is so much ahead
shifted() {
	echo "$1" >clock.new
	mv clock.new clock
	shift
	env WF_CLOCK="$PWD/clock" LD_PRELOAD="$(preload "$WF_BUILD/test/shim/clock.so")" "$@"
}

@test "the clock set back by a day, and on: looking works, a timer comes by the wall clock" {
	local sleeps="$WF_BUILD/test/modules/cli.so:sleeps" day=86400
	expect 3 shifted 0 wf run "$sleeps" --id a ms=3600000 --no-wait
	expect 3 shifted -$day wf resume a --no-wait
	for command in "status a" list "show a" "show a --json" "run -q $EFFECTS:effects --id b marks=$PWD/marks us=1"; do
		# shellcheck disable=SC2086
		expect 0 shifted -$day wf $command
	done
	same "$(wf status a --json | jq -r .status)" suspended
	expect 3 shifted 3500 wf resume a --no-wait
	expect 0 shifted 3601 wf resume a --no-wait
	expect 0 shifted -$day wf fsck
	same "$output" ""
	git_clean
}

@test "the clock set back and on while a run is driven" {
	echo 0 >clock
	shifted 0 wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=30000 >out 2>&1 3>&- &
	until_true 20 told_steps 3
	shifted -86400 true
	until_true 20 told_steps 5
	shifted 86400 true
	wait $!
	contains "$(cat out)" "$WANT"
	expect 0 wf fsck
	git_clean
}

has_retry() {
	jq -e '.attempt == 2' .wf/open/a/attempts/1.json >/dev/null 2>&1
}

@test "the clock set back while a retry is waited for: it comes no later than its policy says" {
	local slow="$WF_BUILD/test/modules/cli.so:talks_slowly"
	echo 0 >clock
	WF_CLOCK="$PWD/clock" LD_PRELOAD="$(preload "$WF_BUILD/test/shim/clock.so")" \
		wf run "$slow" --id a fails=1 >out 2>&1 3>&- &
	until_true 20 has_retry
	kill_hard $!
	expect 0 shifted -86400 timeout 60 wf resume a
	same "$output" 2
	shifted 0 timeout 60 wf run "$slow" --id c fails=1 >c.out 2>&1 3>&- &
	until_true 20 grep -q 'talk:.*attempt 1' c.out
	shifted -86400 true
	wait $!
}
