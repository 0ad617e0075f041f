/* SPDX-License-Identifier: MIT */
/* Digests, by libmd and zlib. */
#ifndef WF_BASE_HASH_H
#define WF_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_HEX 65 /* 64 hexadecimal digits and a NUL */

/* SHA-256 of n bytes, as lower-case hexadecimal. */
void hash_sha256(const void *data, size_t n, char ret_hex[HASH_HEX]);
/* SHA-256 of what can be read from fd, from its start. 0 or -errno. */
int hash_sha256_fd(int fd, char ret_hex[HASH_HEX]);
/* CRC-32 (ISO 3309), as zlib's crc32(). */
uint32_t hash_crc32(const void *data, size_t n);

#endif
