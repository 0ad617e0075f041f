#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The first command that a person tries says what is missing, what for, and what to do.

load ../cli/helper

@test "bootstrap refuses words that it does not know" {
	expect 1 "$WF_SRC/bootstrap" nonsense
	contains "$stderr" "unknown word 'nonsense'"
}

@test "bootstrap --help tells the three ways to call it" {
	expect 0 "$WF_SRC/bootstrap" --help
	contains "$output" "./bootstrap check"
	contains "$output" "./bootstrap demo"
}

# bootstrap as one who is not root, on a machine where apt-get and sudo only write down how they were called;
# what is given is there besides the shell's own tools.
bare_bootstrap() { # 'PROGRAM...' WORD...
	local tool tools="sh dirname cat sed env $1"
	shift
	mkdir -p bare
	for tool in $tools; do
		[ -e "bare/$tool" ] || ln -s "$(command -v "$tool")" "bare/$tool"
	done
	printf '#!/bin/sh\necho 1000\n' >bare/id
	printf '#!/bin/sh\necho "apt-get $*" >>%s/called\n' "$SCRATCH" >bare/apt-get
	chmod +x bare/id bare/apt-get
	BUILD=$SCRATCH/build PATH=$SCRATCH/bare "$WF_SRC/bootstrap" "$@"
}

@test "bootstrap --no-install says what is missing and what for, and touches nothing" {
	expect 1 bare_bootstrap "" --no-install
	contains "$stderr" "missing: libuv1-dev (the event loop)"
	contains "$stderr" "apt-get install gcc make"
	lacks "$stderr" shellcheck
	expect 1 bare_bootstrap "" --no-install check
	contains "$stderr" "missing: shellcheck (checks the shell scripts)"
	[ ! -e build ]
}

@test "bootstrap --no-install says so when nothing is missing, and stops" {
	expect 0 env BUILD="$SCRATCH/build" "$WF_SRC/bootstrap" --no-install
	same "$stderr" "bootstrap: nothing is missing"
	[ ! -e build ]
}

@test "bootstrap without root and sudo says all that root has to run" {
	expect 1 bare_bootstrap "" demo
	contains "$stderr" "not root, and there is no sudo"
	contains "$stderr" "apt-get update && apt-get install --no-install-recommends gcc make"
	[ ! -e build ]
}

@test "bootstrap installs by sudo, and says it when that did not help" {
	mkdir bare
	printf '#!/bin/sh\nexec "$@"\n' >bare/sudo
	chmod +x bare/sudo
	expect 1 bare_bootstrap "" demo
	contains "$stderr" "bootstrap: not root, so by sudo: env DEBIAN_FRONTEND=noninteractive apt-get update"
	contains "$stderr" "still missing after apt-get install: gcc"
	contains "$(cat called)" "apt-get install -y -qq --no-install-recommends gcc"
}

# A project of a name with blanks, whose configure writes down how it was called.
small_project() {
	mkdir -p "grüne Wiese" tools
	cd "grüne Wiese"
	cp "$WF_SRC/bootstrap" .
	touch configure.ac Makefile.am Makefile.in
	printf '#!/bin/sh\necho "$0 $*" >>called\ntouch config.status\necho all: >Makefile\n' >configure
	chmod +x configure
	printf '#!/bin/sh\n[ "$*" != "--modversion fuse3" ] || cat %s/fuse3\n' "$SCRATCH" >../tools/pkg-config
	chmod +x ../tools/pkg-config
	export PATH=$SCRATCH/tools:$PATH
}

@test "bootstrap builds in a place whose name has blanks" {
	small_project
	expect 0 ./bootstrap
	same "$(cat build/called)" "../configure "
	expect 0 env BUILD="$PWD/else where" CONFIGURE_FLAGS="--prefix=/opt --enable-asan" ./bootstrap
	contains "$(cat "else where/called")" "../configure --prefix=/opt --enable-asan"
}

@test "bootstrap configures again when that would find more" {
	small_project
	expect 0 ./bootstrap
	expect 0 ./bootstrap
	same "$(wc -l <build/called)" 1
	echo 3.14 >"$SCRATCH/fuse3"
	expect 0 ./bootstrap
	expect 0 ./bootstrap
	same "$(wc -l <build/called)" 2
	expect 0 env CONFIGURE_FLAGS=--enable-asan ./bootstrap
	same "$(wc -l <build/called)" 3
}

@test "bootstrap takes a BUILD folder named from where it is called, the first time and again" {
	small_project
	cd ..
	for _ in 1 2; do
		BUILD=elsewhere expect 0 "grüne Wiese/bootstrap"
		contains "$stderr" "try $PWD/elsewhere/wf"
		[ -e elsewhere/bootstrap-build.log ]
	done
	same "$(wc -l <elsewhere/called)" 1
}
