/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out on demand: oom_after(n) lets n allocations pass and
 * fails every one behind them, until oom_off(); oom_once(n) fails one alone. Replaces the program's
 * malloc; where a sanitizer or valgrind does that already nothing fails, and oom_works() is false.
 */
#ifndef WF_TEST_OOM_H
#define WF_TEST_OOM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static inline void oom_after(long n)
{
	(void)n;
}

static inline void oom_once(long n)
{
	(void)n;
}

static inline void oom_off(void)
{
}

#else
/* volatile: the compiler believes that malloc looks at nothing */
static volatile long oom_left_ = -1;
static volatile bool oom_once_;

static inline void oom_after(long n)
{
	oom_once_ = false;
	oom_left_ = n;
}

static inline void oom_once(long n)
{
	oom_once_ = true;
	oom_left_ = n;
}

static inline void oom_off(void)
{
	oom_left_ = -1;
}

static int oom_now_(void)
{
	if (oom_left_ < 0)
		return 0;
	if (oom_left_ > 0) {
		oom_left_--;
		return 0;
	}
	if (oom_once_)
		oom_left_ = -1;
	errno = ENOMEM;
	return 1;
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);

void *malloc(size_t n)
{
	return oom_now_() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return oom_now_() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
	return oom_now_() ? NULL : __libc_realloc(old, n);
}
#endif

static inline bool oom_works(void)
{
	void *volatile memory;

	oom_after(0);
	memory = malloc(1);
	oom_off();
	free(memory);
	return !memory;
}

#endif
