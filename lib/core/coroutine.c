/* SPDX-License-Identifier: MIT */
#include "coroutine.h"

#include "switch.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define ASAN_FIBERS 1
#else
#define ASAN_FIBERS 0
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

/* Wide enough that a frame of ordinary size does not step over it. */
#define GUARD 65536

void stack_pool_init(struct stack_pool *pool, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memset(pool, 0, sizeof *pool);
	pool->bytes = (bytes + page - 1) / page * page;
}

void stack_pool_release(struct stack_pool *pool)
{
	while (pool->count)
		munmap(pool->slots[--pool->count], GUARD + pool->bytes);
}

static char *stack_map(size_t bytes)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	char *map = mmap(NULL, GUARD + bytes, PROT_NONE, flags, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (mprotect(map + GUARD, bytes, PROT_READ | PROT_WRITE) < 0) {
		munmap(map, GUARD + bytes);
		return NULL;
	}
	return map;
}

/* What the sanitizer knows of the frames that were there holds no more. */
static void stack_forget(struct coroutine *co)
{
#if ASAN_FIBERS
	ASAN_UNPOISON_MEMORY_REGION(co->stack + GUARD, co->bytes);
#else
	(void)co;
#endif
}

static void begin(void *arg)
{
	struct coroutine *co = arg;

#if ASAN_FIBERS
	__sanitizer_finish_switch_fiber(NULL, &co->owner_bottom, &co->owner_bytes);
#endif
	co->fn(co->arg);
	co->finished = true;
	coroutine_leave(co);
}

int coroutine_init(struct coroutine *co, struct stack_pool *pool, coroutine_fn *fn, void *arg)
{
	memset(co, 0, sizeof *co);
	co->stack = pool->count ? pool->slots[--pool->count] : stack_map(pool->bytes);
	if (!co->stack)
		return -ENOMEM;
	co->bytes = pool->bytes;
	co->fn = fn;
	co->arg = arg;
	co->valgrind_id = VALGRIND_STACK_REGISTER(co->stack + GUARD, co->stack + GUARD + co->bytes);
	co->sp = switch_prepare(co->stack + GUARD, co->bytes, begin, co);
	return 0;
}

void coroutine_release(struct coroutine *co, struct stack_pool *pool)
{
	if (!co->stack)
		return;
	VALGRIND_STACK_DEREGISTER(co->valgrind_id);
	stack_forget(co);
	if (pool->count < STACK_POOL_SLOTS)
		pool->slots[pool->count++] = co->stack;
	else
		munmap(co->stack, GUARD + co->bytes);
	co->stack = NULL;
}

void coroutine_enter(struct coroutine *co)
{
#if ASAN_FIBERS
	__sanitizer_start_switch_fiber(&co->owner_fake, co->stack + GUARD, co->bytes);
#endif
	switch_to(&co->owner, co->sp);
#if ASAN_FIBERS
	__sanitizer_finish_switch_fiber(co->owner_fake, NULL, NULL);
#endif
}

void coroutine_leave(struct coroutine *co)
{
#if ASAN_FIBERS
	__sanitizer_start_switch_fiber(co->finished ? NULL : &co->fake, co->owner_bottom,
				       co->owner_bytes);
#endif
	switch_to(&co->sp, co->owner);
#if ASAN_FIBERS
	__sanitizer_finish_switch_fiber(co->fake, &co->owner_bottom, &co->owner_bytes);
#endif
}

bool coroutine_holds(const struct coroutine *co, const void *address)
{
	const char *at = address;

	return co->stack && at >= co->stack + GUARD && at < co->stack + GUARD + co->bytes;
}

bool coroutine_in_guard(const struct coroutine *co, const void *address)
{
	const char *at = address;

	return co->stack && at >= co->stack && at < co->stack + GUARD;
}
