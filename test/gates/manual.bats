#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual says what the tables say: commands, options, exits. And it is well-formed.

load ../cli/helper

setup_file() {
	bats_require_minimum_version 1.5.0
	command -v mandoc >/dev/null || skip "no mandoc"
}

setup() {
	scratch_setup
	COMMANDS=$(commands)
	[ "$(wc -w <<<"$COMMANDS")" -ge 12 ]
}

commands() {
	wf --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# help_options BLOCK < help: letters, long form and argument of each, one a line, as "-f, --follow" or "--id ID"
help_options() {
	sed -n "/^$1:\$/,/^\$/s/^  *\\(-.*\\)/\\1/p" | sed -E 's/ {2,}.*//' | sort
}

# page_options FILE: the same out of the items of its OPTIONS
page_options() {
	sed -n '/^\.Sh OPTIONS/,/^\.Sh [^O]/p' "$1" | sed -nE '
		s/^\.It Fl ([a-zA-Z]) , Fl Fl /-\1, --/
		s/^\.It Fl Fl /--/
		/^-/{s/ Ar / /; p}' | sort
}

@test "pages are well-formed" {
	for page in "$WF_SRC"/man/*.[1-9]; do
		# what is installed on this machine is not the page's fault
		mandoc -Tlint "$page" 2>&1 | grep -v 'mandoc.db\|referenced manual not found' || true
	done >"$SCRATCH/complaints"
	same "$(cat "$SCRATCH/complaints")" ""
}

@test "a page of wf that a page names is there, by that name" {
	cd "$WF_SRC/man"
	grep -ohE '\bXr wf[a-z.-]* [1-9]' ./*.[1-9] | sort -u | while read -r _ name section; do
		[ -e "$name.$section" ] || echo "$name($section)"
	done >"$SCRATCH/absent"
	same "$(cat "$SCRATCH/absent")" ""
	for page in *.[1-9]; do
		grep -q "^\.Dt $(tr a-z A-Z <<<"${page%.*}") ${page##*.}\$" "$page" || echo "$page"
	done >"$SCRATCH/other"
	same "$(cat "$SCRATCH/other")" ""
}

@test "every command has a page, and every page of a command has a command" {
	sort <<<"$COMMANDS" >"$SCRATCH/commands"
	for page in "$WF_SRC"/man/wf-*.1; do
		basename "$page" .1 | sed 's/^wf-//'
	done | sort >"$SCRATCH/pages"
	diff "$SCRATCH/commands" "$SCRATCH/pages"
}

@test "the options of each command are those of its page" {
	for command in $COMMANDS; do
		wf "$command" --help | help_options options >"$SCRATCH/help"
		page_options "$WF_SRC/man/wf-$command.1" >"$SCRATCH/page"
		diff -u --label "wf $command --help" "$SCRATCH/help" --label "wf-$command.1" "$SCRATCH/page"
	done
}

@test "the general options are those of wf(1)" {
	wf --help | help_options 'general options' >"$SCRATCH/help"
	page_options "$WF_SRC/man/wf.1" | grep -v -e '--help$' >"$SCRATCH/page"
	[ "$(wc -l <"$SCRATCH/help")" -ge 6 ]
	diff -u "$SCRATCH/help" "$SCRATCH/page"
}

@test "each page names the general options that its command takes" {
	for command in $COMMANDS; do
		wf "$command" --help | help_options 'general options' | sed -E 's/.*--([a-z-]+).*/\1/' | sort
		echo "$command"
	done >"$SCRATCH/help"
	for command in $COMMANDS; do
		sed -nE '/(It also takes|It takes none)/,/Xr wf 1/s/^\.Fl Fl ([a-z-]+).*/\1/p' \
			"$WF_SRC/man/wf-$command.1" | sort
		echo "$command"
	done >"$SCRATCH/pages"
	diff -u "$SCRATCH/help" "$SCRATCH/pages"
}

@test "summaries are the same in the help, in wf(1) and in the page" {
	wf --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\)  *\(.*\)/\1 \2/p' >"$SCRATCH/help"
	sed -nE '/^\.It Xr wf-[a-z-]+ 1$/{s/.*wf-([a-z-]+) 1/\1/;N;s/\n/ /;p}' "$WF_SRC/man/wf.1" >"$SCRATCH/page"
	diff -u "$SCRATCH/help" "$SCRATCH/page"
}

@test "the arguments of each command are those of its SYNOPSIS" {
	for command in $COMMANDS; do
		usage=$(wf "$command" --help | sed -n "1s/^usage: wf $command \[options\] *//p")
		synopsis=$(mandoc -Tascii -Owidth=200 "$WF_SRC/man/wf-$command.1" | sed 's/.\x08//g' |
			sed -n '/^SYNOPSIS/{n;s/^ *//;p}' | sed -E "s/^wf $command *(\[options\])? *//; s/ \| /|/g")
		same "$command: $synopsis" "$command: $usage"
	done
}

@test "exits are those of the table in cmd/exit.h" {
	sed -nE 's/^	EXIT_[A-Z]+ = ([0-9]+), *\/\* (.*) \*\/$/\1 \2/p' "$WF_SRC/cmd/exit.h" >"$SCRATCH/table"
	[ "$(wc -l <"$SCRATCH/table")" -eq 10 ]
	sed -n '/^\.Sh EXIT STATUS/,/^\.El/p' "$WF_SRC/man/wf.1" |
		sed -nE '/^\.It [0-9]+$/{s/^\.It //;N;s/\n/ /;p}' >"$SCRATCH/page"
	cut -d' ' -f1 "$SCRATCH/table" >"$SCRATCH/a"
	cut -d' ' -f1 "$SCRATCH/page" >"$SCRATCH/b"
	diff "$SCRATCH/a" "$SCRATCH/b"
	while read -r status words; do
		grep "^$status " "$SCRATCH/page" | grep -qF "${words%%[,:(]*}" || {
			echo "$status: '$words' is not in wf(1)"
			return 1
		}
	done <"$SCRATCH/table"
}
