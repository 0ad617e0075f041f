#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Exports are a list: what wf.h declares, and the libc names that wf answers itself.

load ../cli/helper

setup() {
	scratch_setup
	[ -x "$WF_BUILD/wf" ] && [ -x "$WF_BUILD/wf-committer" ] && [ -e "$WF_BUILD/.libs/libwf.so" ]
}

# Functions that wf.h declares.
declared() {
	${CC:-cc} -E -P -I"$WF_SRC/lib" "$WF_SRC/lib/wf.h" | tr '\n' ' ' | tr ';{}' '\n\n\n' |
		grep -oE '\bwf_[a-z0-9_]+ ?\(' | tr -d ' (' | grep -vE '_fn$' | sort -u
}

# libc names in the version script.
interposed() {
	sed -n '/^global:/,/^local:/p' "$WF_SRC/lib/wf.map" | grep -oE '\b[a-z_0-9]+;' | tr -d ';' | sort -u
}

exports() {
	nm -D --defined-only "$1" | awk '{ print $NF }' |
		grep -vE '^(_init|_fini|_edata|_end|__bss_start|__asan_.*|__odr_asan.*|__ubsan_.*)$' | sort -u
}

expected() {
	{
		declared
		interposed
	} | sort -u
}

@test "promise 6: wf exports what wf.h declares and the libc names of its list, no more" {
	expected >want
	[ "$(wc -l <want)" -gt 40 ]
	exports "$WF_BUILD/wf" >got
	diff -u want got
}

@test "promise 6: the libc names are exported without a version" {
	run -1 grep @ <(nm -D --defined-only "$WF_BUILD/wf" | awk '{ print $NF }')
	run readelf -V "$WF_BUILD/wf"
	lacks "$output" "Version definition section"
}

# Functions that wf-engine.h declares.
embedding() {
	grep -oE '\bwf_engine_[a-z]+\(' "$WF_SRC/lib/wf-engine.h" | tr -d '(' | sort -u
}

@test "libwf exports the same, and what wf-engine.h declares" {
	[ "$(embedding | wc -l)" -ge 10 ]
	{
		expected
		embedding
	} | sort -u >want
	exports "$WF_BUILD/.libs/libwf.so" >got
	diff -u want got
}

@test "a module exports its descriptor alone" {
	for module in "$WF_BUILD"/workflows/*.so; do
		same "$module: $(exports "$module")" "$module: wf_module"
	done
}

@test "the module flags of wf.pc export the descriptor alone" {
	# shellcheck disable=SC2046
	${CC:-cc} $(PKG_CONFIG_PATH=$WF_BUILD pkg-config --variable=module_flags wf) -I"$WF_SRC/lib" \
		$(pkg-config --cflags jansson) -o hello.so "$WF_SRC/workflows/backup.c"
	same "$(exports hello.so)" "wf_module"
}

@test "libgit2 is loaded by the committer alone" {
	run readelf -d "$WF_BUILD/wf"
	lacks "$output" libgit2
	run readelf -d "$WF_BUILD/wf-committer"
	contains "$output" libgit2
}

@test "wf loads no library that it does not use" {
	same "$(readelf -d "$WF_BUILD/wf" | sed -n 's/.*NEEDED.*\[\(lib[a-z]*\).*/\1/p' |
		grep -vE '^lib(asan|ubsan)$' | sort | tr '\n' ' ')" \
		"libc libjansson libmd libuv libyaml libz "
}
