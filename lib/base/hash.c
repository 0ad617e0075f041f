/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <errno.h>
#include <sha2.h>
#include <unistd.h>
#include <zlib.h>

static void finish(SHA2_CTX *context, char ret_hex[HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256Final(digest, context);
	for (size_t i = 0; i < sizeof digest; i++) {
		ret_hex[2 * i] = digits[digest[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_hex[HASH_HEX - 1] = '\0';
}

void hash_sha256(const void *data, size_t n, char ret_hex[HASH_HEX])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, data, n);
	finish(&context, ret_hex);
}

int hash_sha256_fd(int fd, char ret_hex[HASH_HEX])
{
	uint8_t chunk[32768];
	SHA2_CTX context;
	off_t at = 0;

	SHA256Init(&context);
	for (;;) {
		ssize_t n = pread(fd, chunk, sizeof chunk, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		SHA256Update(&context, chunk, (size_t)n);
		at += n;
	}
	finish(&context, ret_hex);
	return 0;
}

uint32_t hash_crc32(const void *data, size_t n)
{
	return (uint32_t)crc32_z(0, data, n);
}
