#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# wf fsck finds what breaks a promise, --repair mends what the branch or the files still have.

load helper

EFFECTS=$WF_BUILD/test/modules/effects.so

completed() {
	expect 0 wf run -q "$EFFECTS:effects" --id "$1" marks="$PWD/marks" us=100
}

interrupted() {
	killed_midway "$1" 50000
	HISTORY=.wf/open/$1/history/000001.jsonl
}

# line_of NUMBER FILE: where that line is, empty ones not counted
line_of() {
	grep -n . "$2" | sed -n "$1{s/:.*//;p}"
}

# damaged TEXT: fsck says so, with exit 7, and changes nothing
damaged() {
	local before
	before=$(find .wf -path .wf/.git -prune -o -type f -exec cksum {} + | sort)
	expect 7 wf fsck
	contains "$output" "damage: "
	contains "$output" "$1"
	same "$(find .wf -path .wf/.git -prune -o -type f -exec cksum {} + | sort)" "$before"
}

mended() {
	expect 0 wf fsck --repair
	contains "$output" "repaired: "
	lacks "$output" "damage: "
	expect 0 wf fsck
	same "$output" ""
	git_clean
}

@test "fsck: nothing to say of runs that are well" {
	completed a
	expect 0 wf fsck
	same "$output" ""
	contains "$stderr" "nothing is damaged"
	expect 0 wf fsck --json a
	same "$output" ""
	expect 2 wf fsck nobody
	contains "$stderr" "there is no run 'nobody'"
	expect 2 wf fsck ../a
	contains "$stderr" "cannot be a run id"
}

@test "fsck, promise 1: a changed byte of a history comes back from the branch, with the file and line named" {
	interrupted a
	cp "$HISTORY" sound
	third=$(line_of 3 sound)
	sed -i "${third}s/work/wark/" "$HISTORY"
	damaged "$HISTORY' line $third: checksum differs"
	expect 7 wf resume a
	mended
	same "$(grep . "$HISTORY")" "$(grep . sound)"
	expect 0 wf resume -q a
}

@test "fsck, promise 1: a last line that was committed is no torn tail" {
	interrupted a
	cp "$HISTORY" sound
	sed -i "$(line_of '$' sound)s/type/tipe/" "$HISTORY"
	damaged "differs from the branch"
	mended
	same "$(grep . "$HISTORY")" "$(grep . sound)"
}

@test "fsck, promise 1: lines that only the file has survive the repair of those before" {
	interrupted a
	cp "$HISTORY" sound
	git -C .wf update-ref refs/heads/run/a "$(git -C .wf rev-list run/a | tail -1)"
	sed -i 's/run_started/run_storted/' "$HISTORY"
	expect 7 wf fsck
	contains "$output" "line $(grep -n run_storted "$HISTORY" | cut -d: -f1): checksum differs"
	expect 0 wf fsck --repair
	same "$(grep . "$HISTORY")" "$(grep . sound)"
	expect 0 wf fsck
	same "$output" ""
}

@test "fsck, promise 1: a history cut short gets its acknowledged lines back" {
	interrupted a
	cp "$HISTORY" sound
	head -n 2 sound >"$HISTORY"
	damaged "has less than the branch"
	mended
	same "$(grep . "$HISTORY")" "$(grep . sound)"
}

@test "fsck: a lost segment, run.json, a whole folder come back" {
	interrupted a
	cp "$HISTORY" sound
	rm "$HISTORY"
	damaged "$HISTORY' is missing, and on the branch"
	mended
	rm .wf/open/a/run.json
	damaged "run.json' is missing"
	mended
	rm -r .wf/open/a
	damaged "its files are not there"
	mended
	same "$(grep . "$HISTORY")" "$(grep . sound)"
	expect 0 wf resume -q a
}

@test "fsck: damage that no branch has is left as it is, told with file and line" {
	interrupted a
	git -C .wf update-ref -d refs/heads/run/a
	sed -i 's/run_started/run_storted/' "$HISTORY"
	expect 7 wf fsck --repair
	contains "$output" "damage: a: '$PWD/$HISTORY' line $(grep -n run_storted "$HISTORY" | cut -d: -f1): checksum differs"
	contains "$stderr" "could not be repaired"
	expect 7 wf fsck -q
	contains "$output" "line 2"
}

@test "fsck: a torn tail is a note, and is cut" {
	interrupted a
	printf '{"seq":99,"at":1,"ty' >>"$HISTORY"
	expect 0 wf fsck
	contains "$output" "note: a: "
	contains "$output" "a torn tail"
	mended
	lacks "$(cat "$HISTORY")" '"seq":99'
}

@test "fsck: what dead processes were writing is removed, what a living one writes is not" {
	completed a
	sleep 600 3>&- &
	local living=$! dead
	(exit) & dead=$!
	wait "$dead"
	mkdir -p ".wf/open/.new-$dead-1/history" ".wf/open/.new-$living-1"
	touch ".wf/modules/.tmp-$dead-1" ".wf/closed/a/.tmp-$living-1" .wf/.tmp-1 ".wf/modules/.tmp-$living-1"
	# one that has its number again began at another time
	local began
	began=$(sed 's/.*) //' "/proc/$living/stat" | cut -d' ' -f20)
	touch ".wf/modules/.tmp-$living-$began-2" ".wf/modules/.tmp-$living-$((began - 5))-3"
	expect 0 wf fsck
	contains "$output" "was being written when a process died"
	[ -d ".wf/open/.new-$dead-1" ]
	expect 0 wf fsck --repair
	[ ! -e ".wf/open/.new-$dead-1" ] && [ ! -e ".wf/modules/.tmp-$dead-1" ] && [ ! -e .wf/.tmp-1 ]
	[ ! -e ".wf/closed/a/.tmp-$living-1" ]
	[ -d ".wf/open/.new-$living-1" ] && [ -e ".wf/modules/.tmp-$living-1" ]
	[ -e ".wf/modules/.tmp-$living-$began-2" ]
	[ ! -e ".wf/modules/.tmp-$living-$((began - 5))-3" ]
	kill "$living"
	wait "$living" || true
	expect 0 wf fsck --repair
	[ ! -e ".wf/open/.new-$living-1" ]
}

@test "fsck: a result that is lost, wrong or of another run is made from the last event" {
	completed a
	cp .wf/closed/a/result.json right
	for wrong in '' '{"id":"b"}' '[' '{"id":"a","status":"failed"}' '{"id":"a","status":"completed","result":1}'; do
		echo "$wrong" >.wf/closed/a/result.json
		damaged "result.json'"
		mended
		same "$(jq -c '[.id,.status,.result,.steps]' .wf/closed/a/result.json)" \
			"$(jq -c '[.id,.status,.result,.steps]' right)"
	done
	rm .wf/closed/a/result.json
	damaged "result.json' is missing"
	mended
}

@test "fsck: an ended run in open/ is closed; one in both places is kept once" {
	completed a
	cp -r .wf/closed/a .wf/open/a
	damaged "both in open/ and in closed/"
	mended
	[ ! -e .wf/open/a ] && [ -d .wf/closed/a ]
	mv .wf/closed/a .wf/open/a
	expect 0 wf fsck
	contains "$output" "has ended and is not in closed/"
	mended
	[ ! -e .wf/open/a ] && [ -s .wf/closed/a/result.json ]
}

@test "fsck, promise 7: a pinned module that was deleted or replaced comes back from the branch" {
	interrupted a
	local module
	module=$(echo .wf/modules/*.so)
	for damage in 'rm -f' 'chmod u+w' 'truncate -s 100'; do
		chmod u+w "$module"
		$damage "$module"
		[ ! -e "$module" ] || printf x >>"$module"
		damaged "modules/"
		mended
		same "$(sha256sum <"$module" | cut -d' ' -f1)" "$(basename "$module" .so)"
	done
	expect 0 wf resume -q a
	printf x | tee .wf/modules/"$(printf '%064d' 0)".so >/dev/null
	damaged "does not have the SHA-256 of its name"
	mended
}

@test "fsck, promise 1: payloads are held against their names, and come back from the branch" {
	cat >large.c <<-'END'
		#include <wf.h>
		#include <string.h>
		static json_t *make(wf_attempt *a, const json_t *in)
		{
			char text[20001];
			(void)a, (void)in;
			memset(text, 'x', 20000);
			text[20000] = 0;
			return json_string(text);
		}
		static json_t *large(wf_ctx *wf, const json_t *in)
		{
			return wf_step(wf, make, in);
		}
		WF_MODULE(WF_WORKFLOW(large), WF_STEP(make))
	END
	expect 0 wf run -q large.c --id a
	local payload
	payload=$(echo .wf/closed/a/payloads/*.json)
	echo '"x"' >"$payload"
	damaged "its SHA-256 differs from its name"
	mended
	rm "$payload"
	damaged "$payload' is missing"
	mended
	echo 1 >".wf/closed/a/payloads/$(printf '%064d' 0).json"
	expect 0 wf fsck a
	contains "$output" "is named by no event"
}

@test "fsck: branches that are missing or behind are committed" {
	interrupted a
	git -C .wf update-ref refs/heads/run/a "$(git -C .wf rev-list run/a | tail -1)"
	expect 0 wf fsck
	contains "$output" "note: a: the branch is behind"
	mended
	git -C .wf update-ref -d refs/heads/run/a
	expect 0 wf fsck
	contains "$output" "has no branch"
	mended
	git -C .wf rev-parse -q --verify run/a
	rm -rf .wf/.git
	expect 0 wf fsck
	contains "$output" "there is no repository"
	[ ! -e .wf/.git ]
	mended
	expect 0 wf resume -q a
}

@test "fsck: rights to write are taken from others; links and pipes are named" {
	completed a
	chmod g+w .wf/closed/a .wf/closed/a/run.json .wf/open
	damaged "is writable by others"
	mended
	ln -s /etc/passwd .wf/closed/a/stranger
	mkfifo .wf/closed/a/pipe
	ln -s / .wf/open/root
	expect 7 wf fsck --repair
	contains "$output" "'$PWD/.wf/closed/a/stranger' is a symbolic link; move it away"
	contains "$output" "'$PWD/.wf/closed/a/pipe' is neither a file nor a folder; move it away"
	contains "$output" ".wf/open/root' is a symbolic link"
	rm .wf/closed/a/stranger .wf/closed/a/pipe .wf/open/root
	expect 0 wf fsck
}

@test "fsck: the inbox, attempts and halted.json" {
	interrupted a
	mkdir -p .wf/open/a/inbox .wf/open/a/attempts
	echo nonsense >.wf/open/a/inbox/x.json
	mkfifo .wf/open/a/inbox/pipe
	truncate -s 20M .wf/open/a/inbox/huge
	echo '{' >.wf/open/a/attempts/7.json
	echo '{' >.wf/open/a/halted.json
	expect 7 wf fsck
	contains "$output" "x.json' is no message"
	contains "$output" "pipe' is no message"
	contains "$output" "huge' is no message"
	contains "$output" "attempts/7.json' is no JSON object"
	contains "$output" "halted.json': not JSON"
	expect 0 wf fsck --repair
	[ -p .wf/open/a/inbox/rejected/pipe ] && [ ! -e .wf/open/a/halted.json ]
	rm -r .wf/open/a/inbox/rejected
	expect 0 wf fsck
	expect 0 wf resume -q a
}

@test "fsck, promise 5: a run that is driven is looked at and left alone" {
	wf run "$EFFECTS:effects" --id a marks="$PWD/marks" us=1000000 >out 2>&1 3>&- &
	local driver=$!
	until_true 20 grep -qs 'begin' marks
	expect 0 wf fsck --repair
	contains "$output" "process $driver drives it"
	kill_hard "$driver"
	expect 0 wf fsck --repair
}

@test "fsck: --json gives each finding as an object" {
	completed a
	rm .wf/closed/a/run.json
	expect 7 wf fsck --json
	same "$(json '.run + " " + .severity' "$output" | sort -u)" "a damage"
	expect 0 wf fsck --repair --json
	same "$(json '.run + " " + .severity' "$output" | sort -u)" "a repaired"
}

@test "fsck: an index that tells otherwise than the files of a run, which lists would believe" {
	expect 0 wf run -q searchattributes --id a --tag customer=acme --tag total=120
	completed b
	sed -i 's/"status":"completed"/"status":"failed"/; s/acme/umbrella/' .wf/index/closed.jsonl
	damaged "index/closed.jsonl' tells of run 'a' otherwise than its files"
	damaged "index/closed.jsonl' tells of run 'b' otherwise than its files"
	mended
	same "$(wf list --json --where 'status = completed' | jq -r .id | sort | tr '\n' ' ')" "a b "
	same "$(wf list --json --where 'customer = acme' | jq -r .id)" a
	echo '{"id":"b","status":' >>.wf/index/closed.jsonl
	echo '{"id":"nobody"}' >>.wf/index/closed.jsonl
	expect 0 wf fsck
	same "$output" ""
	rm .wf/index/closed.jsonl
	expect 0 wf fsck
	same "$output" ""
}

@test "fsck: tags.json that is not what the history says" {
	expect 0 wf run -q searchattributes --id a --tag customer=acme --tag total=120
	completed b
	cp .wf/closed/a/tags.json sound
	for text in '{"tags":{"customer":"umbrella"},"memo":{}}' '{"tags":' '[]'; do
		echo "$text" >.wf/closed/a/tags.json
		expect 0 wf fsck a
		contains "$output" "note: a: '$PWD/.wf/closed/a/tags.json' "
		expect 0 wf fsck --repair a
		contains "$output" "repaired: a: "
		same "$(jq -S . .wf/closed/a/tags.json)" "$(jq -S . sound)"
	done
	rm .wf/closed/a/tags.json
	mended
	same "$(jq -S . .wf/closed/a/tags.json)" "$(jq -S . sound)"
	[ ! -e .wf/closed/b/tags.json ]
}

@test "fsck: a result that was made anew has all that it had" {
	completed a
	cp .wf/closed/a/result.json sound
	rm .wf/closed/a/result.json
	mended
	same "$(jq -S . .wf/closed/a/result.json)" "$(jq -S . sound)"
}
