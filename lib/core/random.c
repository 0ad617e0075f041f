/* SPDX-License-Identifier: MIT */
#include "random.h"

#include <string.h>

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> 8 * i);
}

static uint32_t rotate(uint32_t n, int by)
{
	return n << by | n >> (32 - by);
}

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

static void next_block(struct random *r)
{
	uint32_t x[16];

	memcpy(x, r->state, sizeof x);
	for (int i = 0; i < 10; i++) {
		for (int column = 0; column < 4; column++)
			quarter(x, column, column + 4, column + 8, column + 12);
		for (int i4 = 0; i4 < 4; i4++)
			quarter(x, i4, (i4 + 1) % 4 + 4, (i4 + 2) % 4 + 8, (i4 + 3) % 4 + 12);
	}
	for (int i = 0; i < 16; i++)
		store32(r->block + 4 * i, x[i] + r->state[i]);
	if (++r->state[12] == 0)
		r->state[13]++;
	r->used = 0;
}

void random_init(struct random *r, const uint8_t seed[32])
{
	static const uint8_t words[] = "expand 32-byte k";

	memset(r, 0, sizeof *r);
	for (int i = 0; i < 4; i++)
		r->state[i] = load32(words + 4 * i);
	for (int i = 0; i < 8; i++)
		r->state[4 + i] = load32(seed + 4 * i);
	r->used = sizeof r->block;
}

void random_take(struct random *r, void *data, size_t n)
{
	uint8_t *out = data;

	while (n > 0) {
		size_t part;
		if (r->used == sizeof r->block)
			next_block(r);
		part = sizeof r->block - r->used;
		if (part > n)
			part = n;
		memcpy(out, r->block + r->used, part);
		r->used += (unsigned)part;
		out += part;
		n -= part;
	}
}
