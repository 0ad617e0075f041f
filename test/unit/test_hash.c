/* SPDX-License-Identifier: MIT */
#include "../../lib/base/hash.h"
#include "folder.h"

#include <fcntl.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void test_memory(void)
{
	static char million[1000000];
	char hex[HASH_HEX];

	hash_sha256("", 0, hex);
	is_str(hex, EMPTY, "digest of nothing");
	hash_sha256("abc", 3, hex);
	is_str(hex, ABC, "digest of abc");
	memset(million, 'a', sizeof million);
	hash_sha256(million, sizeof million, hex);
	is_str(hex, MILLION, "digest of a million a");
}

static void test_file(void)
{
	static char million[1000000];
	char hex[HASH_HEX] = "untouched", byte;
	int fd;

	memset(million, 'a', sizeof million);
	put_file(in_folder("million"), million, sizeof million);
	fd = open(in_folder("million"), O_RDONLY);
	is_int(read(fd, &byte, 1), 1, "a file that was read from");
	is_int(hash_sha256_fd(fd, hex), 0, "is digested");
	is_str(hex, MILLION, "from its start");
	is_int(lseek(fd, 0, SEEK_CUR), 1, "and its position stays");
	close(fd);

	strcpy(hex, "untouched");
	is_int(hash_sha256_fd(fd, hex), -EBADF, "a closed descriptor is an error");
	fd = open(in_folder("."), O_RDONLY | O_DIRECTORY);
	is_int(hash_sha256_fd(fd, hex), -EISDIR, "so is a folder");
	is_str(hex, "untouched", "and nothing is given");
	close(fd);
}

static void test_crc(void)
{
	is_int(hash_crc32("", 0), 0, "CRC of nothing");
	is_int(hash_crc32("123456789", 9), 0xcbf43926, "the check value of the standard");
}

int main(void)
{
	folder_make();
	test_memory();
	test_file();
	test_crc();
	return done_testing();
}
