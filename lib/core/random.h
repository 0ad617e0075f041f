/* SPDX-License-Identifier: MIT */
/* Chance that can be had again: the ChaCha20 key stream (RFC 8439) of a seed. */
#ifndef WF_CORE_RANDOM_H
#define WF_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint32_t state[16];
	uint8_t block[64];
	unsigned used; /* bytes of block */
};

void random_init(struct random *r, const uint8_t seed[32]);
void random_take(struct random *r, void *data, size_t n);

#endif
