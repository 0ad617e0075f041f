/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out on demand: oom_after(n) lets n allocations pass and
 * fails every one behind them, until oom_off(); oom_once(n) fails one alone. oom_struck() tells
 * whether any has failed since. Replaces the program's malloc and what else allocates; where a
 * sanitizer or valgrind does that already nothing fails, and oom_works() is false. oom_spared() is
 * a calloc that never fails.
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

static inline bool oom_struck(void)
{
	return false;
}

static inline void *oom_spared(size_t n, size_t size)
{
	return calloc(n, size);
}

#else
/* volatile: the compiler believes that malloc looks at nothing */
static volatile long oom_left_ = -1;
static volatile bool oom_once_, oom_struck_;

static inline void oom_after(long n)
{
	oom_once_ = oom_struck_ = false;
	oom_left_ = n;
}

static inline void oom_once(long n)
{
	oom_once_ = true;
	oom_struck_ = false;
	oom_left_ = n;
}

static inline void oom_off(void)
{
	oom_left_ = -1;
}

static inline bool oom_struck(void)
{
	return oom_struck_;
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
	oom_struck_ = true;
	errno = ENOMEM;
	return 1;
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static inline void *oom_spared(size_t n, size_t size)
{
	return __libc_calloc(n, size);
}

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

void *aligned_alloc(size_t alignment, size_t n)
{
	return oom_now_() ? NULL : __libc_memalign(alignment, n);
}

/* It answers with the error. */
int posix_memalign(void **ret, size_t alignment, size_t n)
{
	void *memory = oom_now_() ? NULL : __libc_memalign(alignment, n);

	if (!memory)
		return ENOMEM;
	*ret = memory;
	return 0;
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
