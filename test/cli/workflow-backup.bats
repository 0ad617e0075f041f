#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

setup() {
	scratch_setup
	mkdir -p source/sub
	seq 1000 >source/numbers
	head -c 300000 /dev/urandom >source/noise
	: >source/empty
	echo x >"source/sub/with space"
	printf 'y' >$'source/sub/new\nline'
	ln -s numbers source/link
}

# A tar before the real one in PATH that waits, when told to, until the test has looked.
hold_tar() {
	mkdir -p bin
	cat >bin/tar <<-END
		#!/bin/sh
		echo "\$*" >>$SCRATCH/tar.calls
		case \$* in
		*--"\$(cat $SCRATCH/hold 2>/dev/null)"*)
			# half an archive, then for ever
			[ -s $SCRATCH/hold ] && {
				rm $SCRATCH/hold
				for word; do case \$word in */.*.partial) [ -e "\$word" ] || echo half >"\$word" ;; esac; done
				: >$SCRATCH/held
				exec tail -f /dev/null
			} ;;
		esac
		exec $(command -v tar) "\$@"
	END
	chmod +x bin/tar
	PATH=$PWD/bin:$PATH
}

# Start a backup and kill its driver while tar does WHAT (create, compare).
killed_in() {
	hold_tar
	echo "$1" >hold
	wf run backup --id b source=source target=target >out 2>err &
	local driver=$!
	until_true 20 test -e held
	kill_hard $driver
	rm -f held
}

holds_source() { # ARCHIVE
	rm -rf unpacked && mkdir unpacked && tar -xf "$1" -C unpacked
	diff -r --no-dereference source unpacked
}

@test "backup: archive, list and checksum, and the archive holds the folder" {
	expect 0 wf run backup source=source target=deep/target
	archive=$(json .archive "$output")
	same "$(json .files "$output")" 5
	same "$(json .changed "$output")" 0
	holds_source "$archive"
	(cd deep/target && sha256sum -c --quiet ./*.sha256)
	same "$(cut -d' ' -f1 deep/target/*.sha256)" "$(json .sha256 "$output")"
	same "$(wc -l <"$(ls deep/target/*.list)")" 5
	grep -Eq '^ +300000 20[0-9-]+T[0-9:]+Z noise$' deep/target/*.list
	grep -Fq 'sub/new\nline' deep/target/*.list
	same "$(find deep/target -name '.*' -type f)" ""
}

@test "backup: every compression" {
	for how in gzip bzip2 xz none; do
		expect 0 wf run backup source=source target="$how" compress=$how
		holds_source "$(json .archive "$output")"
	done
	same "$(cd none && ls ./*.tar)" "./$(basename "$(ls none/*.tar)")"
	expect 1 wf run backup source=source target=t compress=zip
	contains "$stderr" "compress is gzip, bzip2, xz, zstd or none, not 'zip'"
	[ ! -e t ]
}

@test "backup: a target inside the folder is not archived" {
	expect 0 wf run backup source=source target=source/backups
	first=$(json .archive "$output")
	expect 0 wf run backup source=source target=source/backups name=again
	same "$(tar -tf "$(json .archive "$output")" | grep -c backups)" 0
	same "$(json .files "$output")" 5
	[ -e "$first" ]
}

@test "backup: old archives are rotated, and nothing else is touched" {
	mkdir target
	for day in 01 02 03 04; do
		touch target/source-202601${day}T000000Z.{tar.gz,list,sha256}
	done
	touch target/source-20260101T000000Z.tar.gz.asc target/other-20260101T000000Z.tar.gz target/source-notes.tar.gz
	expect 0 wf run backup source=source target=target keep=3
	same "$(json '.removed | sort | join(" ")' "$output")" \
		"source-20260101T000000Z.tar.gz source-20260101T000000Z.tar.gz.asc source-20260102T000000Z.tar.gz"
	[ -e target/other-20260101T000000Z.tar.gz ] && [ -e target/source-notes.tar.gz ]
	same "$(find target -name 'source-2026010*' | sort | xargs -n1 basename | tr '\n' ' ')" \
		"source-20260103T000000Z.list source-20260103T000000Z.sha256 source-20260103T000000Z.tar.gz source-20260104T000000Z.list source-20260104T000000Z.sha256 source-20260104T000000Z.tar.gz "
}

@test "backup: promise 3: the same id never backs up twice" {
	expect 0 wf run backup --id today source=source target=target
	first=$output
	expect 0 wf run backup --id today source=source target=target
	same "$output" "$first"
	same "$(find target -name '*.tar.gz' | wc -l)" 1
}

@test "backup: promises 1 3: killed while tar writes, it goes on at the archive" {
	killed_in create
	list=$(find target -name '*.list')
	before=$(stat -c '%i %Y' "$list")
	expect 0 wf run backup --id b source=source target=target
	holds_source "$(json .archive "$output")"
	same "$(stat -c '%i %Y' "$list")" "$before"
	same "$(grep -c -e --create tar.calls)" 2
	same "$(find target -name '.*.partial')" ""
	git_clean
}

@test "backup: promises 1 3: killed while it is verified, the archive is not made again" {
	killed_in compare
	partial=$(find target -name '.*.partial')
	before=$(stat -c %i "$partial")
	expect 0 wf resume b
	same "$(grep -c -e --create tar.calls)" 1
	same "$(stat -c %i target/*.tar.gz)" "$before"
	expect 0 wf run backup --id b source=source target=target
	holds_source "$(json .archive "$output")"
}

# A tar that does something (in $1) once the archive is made; $archive is its path.
after_create() {
	mkdir -p bin
	cat >bin/tar <<-END
		#!/bin/sh
		$(command -v tar) "\$@" || exit
		case \$* in *--create*)
			for archive; do case \$archive in *.partial) break ;; esac; done
			cd $SCRATCH && { $1; } ;;
		esac
	END
	chmod +x bin/tar
	PATH=$PWD/bin:$PATH
}

@test "backup: a file that changes meanwhile is counted" {
	# tar tells of its time and of its size
	after_create 'echo more >>source/numbers; touch -d 2040-01-01 source/numbers; rm source/empty'
	expect 0 wf run backup source=source target=target
	same "$(json .changed "$output")" 1
	tar -tf "$(json .archive "$output")" | grep -q '^./empty$'
}

@test "backup: an archive that cannot be read back is refused and removed" {
	after_create 'truncate -s -100 "$archive"'
	expect 1 wf run backup source=source target=target
	contains "$stderr" "corrupt"
	same "$(find target -type f)" ""
}

@test "backup: an archive that holds something else is refused and removed" {
	mkdir other
	cp -a source/. other
	printf Z | dd of=other/noise bs=1 seek=1000 conv=notrunc status=none
	touch -r source/noise other/noise
	after_create "$(command -v tar)"' -czf "$archive" -C other .'
	expect 1 wf run backup source=source target=target
	contains "$stderr" "noise: Contents differ"
	same "$(find target -type f)" ""
}

@test "backup: a failure in the middle leaves nothing behind" {
	mkdir bin
	printf '#!/bin/sh\nexit 3\n' >bin/sha256sum
	chmod +x bin/sha256sum
	PATH=$PWD/bin:$PATH
	expect 1 wf run backup source=source target=target
	contains "$stderr" "checksum"
	same "$(find target -type f)" ""
}

@test "backup: a wrong input changes nothing" {
	expect 1 wf run backup source=nowhere target=target
	contains "$stderr" "cannot open 'nowhere'"
	expect 1 wf run backup source=source
	contains "$stderr" "target"
	expect 1 wf run backup source=source target=t keep=-1
	contains "$stderr" "keep"
	expect 1 wf run backup source=source target=t colour=red
	contains "$stderr" "colour"
	expect 1 wf run backup source=source target=source
	contains "$stderr" "into itself"
	same "$(find target -type f)" ""
}

@test "backup: a file that cannot be read fails it" {
	[ "$(id -u)" -ne 0 ] || skip "root reads everything"
	chmod 0 source/noise
	expect 1 wf run backup source=source target=target
	contains "$stderr" "tar: ./noise: Cannot open: Permission denied"
	same "$(find target -type f)" ""
}
