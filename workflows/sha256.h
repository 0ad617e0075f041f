/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4) for modules that want no library for it. */
#ifndef WORKFLOWS_SHA256_H
#define WORKFLOWS_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char block[64];
};

static inline void sha256_init(struct sha256 *s)
{
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memcpy(s->state, start, sizeof start);
	s->bytes = 0;
}

static inline uint32_t sha256_rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* One round; the eight working words turn in place instead of being moved. */
static inline void sha256_round(uint32_t v[8], int i, uint32_t add)
{
	uint32_t e = v[(68 - i) & 7], a = v[(64 - i) & 7];
	uint32_t f = v[(69 - i) & 7], g = v[(70 - i) & 7], b = v[(65 - i) & 7], c = v[(66 - i) & 7];
	uint32_t *h = &v[(71 - i) & 7];
	uint32_t t = *h + add +
		     (sha256_rotate(e, 6) ^ sha256_rotate(e, 11) ^ sha256_rotate(e, 25)) +
		     ((e & f) ^ (~e & g));

	v[(67 - i) & 7] += t;
	*h = t + (sha256_rotate(a, 2) ^ sha256_rotate(a, 13) ^ sha256_rotate(a, 22)) +
	     ((a & b) ^ (a & c) ^ (b & c));
}

static inline void sha256_block(struct sha256 *s, const unsigned char *p)
{
	static const uint32_t k[64] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
		0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
		0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
		0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
		0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
		0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
		0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
		0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
		0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
		0xc67178f2};
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (sha256_rotate(w[i - 15], 7) ^ sha256_rotate(w[i - 15], 18) ^
			w[i - 15] >> 3) +
		       (sha256_rotate(w[i - 2], 17) ^ sha256_rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, s->state, sizeof v);
	for (int i = 0; i < 64; i++)
		sha256_round(v, i, k[i] + w[i]);
	for (int i = 0; i < 8; i++)
		s->state[i] += v[i];
}

static inline void sha256_add(struct sha256 *s, const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t held = s->bytes % 64;

	s->bytes += n;
	while (held + n >= 64) {
		size_t part = 64 - held;

		if (held) {
			memcpy(s->block + held, p, part);
			sha256_block(s, s->block);
		} else {
			sha256_block(s, p);
		}
		p += part;
		n -= part;
		held = 0;
	}
	if (n)
		memcpy(s->block + held, p, n);
}

/* The digest as 64 hexadecimal digits and a NUL. */
static inline void sha256_finish(struct sha256 *s, char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	static const unsigned char filling[64] = {0x80};
	uint64_t bits = s->bytes * 8;
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(s, filling, 1 + (119 - s->bytes % 64) % 64);
	sha256_add(s, length, 8);
	for (int i = 0; i < 64; i++)
		hex[i] = digits[s->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
	hex[64] = '\0';
}

#endif
