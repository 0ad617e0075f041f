/* SPDX-License-Identifier: MIT */
/* Making chance, in workflow code from the run's seed (promise 6). */
#include "../core/core.h"
#include "interpose.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTROPY_MOST 256

/* What libc is asked for while its own function is being looked up. */
static ssize_t kernel_random(void *data, size_t n, unsigned flags)
{
	return syscall(SYS_getrandom, data, n, flags);
}

static void kernel_fill(void *data, size_t n)
{
	char *at = data;

	while (n > 0) {
		ssize_t got = kernel_random(at, n, 0);
		if (got < 0 && errno != EINTR) {
			memset(at, 0, n);
			return;
		}
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
}

ssize_t getrandom(void *data, size_t n, unsigned flags)
{
	ssize_t (*real)(void *, size_t, unsigned);
	struct core *core = core_current();

	if (core) {
		core_random_bytes(core, data, n);
		return (ssize_t)n;
	}
	real = (ssize_t(*)(void *, size_t, unsigned))libc_real(LIBC_GETRANDOM);
	return real ? real(data, n, flags) : kernel_random(data, n, flags);
}

int getentropy(void *data, size_t n)
{
	int (*real)(void *, size_t);
	struct core *core = core_current();

	if (!core && (real = (int (*)(void *, size_t))libc_real(LIBC_GETENTROPY)))
		return real(data, n);
	if (n > ENTROPY_MOST) {
		errno = EIO;
		return -1;
	}
	if (core)
		core_random_bytes(core, data, n);
	else
		kernel_fill(data, n);
	return 0;
}

void arc4random_buf(void *data, size_t n)
{
	void (*real)(void *, size_t);
	struct core *core = core_current();

	if (core)
		core_random_bytes(core, data, n);
	else if ((real = (void (*)(void *, size_t))libc_real(LIBC_ARC4RANDOM_BUF)))
		real(data, n);
	else
		kernel_fill(data, n);
}

uint32_t arc4random(void)
{
	uint32_t (*real)(void);
	uint32_t n;

	if (!core_current() && (real = (uint32_t(*)(void))libc_real(LIBC_ARC4RANDOM)))
		return real();
	arc4random_buf(&n, sizeof n);
	return n;
}

uint32_t arc4random_uniform(uint32_t below)
{
	uint32_t (*real)(uint32_t);
	uint32_t n, uneven;

	if (!core_current() && (real = (uint32_t(*)(uint32_t))libc_real(LIBC_ARC4RANDOM_UNIFORM)))
		return real(below);
	if (below < 2)
		return 0;
	uneven = -below % below; /* so many of the lowest would make some answers likelier */
	do
		n = arc4random();
	while (n < uneven);
	return n % below;
}

/* ---- generators with a state that can be chosen: srand(), srandom(), srand48() */

/* Bits after the choice of a state, or of the run's seed before any. */
static uint64_t bits(struct core *core, int count)
{
	uint64_t n;

	if (core)
		core_chosen_bytes(core, &n, sizeof n);
	else
		kernel_fill(&n, sizeof n);
	return n >> (64 - count);
}

int rand(void)
{
	int (*real)(void);
	struct core *core = core_current();

	if (!core && (real = (int (*)(void))libc_real(LIBC_RAND)))
		return real();
	return (int)bits(core, 31);
}

void srand(unsigned seed)
{
	void (*real)(unsigned);
	struct core *core = core_current();

	if (core)
		core_choose_seed(core, seed);
	else if ((real = (void (*)(unsigned))libc_real(LIBC_SRAND)))
		real(seed);
}

long random(void)
{
	long (*real)(void);
	struct core *core = core_current();

	if (!core && (real = (long (*)(void))libc_real(LIBC_RANDOM)))
		return real();
	return (long)bits(core, 31);
}

void srandom(unsigned seed)
{
	void (*real)(unsigned);
	struct core *core = core_current();

	if (core)
		core_choose_seed(core, seed);
	else if ((real = (void (*)(unsigned))libc_real(LIBC_SRANDOM)))
		real(seed);
}

double drand48(void)
{
	double (*real)(void);
	struct core *core = core_current();

	if (!core && (real = (double (*)(void))libc_real(LIBC_DRAND48)))
		return real();
	return (double)bits(core, 48) / (double)((uint64_t)1 << 48);
}

long lrand48(void)
{
	long (*real)(void);
	struct core *core = core_current();

	if (!core && (real = (long (*)(void))libc_real(LIBC_LRAND48)))
		return real();
	return (long)bits(core, 31);
}

long mrand48(void)
{
	long (*real)(void);
	struct core *core = core_current();

	if (!core && (real = (long (*)(void))libc_real(LIBC_MRAND48)))
		return real();
	return (long)(int32_t)bits(core, 32);
}

void srand48(long seed)
{
	void (*real)(long);
	struct core *core = core_current();

	if (core)
		core_choose_seed(core, (uint64_t)seed);
	else if ((real = (void (*)(long))libc_real(LIBC_SRAND48)))
		real(seed);
}
