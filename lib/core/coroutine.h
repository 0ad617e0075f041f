/* SPDX-License-Identifier: MIT */
/*
 * A function with a stack of its own that can stop in the middle and go on.
 *
 * Each stack is mapped with a guard below it, so that an overflow is a fault
 * at a known address and never a corrupted heap. Stacks are recycled through a
 * pool. Nothing here knows of workflows; a coroutine may be dropped at any
 * point where it has stopped, and what its frames held is then lost.
 */
#ifndef WF_CORE_COROUTINE_H
#define WF_CORE_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

#define STACK_POOL_SLOTS 16

/* Stacks of one size that nobody uses now. */
struct stack_pool {
	size_t bytes; /* of each stack, without its guard */
	unsigned count;
	char *slots[STACK_POOL_SLOTS];
};

/* bytes is rounded up to whole pages. */
void stack_pool_init(struct stack_pool *pool, size_t bytes);
void stack_pool_release(struct stack_pool *pool);

typedef void coroutine_fn(void *arg);

struct coroutine {
	void *sp;    /* where it stopped */
	void *owner; /* where whoever entered it stopped */
	char *stack; /* start of the mapping: the guard; NULL: none */
	size_t bytes;
	coroutine_fn *fn;
	void *arg;
	bool finished; /* fn has returned */
	unsigned valgrind_id;
	void *fake, *owner_fake; /* AddressSanitizer's */
	const void *owner_bottom;
	size_t owner_bytes;
};

/* 0, or -errno when there is no memory for a stack. fn must not begin before coroutine_enter. */
int coroutine_init(struct coroutine *co, struct stack_pool *pool, coroutine_fn *fn, void *arg);
/* Give the stack back, whatever is on it. Not from inside. */
void coroutine_release(struct coroutine *co, struct stack_pool *pool);
/* Run it until it leaves or its function returns. */
void coroutine_enter(struct coroutine *co);
/* From inside: stop here, until it is entered again. */
void coroutine_leave(struct coroutine *co);
/* Whether address is on its stack. */
bool coroutine_holds(const struct coroutine *co, const void *address);
/* Whether address is in the guard below its stack. Async-signal-safe. */
bool coroutine_in_guard(const struct coroutine *co, const void *address);

#endif
