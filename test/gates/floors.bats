#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# An arrow may only go down: reads the #include lines against the order in HACKING.

load ../cli/helper

# What a floor may include, in $allowed: floors as folders, wf.h by its name.
allowed_in() {
	case $1 in
	base) allowed="base" ;;
	os) allowed="os base" ;;
	model) allowed="model os base wf.h" ;;
	core) allowed="core model base wf.h" ;;
	store) allowed="store model os base wf.h" ;;
	engine) allowed="engine core store model os base wf.h wf-engine.h" ;;
	cmd) allowed="cmd engine core store model os base wf.h" ;;
	*) allowed="" ;;
	esac
}

# FILE:LINE TARGET for each quoted include below the folders given, TARGET as a path in the tree.
includes() {
	grep -rnoE --include='*.[ch]' '^#[[:space:]]*include[[:space:]]*"[^"]+"' "$@" | grep -v '"config\.h"' >"$SCRATCH/found"
	sed -E 's|^([^:]*/)[^:]*:.*"(.*)"$|\1\2|' "$SCRATCH/found" | xargs -r realpath -m --relative-to=. >"$SCRATCH/targets"
	cut -d: -f1,2 "$SCRATCH/found" | paste -d' ' - "$SCRATCH/targets"
}

# The floor of FILE, in $floor.
floor_of() {
	case $1 in
	lib/wf.h | lib/wf-engine.h) floor=${1#lib/} ;;
	lib/*/*) floor=${1#lib/} floor=${floor%%/*} ;;
	cmd/*) floor=cmd ;;
	*) floor=outside ;;
	esac
}

# broken < includes: those that go up
broken() {
	local where target floor allowed
	while read -r where target; do
		floor_of "${where%%:*}"
		allowed_in "$floor"
		floor_of "$target"
		case " $allowed " in
		*" $floor "*) ;;
		*) echo "$where includes $target" ;;
		esac
	done
}

@test "includes between floors only go down" {
	cd "$WF_SRC"
	includes lib cmd >"$SCRATCH/includes"
	[ "$(wc -l <"$SCRATCH/includes")" -gt 50 ]
	same "$(broken <"$SCRATCH/includes")" ""
}

@test "the gate sees an arrow that goes up" {
	mkdir -p lib/base lib/core lib/store
	echo '#include "../store/run.h"' >lib/core/a.c
	echo '# include "../core/core.h"' >lib/store/a.c
	echo '#include "../os/os.h"' >lib/base/a.c
	echo '#include "b.h"' >lib/base/b.c
	same "$(includes lib | broken | wc -l)" 3
}

@test "every included file exists" {
	cd "$WF_SRC"
	includes lib cmd | while read -r where target; do
		[ -e "$target" ] || echo "$where: no $target"
	done >"$SCRATCH/absent"
	same "$(cat "$SCRATCH/absent")" ""
}

# only_in LIBRARY-HEADER-PATTERN FILE-PATTERN: who includes a library's header
only_in() {
	cd "$WF_SRC"
	grep -rlE --include='*.[ch]' "^#[[:space:]]*include[[:space:]]*<$1>" lib cmd workflows test/modules |
		grep -vE "^($2)" || true
}

@test "libgit2 is seen by the committer's half of the store alone" {
	same "$(only_in 'git2.*' 'lib/store/git|cmd/wf-committer')" ""
}

@test "the event loop is seen by the engine alone" {
	same "$(only_in 'uv\.h' 'lib/engine/')" ""
}

@test "the core reads no clock, file or descriptor" {
	cd "$WF_SRC"
	run -1 grep -rnE '^#[[:space:]]*include[[:space:]]*<(fcntl|time|poll|dlfcn|sys/(stat|time|socket|wait|file|epoll|eventfd))\.h>' \
		lib/core
}

@test "workflows see only wf.h, the system and what lies beside them" {
	cd "$WF_SRC"
	run -1 grep -rnE '^#[[:space:]]*include[[:space:]]*"[^"]*/' workflows
}
