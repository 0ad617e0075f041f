#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The build knows every file, and what it installs is enough to write a module elsewhere.

load ../cli/helper

# The words of Makefile.am, and what is below those of them that are folders: EXTRA_DIST takes these whole.
named() {
	tr -s ' \t\\' '\n' <Makefile.am | sort -u | while read -r word; do
		echo "$word"
		case $word in */*) [ ! -d "$word" ] || find "$word" -type f ;; esac
	done
}

@test "every source, test and page is named in Makefile.am" {
	[ ! "$WF_SRC" -ef "$WF_BUILD" ] || skip "what was built lies among the sources"
	cd "$WF_SRC"
	named >"$SCRATCH/named"
	find lib cmd workflows test man completion -type f ! -name '.*' ! -name '*~' | sort | while read -r file; do
		# a C file may be named by the module or the program that it makes
		grep -qxF -e "$file" -e "${file%.c}" -e "${file%.c}.so" "$SCRATCH/named" || echo "$file"
	done >"$SCRATCH/forgotten"
	same "$(cat "$SCRATCH/forgotten")" ""
}

@test "every test that make check knows is a file" {
	cd "$WF_SRC"
	grep -oE 'test/[a-z]+/[a-z_0-9-]+\.bats' Makefile.am | while read -r file; do
		[ -e "$file" ] || echo "$file"
	done >"$SCRATCH/absent"
	same "$(cat "$SCRATCH/absent")" ""
}

# A copy of the build, its compiled-in folders moved to a prefix of this file's own, is installed there once.
setup_file() {
	local object source was
	export INSTALLED=$BATS_FILE_TMPDIR/prefix COPY=$BATS_FILE_TMPDIR/copy SOURCES=$WF_SRC
	[ ! "$WF_SRC" -ef "$WF_BUILD" ] || SOURCES=$COPY # where nothing is that was built for elsewhere
	unset MAKEFLAGS MFLAGS MAKELEVEL
	mkdir "$COPY"
	tar -C "$WF_BUILD" --format=posix --exclude='*.log' --exclude='*.trs' --exclude=conftest* -cf - . | tar -C "$COPY" -xf -
	was=$(sed -n 's/^srcdir = //p' "$COPY/Makefile")
	case $was in ..*) # the sources as seen from the build, which is not what is seen from here
		find "$COPY" -name '*.P*o' -exec sed -i "s|^$was/|$WF_SRC/|; s| $was/| $WF_SRC/|g" {} +
		;;
	esac
	cd "$WF_SRC" || return 1
	for source in $(grep -lE 'WF_(BIN|LIBEXEC|INCLUDE|WORKFLOW)DIR' lib/*/*.c cmd/*.c); do
		object=${source##*/}
		find "$COPY" -name "*-${object%.c}.*o" -exec rm -f {} +
	done
	rm -f "$COPY/libfloors.la"
	in_copy install || return 1
	sed -i "s|^prefix=.*|prefix=$INSTALLED|" "$INSTALLED"/lib/pkgconfig/*.pc
}

in_copy() { # TARGET [VARIABLE=VALUE...]
	${MAKE:-make} -C "$COPY" "$@" prefix="$INSTALLED" VPATH="$SOURCES" srcdir="$SOURCES" \
		top_srcdir="$SOURCES" >"$COPY/make.log" 2>&1 || {
		cat "$COPY/make.log"
		return 1
	}
}

setup() {
	scratch_setup
	export PATH=$INSTALLED/bin:/usr/local/bin:/usr/bin:/bin PKG_CONFIG_PATH=$INSTALLED/lib/pkgconfig
	SAMPLE=$WF_SRC/test/modules/header_sample.c
}

# Whether what is below a folder is an installed wf.
complete() {
	local file
	for file in bin/wf libexec/wf/wf-committer include/wf.h include/wf-engine.h lib/libwf.so lib/libwf.a lib/pkgconfig/wf.pc \
		lib/pkgconfig/libwf.pc lib/wf/workflows/backup.so share/aclocal/wf.m4 share/man/man1/wf.1 \
		share/bash-completion/completions/wf.bash share/zsh/site-functions/_wf; do
		[ -s "$1/$file" ] || echo "not installed: $file"
	done
}

@test "make install: programs, header, library, modules, manual, completion, macro" {
	same "$(complete "$INSTALLED")" ""
}

@test "make install takes DESTDIR, and make uninstall leaves nothing behind" {
	in_copy install DESTDIR="$SCRATCH/root"
	same "$(complete "$SCRATCH/root$INSTALLED")" ""
	in_copy uninstall DESTDIR="$SCRATCH/root"
	same "$(find "$SCRATCH/root" ! -type d)" ""
}

@test "a module built against the installed header, outside the tree, runs in the installed wf" {
	cp "$SAMPLE" sample.c
	# shellcheck disable=SC2046
	${CC:-cc} $(pkg-config --variable=module_flags wf) $(pkg-config --cflags wf) -o sample.so sample.c
	expect 0 wf run ./sample.so
	json '.ok == true' "$output"
	git_clean .wf
}

@test "the Makefile of wf new builds a module with the installed wf" {
	expect 0 wf new first
	expect 0 "${MAKE:-make}" first.so check
	contains "$output" "workflow   first"
}

@test "installed modules are found by name" {
	expect 0 wf check backup
}

@test "wf run FILE.c compiles with the installed header" {
	cp "$SAMPLE" sample.c
	expect 0 wf run sample.c
}

@test "WF_MODULE of wf.m4 configures a package of modules" {
	cp "$SAMPLE" sample.c
	cat >configure.ac <<-'END'
		AC_INIT([order], [1])
		AC_PROG_CC
		WF_MODULE([0.1])
		AC_CONFIG_FILES([Makefile])
		AC_OUTPUT
	END
	printf 'all:\n\t@CC@ @WF_MODULE_FLAGS@ @WF_CFLAGS@ -o sample.so sample.c @WF_LIBS@\n\t@WF@ run ./sample.so\n' >Makefile.in
	ACLOCAL_PATH=$INSTALLED/share/aclocal expect 0 autoreconf -fi
	expect 0 ./configure
	contains "$output" "checking for wf >= 0.1... yes"
	expect 0 "${MAKE:-make}"
}

@test "a program that embeds libwf links by libwf.pc" {
	printf '%s\n' '#include <wf.h>' 'int main(void) { return wf_attempt_number == 0; }' >embed.c
	# shellcheck disable=SC2046
	${CC:-cc} -o embed embed.c $(pkg-config --cflags --libs libwf)
	LD_LIBRARY_PATH=$INSTALLED/lib expect 0 ./embed
}

@test "a program that embeds the engine, outside the tree, drives a run of the installed wf" {
	cp "$SAMPLE" sample.c
	cat >embed.c <<-'END'
		#include <stdio.h>
		#include <wf-engine.h>
		int main(void)
		{
			wf_engine_options options = WF_ENGINE_OPTIONS(.state = ".wf", .create = true, .wait = true);
			wf_run_options run = WF_RUN_OPTIONS(.workflow = "sample.c", .id = "one");
			wf_engine_error error = {0};
			wf_engine *engine;
			if (wf_engine_open(&engine, &options, &error) < 0 ||
			    wf_engine_start(engine, &run, NULL, &error) < 0 || wf_engine_drive(engine, &error) < 0) {
				fprintf(stderr, "%s\n", error.text);
				return 1;
			}
			int ended = wf_engine_end(engine, "one", NULL) == WF_RUN_COMPLETED;
			return wf_engine_close(engine, &error) < 0 || !ended;
		}
	END
	# shellcheck disable=SC2046
	${CC:-cc} -o embed embed.c $(pkg-config --cflags --libs libwf)
	LD_LIBRARY_PATH=$INSTALLED/lib WF_LIBEXEC=$INSTALLED/libexec/wf expect 0 ./embed
	expect 0 wf status one
	git_clean .wf
}
