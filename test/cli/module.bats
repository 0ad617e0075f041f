#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Modules as a person meets them: found, compiled, refused. Each refusal is in test/unit/test_module.c.

load helper

refused() { # WORDS
	expect 6 wf run ./bad.so
	contains "$stderr" "cannot load module './bad.so': "
	contains "$stderr" "$1"
	same "$(wc -l <<<"$stderr")" 1
	nothing_began
	expect 6 wf check ./bad.so
	contains "$stderr" "$1"
}

nothing_began() {
	same "$(find .wf/open .wf/closed -mindepth 1 2>/dev/null)" ""
}

@test "a run that is halted is so, also where the name of its folder is no text" {
	export WF_STATE=$PWD/$'a\xff'
	source_file lost one
	sed -i 's/(void)in;/(void)in; if (wf_sleep(wf, WF_HOURS(1)) < 0) return NULL;/' lost.c
	expect 3 wf run lost.c --id l --no-wait
	rm -rf "$WF_STATE/.git" "$WF_STATE"/modules/*.so
	expect 6 wf resume l
	expect 0 wf status l --json
	same "$(json .status "$output")" halted
	contains "$(jq -r .message "$WF_STATE/open/l/halted.json")" "cannot load module"
}

source_file() { # NAME WORD
	cat >"$1.c" <<-END
		#include <wf.h>
		static json_t *$1(wf_ctx *wf, const json_t *in)
		{
			(void)in;
			return wf_json(wf, "s", "$2");
		}
		WF_MODULE(WF_WORKFLOW($1))
	END
}

@test "module: what cannot be loaded is refused, each with its own words" {
	module bad -DBAD_MAJOR && mv bad.so b && cp b bad.so
	abi=$(sed -n 's/^#define WF_ABI_M[A-Z]* \([0-9]*\)$/\1/p' "$WF_SRC/lib/wf.h" | paste -sd.)
	refused "it needs wf 2.4, this is wf $abi"
	module bad -DBAD_SYMBOL
	refused "it has no symbol wf_module; is WF_MODULE(...) in it?"
	module bad -DBAD_TWICE
	refused "it defines the step 'work' twice"
	module bad -DBAD_UNDEFINED
	refused "undefined symbol: nowhere_to_be_found"
	head -c 3000 b >bad.so
	refused "it is truncated"
	echo text >bad.so
	refused "it is a text file"
	: >bad.so
	refused "it is empty"
	cp "$(command -v wf)" bad.so
	refused "it is an executable"
	cp b bad.so && printf '\267' | dd of=bad.so bs=1 seek=18 conv=notrunc status=none
	[ "$(uname -m)" = aarch64 ] || refused "it is for aarch64, this machine is"
}

@test "module: a workflow that there is not" {
	expect 2 wf run nothing
	contains "$stderr" "looked for nothing.so and nothing.c in ./workflows, "
	expect 2 wf run ./nothing.c
	contains "$stderr" "cannot open './nothing.c': No such file or directory"
	expect 2 wf run transfer:nothing
	contains "$stderr" "it has: transfer, open_account"
	nothing_began
}

@test "module: WF_PATH comes before ./workflows, and .so before .c" {
	mkdir -p workflows first
	source_file which workflows && mv which.c workflows
	expect 0 wf run which
	same "$output" '"workflows"'
	source_file which path && mv which.c first
	WF_PATH=$PWD/first expect 0 wf run which
	same "$output" '"path"'
	source_file which so
	cc -shared -fPIC -I"$WF_SRC/lib" -o first/which.so which.c
	WF_PATH=/nowhere:$PWD/first expect 0 wf run which
	same "$output" '"so"'
}

# A compiler that counts.
counting_cc() {
	printf '#!/bin/sh\necho x >>%s/calls\nexec cc "$@"\n' "$PWD" >count-cc
	chmod +x count-cc
	export CC=$PWD/count-cc
}

@test "module: C is compiled once, and again when its source, a header or a flag changes" {
	counting_cc
	source_file one a
	expect 0 wf run ./one.c
	same "$output" '"a"'
	made=$(wc -l <calls)
	[ "$made" -ge 2 ]
	expect 0 wf run ./one.c
	same "$(wc -l <calls)" $((made + 1)) # it is only preprocessed
	same "$(find .wf/cache -name '*.so' | wc -l)" 1
	sed -i 's/"a"/WORD/; 1i #include "word.h"' one.c
	echo '#define WORD "b"' >word.h
	expect 0 wf run ./one.c
	same "$output" '"b"'
	echo '#define WORD "c"' >word.h
	expect 0 wf run ./one.c
	same "$output" '"c"'
	WF_CFLAGS="-DUNUSED" expect 0 wf run ./one.c
	same "$(find .wf/cache -name '*.so' | wc -l)" 4
	same "$(find .wf/cache -name '.tmp-*')" ""
}

@test "module: C is compiled under any umask, and without a PATH" {
	local mask
	for mask in 000 002 077; do
		source_file "under$mask" a
		chmod 644 "under$mask.c"
		expect 0 bash -c "umask $mask; exec wf run ./under$mask.c"
		same "$output" '"a"'
	done
	source_file bare a
	expect 0 env -u PATH "$(command -v wf)" run ./bare.c
	same "$output" '"a"'
	same "$(find .wf -path .wf/.git -prune -o -perm /022 ! -type l -print)" ""
	expect 0 wf fsck
}

@test "module: what does not compile says the first error, and nothing began" {
	source_file broken a
	sed -i '2i static int also = undeclared;' broken.c
	expect 2 wf run ./broken.c
	contains "$stderr" "wf: cannot compile './broken.c': ./broken.c:2:19: error:"
	same "$(find .wf/cache -type f 2>/dev/null)" ""
	nothing_began
	CC=no-such-compiler expect 2 wf run ./broken.c
	contains "$stderr" "cannot run the C compiler 'no-such-compiler'"
}

@test "module: promise 7: a run goes on with the code it began with" {
	cat >pinned.c <<-END
		#include <wf.h>
		static json_t *pinned(wf_ctx *wf, const json_t *in)
		{
			(void)in;
			wf_sleep(wf, 300);
			return wf_json(wf, "s", "old");
		}
		WF_MODULE(WF_WORKFLOW(pinned))
	END
	expect 3 wf run --no-wait --id p ./pinned.c
	sed -i 's/old/new/' pinned.c
	rm -rf .wf/cache
	expect 0 wf resume p
	expect 0 wf run --id q ./pinned.c
	same "$output" '"new"'
	rm pinned.c
	same "$(jq -r 'select(.type == "run_completed").result' .wf/closed/p/history/*.jsonl)" old
}

@test "module: promise 6: wf check names what breaks determinism" {
	module imports
	expect 0 wf check ./imports.so
	contains "$output" pthread_create
	contains "$output" localtime_r
	expect 0 wf check --json ./imports.so
	json . "$output" >/dev/null
	module imports -DONLY_WORKFLOWS
	expect 6 wf check ./imports.so
}
