#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Headers stand alone, and wf.h is clean C11, C17 and C++20.

load ../cli/helper

compile() { # LANGUAGE STANDARD FILE [FLAG...]
	# shellcheck disable=SC2046
	${CC:-cc} -x "$1" -std="$2" -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
		-I"$WF_SRC/lib" $(pkg-config --cflags jansson libuv) "${@:4}" "$3"
}

# compile_cxx FILE: with each C++ compiler that is here
compile_cxx() {
	local cxx seen=0
	for cxx in g++ clang++; do
		command -v $cxx >/dev/null || continue
		seen=1
		# shellcheck disable=SC2046
		$cxx -x c++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
			-I"$WF_SRC/lib" $(pkg-config --cflags jansson) "$1" || return 1
	done
	[ $seen = 1 ]
}

@test "every header compiles alone" {
	cd "$WF_SRC"
	find lib cmd -name '*.h' | while read -r header; do
		echo "#include \"$WF_SRC/$header\"" >"$SCRATCH/alone.c"
		echo "extern int alone;" >>"$SCRATCH/alone.c"
		compile c gnu11 "$SCRATCH/alone.c" -D_GNU_SOURCE >"$SCRATCH/out" 2>&1 || {
			echo "$header"
			cat "$SCRATCH/out"
		}
	done >"$SCRATCH/bad" 2>&1
	same "$(cat "$SCRATCH/bad")" ""
}

@test "every header has a guard named after its path" {
	cd "$WF_SRC"
	find lib cmd -name '*.h' ! -path lib/wf.h | while read -r header; do
		name=$(echo "${header#lib/}" | tr 'a-z/.-' 'A-Z___')
		grep -q "^#ifndef WF_${name}\$" "$header" || echo "$header: no WF_$name"
	done >"$SCRATCH/bad"
	same "$(cat "$SCRATCH/bad")" ""
}

@test "wf.h compiles alone as C11, C17 and C++20" {
	echo '#include <wf.h>' >alone.c
	compile c c11 alone.c
	compile c c17 alone.c
	compile_cxx alone.c
}

@test "wf-engine.h compiles alone as C11, C17 and C++20, with its options" {
	cat >alone.c <<-'END'
		#include <wf-engine.h>
		int main(void)
		{
			wf_engine_options options = WF_ENGINE_OPTIONS(.state = "x", .create = true);
			wf_run_options run = WF_RUN_OPTIONS(.workflow = "hello", .id = "one");
			return (options.create && run.id) ? 0 : 1;
		}
	END
	compile c c11 alone.c -Wno-missing-field-initializers
	compile c c17 alone.c -Wno-missing-field-initializers
	sed -i 's/^#include/#pragma GCC diagnostic ignored "-Wmissing-field-initializers"\n&/' alone.c
	compile_cxx alone.c
}

@test "the same calls compile clean as C11, C17 and C++20" {
	sample=$WF_SRC/test/modules/header_sample.c
	compile c c11 "$sample"
	compile c c17 "$sample"
	compile_cxx "$sample"
}

@test "a step of the wrong type does not compile" {
	cat >wrong.c <<-'END'
		#include <wf.h>
		static int wrong(wf_attempt *a, const json_t *in) { (void)a; (void)in; return 0; }
		static json_t *flow(wf_ctx *wf, const json_t *in) { return wf_step(wf, wrong, in); }
		WF_MODULE(WF_WORKFLOW(flow), WF_STEP(wrong))
	END
	run ! compile c c11 wrong.c
	run ! compile_cxx wrong.c
}
