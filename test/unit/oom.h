/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out on demand: oom_after(n) lets n allocations pass and
 * fails every one behind them, until oom_off(). Replaces the program's malloc,
 * so where a sanitizer does that already OOM_WORKS is 0 and nothing fails.
 */
#ifndef WF_TEST_OOM_H
#define WF_TEST_OOM_H

#include <errno.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OOM_WORKS 0

static inline void oom_after(long n)
{
	(void)n;
}

static inline void oom_off(void)
{
}

#else
#define OOM_WORKS 1

static long oom_left_ = -1;

static inline void oom_after(long n)
{
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

#endif
