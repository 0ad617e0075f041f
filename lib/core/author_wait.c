/* SPDX-License-Identifier: MIT */
/* Futures, timers, coroutines, conditions. */
#include "author.h"

#include "finish.h"
#include "future.h"

#include <stdlib.h>

#define LONGEST_WAIT ((wf_duration)100 * 366 * 24 * 3600 * 1000)

json_t *wf_await(wf_ctx *wf, wf_future *future)
{
	struct core *core = author_asking(wf);

	return core ? author_await(core, future) : NULL;
}

size_t wf_await_any(wf_ctx *wf, wf_future *const *futures, size_t n)
{
	struct core *core = author_asking(wf);

	return core ? future_wait_any(futures, n, core->running) : 0;
}

bool wf_await_all(wf_ctx *wf, wf_future *const *futures, size_t n)
{
	struct core *core = author_asking(wf);
	const wf_future *first = NULL;

	if (!core)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!futures[i]) {
			author_await(core, NULL);
			return false;
		}
	}
	for (size_t i = 0; i < n; i++) {
		future_wait(futures[i], core->running);
		if (futures[i]->state == FUTURE_FAILED &&
		    (!first || futures[i]->order < first->order))
			first = futures[i];
	}
	if (first)
		strand_meet(core->running, first->failure);
	else
		core->running->fresh = false;
	return !first;
}

bool wf_ready(const wf_future *future)
{
	return !future || future->state != FUTURE_PENDING;
}

json_t *wf_value(const wf_future *future)
{
	if (!future || core_current() != future->core)
		return NULL;
	return future_lend((wf_future *)(uintptr_t)future);
}

const wf_failure *wf_future_error(const wf_future *future)
{
	if (!future)
		return &failure_wrong_place;
	return future->state == FUTURE_FAILED ? &future->failure->seen : NULL;
}

void wf_forget(wf_ctx *wf, wf_future *future)
{
	if (!author_core(wf) || !future || future->forgotten)
		return;
	if (future->state == FUTURE_PENDING &&
	    ((!future->entry && !future->channel) || future->first)) {
		future->forgotten = true;
		return;
	}
	if (future->entry)
		future->entry->future = NULL;
	future_free(future);
}

void wf_release(wf_ctx *wf, const json_t *value)
{
	struct core *core = author_core(wf);

	if (core && value)
		kept_drop(&core->kept, value);
}

struct entry *author_timer(struct core *core, wf_duration after)
{
	struct entry *entry;

	if (after < 0 || after > LONGEST_WAIT) {
		author_fail(core, "bad_option", "a wait of %lld ms is %s", (long long)after,
			    after < 0 ? "negative" : "longer than 100 years");
		return NULL;
	}
	entry = entry_new(COMMAND_TIMER);
	if (!entry)
		core_die(core);
	entry->command.due = core->now + after;
	return entry;
}

wf_future *wf_timer(wf_ctx *wf, wf_duration after)
{
	struct core *core = author_asking(wf);
	struct entry *entry = core ? author_timer(core, after) : NULL;

	if (!core)
		return NULL;
	return entry ? author_start(core, entry) : author_failed(core);
}

int core_sleep(struct core *core, int64_t ms)
{
	struct entry *entry;

	core = author_asking(&core->ctx);
	if (!core)
		return -1;
	if (ms == 0)
		return 0;
	entry = author_timer(core, ms);
	return entry && author_ask_and_wait(core, entry) ? 0 : -1;
}

int wf_sleep(wf_ctx *wf, wf_duration for_ms)
{
	struct core *core = author_core(wf);

	return core ? core_sleep(core, for_ms) : -1;
}

wf_future *wf_spawn(wf_ctx *wf, wf_coroutine_fn *fn, void *arg)
{
	struct core *core = author_asking(wf);
	struct strand *strand;

	if (!core)
		return NULL;
	strand = strand_new(core, finish_spawned);
	if (!strand)
		core_die(core);
	strand->fn = fn;
	strand->arg = arg;
	strand->future = future_new(core);
	if (!strand->future)
		core_die(core);
	return strand->future;
}

static bool judge(struct core *core, wf_predicate_fn *holds, void *arg)
{
	bool held;

	core->running->judging = true;
	held = holds(&core->ctx, arg);
	core->running->judging = false;
	return held;
}

/* Asked by the scheduler whenever something may have changed; woken for good only by the timer. */
static bool wait_until(struct core *core, wf_predicate_fn *holds, void *arg, const wf_future *timer)
{
	struct condition condition = {.strand = core->running};
	bool held;

	condition_list(&condition);
	do {
		strand_wait(core->running);
		held = judge(core, holds, arg);
	} while (!held && timer->state == FUTURE_PENDING && !scope_stopped(core));
	condition_unlist(&condition);
	core->conditions.held++;
	return held;
}

bool wf_condition(wf_ctx *wf, wf_predicate_fn *holds, void *arg, wf_duration timeout)
{
	struct core *core = author_asking(wf);
	struct wf_future future;
	struct waiter waiter;
	struct entry *entry = NULL;
	bool held;

	if (!core || judge(core, holds, arg))
		return core != NULL;
	if (scope_stopped(core)) {
		strand_meet(core->running, scope_stopped(core));
		return false;
	}
	if (timeout && !(entry = author_timer(core, timeout)))
		return false;
	future_init(&future, core);
	if (entry) {
		author_ask(core, entry);
		future_stand_for(&future, entry);
		waiter_join(&waiter, &future, core->running);
	}
	held = wait_until(core, holds, arg, &future);
	if (!held && scope_stopped(core))
		strand_meet(core->running, scope_stopped(core));
	if (future.entry && commands_cancel(&core->commands, future.entry) < 0)
		core_die(core);
	return held;
}
