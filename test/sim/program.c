/* SPDX-License-Identifier: MIT */
#include "program_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

unsigned long program_begun[PROGRAM_KINDS], program_received;

unsigned strand_draw(struct strand *s, unsigned limit)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)((s->random >> 11) % limit);
}

json_t *program_work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return program_answer(in);
}

json_t *program_answer(const json_t *input)
{
	json_int_t n = json_integer_value(json_object_get(input, "n"));

	if (json_is_true(json_object_get(input, "doomed")))
		return NULL;
	return json_integer(n * 7 % 1009);
}

/* New. What a workflow holds goes with its process; no process goes with a simulated death. */
static json_t *part(json_int_t n, bool doomed)
{
	json_t *in = doomed ? json_pack("{s:I, s:b}", "n", n, "doomed", 1)
			    : json_pack("{s:I}", "n", n);

#if defined(__SANITIZE_ADDRESS__)
	__lsan_ignore_object(in);
#endif
	return in;
}

json_t *strand_part(struct strand *s, bool doomed)
{
	return part(++s->next, doomed);
}

void strand_add(struct strand *s, const json_t *value)
{
	s->sum = (s->sum + (value ? json_integer_value(value) : 100003)) % 1000000007;
}

void one_step(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, false);
	strand_add(s, wf_step(wf, program_work, in));
	json_decref(in);
}

static void doomed_step(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, true);
	strand_add(s, wf_step(wf, program_work, in, .retry = {.attempts = 2, .first = 3}));
	json_decref(in);
}

static size_t start_some(wf_ctx *wf, struct strand *s, wf_future *futures[8])
{
	size_t n = 1 + strand_draw(s, 8);

	for (size_t i = 0; i < n; i++) {
		json_t *in = strand_part(s, false);
		futures[i] = wf_start(wf, program_work, in, .retry = {.first = 5});
		json_decref(in);
	}
	return n;
}

static void fan_out(wf_ctx *wf, struct strand *s)
{
	wf_future *futures[8];
	size_t n = start_some(wf, s, futures);

	wf_await_all(wf, futures, n);
	for (size_t i = 0; i < n; i++) {
		strand_add(s, wf_value(futures[i]));
		wf_forget(wf, futures[i]);
	}
}

/* Takes them as they come; the sum is the same in any order. */
static void as_they_come(wf_ctx *wf, struct strand *s)
{
	wf_future *futures[8];
	size_t n = start_some(wf, s, futures);

	while (n) {
		size_t i = wf_await_any(wf, futures, n);
		strand_add(s, wf_value(futures[i]));
		wf_forget(wf, futures[i]);
		futures[i] = futures[--n];
	}
}

static void timer(wf_ctx *wf, struct strand *s)
{
	wf_sleep(wf, WF_MILLISECONDS(strand_draw(s, 50)));
}

static void plain_sleep(wf_ctx *wf, struct strand *s)
{
	wf_sleep(wf, 0);
	strand_add(s, NULL);
	(void)wf;
}

static void race(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, false);
	wf_future *both[2] = {wf_start(wf, program_work, in),
			      wf_timer(wf, WF_MILLISECONDS(strand_draw(s, 30)))};

	wf_await_any(wf, both, 2);
	strand_add(s, wf_await(wf, both[0]));
	wf_forget(wf, both[1]); /* may not have fired yet */
	json_decref(in);
}

static void inline_step(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, false);
	strand_add(s, wf_step(wf, program_work, in, .run_inline = true));
	json_decref(in);
}

static void once(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, false);
	/* a crash may make it fail; then the sum must not tell */
	wf_step(wf, program_work, in, .at_most_once = true);
	json_decref(in);
}

static void released(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, false), *value = wf_step(wf, program_work, in);
	strand_add(s, value);
	wf_release(wf, value);
	json_decref(in);
}

static bool is_woken(wf_ctx *wf, void *arg)
{
	(void)wf;
	return ((struct strand *)arg)->woken;
}

static json_t *waker(wf_ctx *wf, void *arg)
{
	struct strand *s = arg;
	json_t *in = part(1, false);

	wf_step(wf, program_work, in);
	json_decref(in);
	s->woken = true;
	return json_true();
}

static void condition(wf_ctx *wf, struct strand *s)
{
	wf_future *other;

	s->woken = false;
	other = wf_spawn(wf, waker, s);
	wf_condition(wf, is_woken, s, 0);
	wf_await(wf, other);
	strand_add(s, NULL);
}

static void chance(wf_ctx *wf, struct strand *s)
{
	s->sum = (s->sum + (json_int_t)(wf_random(wf) % 1000)) % 1000000007;
}

static void compensated(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, false);
	wf_compensate(wf, program_work, in);
	json_decref(in);
	one_step(wf, s);
}

static void receive(wf_ctx *wf, struct strand *s)
{
	const json_t *value = wf_receive(wf, "go");

	program_received += value != NULL;
	strand_add(s, value);
}

static json_t *toss(wf_ctx *wf, void *arg)
{
	(void)wf;
	(void)arg;
	return json_integer(17);
}

static void side_effect(wf_ctx *wf, struct strand *s)
{
	strand_add(s, wf_side_effect(wf, toss, s));
}

static void patched(wf_ctx *wf, struct strand *s)
{
	char id[24];
	json_t *in, *value;

	snprintf(id, sizeof id, "p%u", strand_draw(s, 3));
	if (wf_patched(wf, id)) {
		one_step(wf, s);
		return;
	}
	/* a death before the marker was durable: the old path, whose sum is the same */
	in = strand_part(s, false);
	value = program_answer(in);
	strand_add(s, value);
	json_decref(value);
	json_decref(in);
}

static void scoped(wf_ctx *wf, struct strand *s)
{
	wf_scope *scope = wf_scope_begin(wf);
	json_t *in = strand_part(s, false);
	wf_future *late = wf_start(wf, program_work, in);

	wf_sleep(wf, WF_MILLISECONDS(strand_draw(s, 10)));
	wf_scope_cancel(wf, scope, "enough");
	wf_await(wf, late); /* there or cancelled: the sum must not tell */
	wf_scope_end(wf, scope);
	json_decref(in);
}

static void (*const operations[PROGRAM_KINDS])(wf_ctx *, struct strand *) = {
	one_step, doomed_step, fan_out,   as_they_come, timer,   plain_sleep, race,    inline_step,
	once,     released,    condition, chance,       receive, side_effect, patched, scoped,
	op_child, op_children, op_signal, op_tag,       op_lock, op_version,  op_log,
};

static void operate(wf_ctx *wf, struct strand *s, unsigned ops)
{
	for (unsigned i = 0; i < ops; i++) {
		unsigned kind = strand_draw(s, PROGRAM_KINDS);
		program_begun[kind]++;
		operations[kind](wf, s);
	}
}

struct branch {
	struct strand strand;
	unsigned ops;
};

static json_t *branch(wf_ctx *wf, void *arg)
{
	struct branch *b = arg;

	operate(wf, &b->strand, b->ops);
	return json_integer(b->strand.sum);
}

/* Begin again, with the sum and another seed. */
static json_t *go_on(wf_ctx *wf, const json_t *in, const struct strand *s, json_int_t left)
{
	json_t *next = json_deep_copy(in);

	json_object_set_new(next, "left", json_integer(left - 1));
	json_object_set_new(next, "sum", json_integer(s->sum));
	json_object_set_new(next, "seed", json_integer((json_int_t)(s->random >> 2)));
	wf_continue_as_new(wf, next);
	json_decref(next);
	return NULL;
}

/* Some programs have two strands, some fail at the end and are undone, some have generations. */
static json_t *simulated(wf_ctx *wf, const json_t *in)
{
	unsigned ops = (unsigned)json_integer_value(json_object_get(in, "ops"));
	json_int_t left = json_integer_value(json_object_get(in, "left"));
	struct strand s = {.random = (uint64_t)json_integer_value(json_object_get(in, "seed")) *
					     2654435761u +
				     88172645463325252u,
			   .sum = json_integer_value(json_object_get(in, "sum"))};
	struct branch b = {.ops = ops / 2};
	unsigned shape = strand_draw(&s, 4);
	wf_future *other = NULL;

	take_updates(wf);
	b.strand = (struct strand){.random = s.random ^ 0x9e3779b97f4a7c15u, .next = 1000};
	if (shape == 1)
		other = wf_spawn(wf, branch, &b);
	if (shape == 2)
		compensated(wf, &s);
	operate(wf, &s, ops);
	if (other)
		strand_add(&s, wf_await(wf, other));
	if (left)
		return go_on(wf, in, &s, left);
	if (shape == 2)
		return wf_throw(wf, "undone", "after %lld", (long long)s.sum);
	return json_integer(s.sum);
}

const struct module *program_module(void)
{
	static struct module_entry entries[] = {
		{.kind = WF_KIND_WORKFLOW, .name = "simulated", .workflow = simulated},
		{.kind = WF_KIND_STEP, .name = "program_work", .step = program_work},
	};
	static char path[] = "simulated.so";
	static const struct module module = {.path = path, .count = 2, .entries = entries};

	return &module;
}

json_t *program_input(uint64_t seed, unsigned ops)
{
	return json_pack("{s:I, s:i, s:i}", "seed", (json_int_t)(seed & INT64_MAX), "ops", (int)ops,
			 "left", seed % 7 == 0 ? 2 : 0);
}
