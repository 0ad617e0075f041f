#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Format, shell scripts, licence lines, words.

load ../cli/helper

c_files() {
	cd "$WF_SRC" && find lib cmd test workflows -name '*.[ch]' | sort
}

scripts() {
	cd "$WF_SRC" && {
		find test \( -name '*.bats' -o -name '*.bash' -o -name '*.sh' \)
		find bootstrap .ci test bench -type f ! -path 'test/fuzz/corpus/*' -exec grep -lIE '^#!/(usr/bin/env (bash|sh)|bin/(ba)?sh)' {} + 2>/dev/null
	} | sort -u
}

@test "C files are formatted (make format)" {
	cd "$WF_SRC"
	c_files | xargs clang-format --dry-run -Werror
}

@test "C files end in a newline, have no trailing blanks and no carriage returns" {
	cd "$WF_SRC"
	run -123 xargs grep -nE $'[ \t\r]$' < <(c_files)
	for file in $(c_files); do
		[ -z "$(tail -c1 "$file")" ] || echo "$file"
	done >"$SCRATCH/bad"
	same "$(cat "$SCRATCH/bad")" ""
}

@test "shell scripts pass shellcheck" {
	cd "$WF_SRC"
	scripts | grep -v '\.bats$' | xargs shellcheck -x -S warning
	# bats sets status, output and stderr, and stops at a failed cd
	scripts | grep '\.bats$' | xargs shellcheck -S warning -e SC2154,SC2164
}

@test "no test waits for all its children: the timer of its time-out is one of them" {
	cd "$WF_SRC"
	run -1 grep -rnE --include=*.bats --include=*.bash '^[[:blank:]]*wait[[:blank:]]*$' test
}

@test "every source has its licence line" {
	cd "$WF_SRC"
	{
		c_files
		scripts
		find lib m4 -name '*.map' -o -name 'wf.m4'
		echo configure.ac Makefile.am | tr ' ' '\n'
	} | while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
	done >"$SCRATCH/bad"
	same "$(cat "$SCRATCH/bad")" ""
}

@test "nothing is left for later, and no machine is named" {
	cd "$WF_SRC"
	{
		c_files
		scripts
		find man README HACKING -type f
	} | xargs grep -nE '\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b|(^|[^A-Za-z0-9_.}])/([w]ork|[r]oot)/' >"$SCRATCH/bad" || true
	same "$(cat "$SCRATCH/bad")" ""
}
