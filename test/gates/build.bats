#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The build knows every file, and what it installs is enough to write a module elsewhere.

load ../cli/helper

@test "every source, test and page is named in Makefile.am" {
	cd "$WF_SRC"
	find lib cmd workflows test man completion -type f ! -name '.*' ! -name '*~' | sort | while read -r file; do
		case $file in
		workflows/*.c | test/modules/*.c | test/shim/*.c) word=${file%.c}.so ;;
		test/unit/test_*.c) word=${file%.c} ;;
		*) word=$file ;;
		esac
		grep -qwF -- "$word" Makefile.am || echo "$file"
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

install_tree() {
	${MAKE:-make} -s -C "$WF_BUILD" install DESTDIR="$SCRATCH/root" >install.log 2>&1 || {
		cat install.log
		return 1
	}
	prefix=$SCRATCH/root$(sed -n 's/^prefix=//p' "$WF_BUILD/wf.pc")
	export PKG_CONFIG_SYSROOT_DIR=$SCRATCH/root PKG_CONFIG_PATH=$prefix/lib/pkgconfig
}

@test "make install: programs, header, library, modules, manual, completion, macro" {
	install_tree
	for file in bin/wf libexec/wf/wf-committer include/wf.h lib/libwf.so lib/libwf.a lib/pkgconfig/wf.pc \
		lib/pkgconfig/libwf.pc lib/wf/workflows/backup.so share/aclocal/wf.m4 share/man/man1/wf.1 \
		share/bash-completion/completions/wf share/zsh/site-functions/_wf; do
		[ -s "$prefix/$file" ] || echo "not installed: $file"
	done >"$SCRATCH/absent"
	same "$(cat "$SCRATCH/absent")" ""
}

@test "a module built against the installed header, outside the tree, runs in the installed wf" {
	install_tree
	mkdir elsewhere
	cd elsewhere
	cp "$WF_SRC/test/modules/hello.c" .
	flags="$(pkg-config --variable=module_flags wf) $(pkg-config --cflags jansson) -I$prefix/include"
	# shellcheck disable=SC2086
	${CC:-cc} $flags -o hello.so hello.c
	PATH=$prefix/bin:/usr/bin:/bin expect 0 wf run ./hello.so
	git_clean .wf
}

@test "installed modules are found by name, and FILE.c is compiled with the installed header" {
	install_tree
	mkdir elsewhere
	cd elsewhere
	cp "$WF_SRC/test/modules/hello.c" .
	PATH=$prefix/bin:/usr/bin:/bin expect 0 wf run hello.c
	PATH=$prefix/bin:/usr/bin:/bin expect 0 wf check backup
}

@test "WF_MODULE of wf.m4 configures a package of modules" {
	install_tree
	mkdir package
	cd package
	cp "$WF_SRC/test/modules/hello.c" .
	cat >configure.ac <<-'END'
		AC_INIT([order], [1])
		AC_PROG_CC
		WF_MODULE([0.1])
		AC_CONFIG_FILES([Makefile])
		AC_OUTPUT
	END
	printf 'all:\n\t@CC@ @WF_MODULE_FLAGS@ @WF_CFLAGS@ -o hello.so hello.c @WF_LIBS@\n' >Makefile.in
	ACLOCAL_PATH=$prefix/share/aclocal autoreconf -fi >log 2>&1 || {
		cat log
		return 1
	}
	# the sysroot goes in front of every path, of the system's libraries too
	unset PKG_CONFIG_SYSROOT_DIR
	sed -i "s|^prefix=|prefix=$SCRATCH/root|" "$prefix/lib/pkgconfig/wf.pc"
	expect 0 ./configure
	expect 0 ${MAKE:-make}
	[ -s hello.so ]
}

@test "a program that embeds libwf links by libwf.pc" {
	install_tree
	unset PKG_CONFIG_SYSROOT_DIR
	sed -i "s|^prefix=|prefix=$SCRATCH/root|" "$prefix/lib/pkgconfig/libwf.pc"
	printf '%s\n' '#include <wf.h>' 'int main(void) { return wf_attempt_number == 0; }' >embed.c
	# shellcheck disable=SC2046
	${CC:-cc} -o embed embed.c $(pkg-config --cflags --libs libwf)
	LD_LIBRARY_PATH=$prefix/lib expect 0 ./embed
}

@test "make uninstall leaves nothing behind" {
	install_tree
	${MAKE:-make} -s -C "$WF_BUILD" uninstall DESTDIR="$SCRATCH/root" >/dev/null
	same "$(find "$SCRATCH/root" ! -type d)" ""
}

@test "bootstrap refuses words that it does not know" {
	expect 1 "$WF_SRC/bootstrap" nonsense
	contains "$stderr" "unknown word 'nonsense'"
}

@test "bootstrap --help tells the three ways to call it" {
	expect 0 "$WF_SRC/bootstrap" --help
	contains "$output" "./bootstrap check"
	contains "$output" "./bootstrap demo"
}
