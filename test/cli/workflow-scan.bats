#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

sums_are_right() {
	(cd folder && find . -type f -printf '%P\0' | xargs -0 sha256sum) | sort >want
	sort store/last.sums >got
	cmp want got
}

make_files() { # N
	mkdir -p folder
	seq "$1" | (cd folder && split -l 1 -a 5 -d - f)
}

@test "scan: the sums are those of sha256sum" {
	make_files 300
	mkdir folder/sub
	head -c 1000000 /dev/urandom >folder/sub/large
	: >folder/sub/empty
	echo a >"folder/sub/with space"
	echo b >$'folder/sub/new\nline'
	echo c >'folder/sub/back\slash'
	ln -s large folder/sub/link
	expect 0 wf run scan folder=folder store=store batch=7 window=3
	sums_are_right
	same "$(json .files "$output")" 305
	same "$(json .changes.new "$output")" 305
	(cd folder && sha256sum -c --quiet ../store/last.sums)
	same "$(find store -type f ! -name '*.changes' ! -name last.sums)" ""
}

@test "scan: what is new, changed and removed is told against the last scan" {
	make_files 50
	expect 0 wf run scan folder=folder store=store batch=8
	echo more >>folder/f00010
	rm folder/f00020
	echo new >folder/g
	touch folder/f00030
	expect 0 wf run scan folder=folder store=store batch=8
	same "$(json '.changes | "\(.new) \(.changed) \(.removed) \(.unreadable)"' "$output")" "1 1 1 0"
	same "$(sort "$(json .changes.report "$output")" | tr '\n' ' ')" "changed f00010 new g removed f00020 "
	expect 0 wf run scan folder=folder store=store
	same "$(json '.changes | "\(.new) \(.changed) \(.removed)"' "$output")" "0 0 0"
}

@test "scan: an empty folder, a store inside the folder" {
	mkdir folder
	expect 0 wf run scan folder=folder store=folder/store
	same "$(json .files "$output")" 0
	echo a >folder/a
	expect 0 wf run scan folder=folder store=folder/store
	same "$(json .files "$output")" 1
}

@test "scan: promises 1 3: 20,000 files, killed in the middle, the sums are right and no batch is hashed twice" {
	make_files 20000
	wf run -j 2 scan --id s folder=folder store=store batch=100 >out 2>err &
	driver=$!
	until_true 60 test -e store/s.part-000040
	kill_hard $driver
	same "$(json .status "$(wf status --json s)")" interrupted
	done_before=$(cat .wf/open/s/history/*.jsonl | jq -r 'select(.type == "step_completed" and .step == "hash") | .input.index')
	[ -n "$done_before" ]
	# a recorded batch is not touched again
	for i in $done_before; do
		stat -c '%n %i %Y %Z' "store/s.part-$(printf %06d "$i")"
	done >before
	cut -d' ' -f1 before | xargs chmod a-w
	expect 0 wf resume s -j 2
	sums_are_right
	same "$(cat .wf/closed/s/history/*.jsonl | jq -r 'select(.step == "hash") | .input.index' | sort -n | uniq -d)" ""
	same "$(cat .wf/closed/s/history/*.jsonl | jq -r 'select(.step == "hash") | .input.index' | wc -l)" 200
	git_clean
}

@test "scan: never more batches at once than the window" {
	make_files 200
	expect 0 wf run --json -j 8 scan --id s folder=folder store=store batch=1 window=3
	# with 3 at once, a batch is asked for only when the third before it is done
	cat .wf/closed/s/history/*.jsonl | jq -r 'select(.step == "hash") | .input.index' |
		awk '{ done[$1]; n++; if ($1 > n + 1) { print $1, n; bad = 1 } } END { exit bad }'
}

@test "scan: a wrong input changes nothing" {
	mkdir folder
	expect 1 wf run scan folder=nowhere store=store
	contains "$stderr" "cannot open 'nowhere'"
	expect 1 wf run scan folder=folder
	contains "$stderr" store
	expect 1 wf run scan folder=folder store=store window=1000
	contains "$stderr" "between 1 and 256"
	expect 1 wf run scan folder=folder store=store batch=0
	[ ! -e store ]
}
