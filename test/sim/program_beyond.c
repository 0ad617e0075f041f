/* SPDX-License-Identifier: MIT */
/* Operations that reach beyond the run: children, other runs, locks, tags; and updates. */
#include "program_internal.h"

void op_child(wf_ctx *wf, struct strand *s)
{
	json_t *in = strand_part(s, strand_draw(s, 4) == 0);

	strand_add(s, wf_child(wf, "other", in));
	json_decref(in);
}

void op_children(wf_ctx *wf, struct strand *s)
{
	wf_future *futures[3];

	for (size_t i = 0; i < 3; i++) {
		json_t *in = strand_part(s, false);
		futures[i] = wf_child_start(wf, "other", in, .on_close = WF_CLOSE_ABANDON);
		json_decref(in);
	}
	wf_await_all(wf, futures, 3);
	for (size_t i = 0; i < 3; i++) {
		strand_add(s, wf_value(futures[i]));
		wf_forget(wf, futures[i]);
	}
}

void op_signal(wf_ctx *wf, struct strand *s)
{
	json_t *payload = strand_part(s, false);

	wf_signal(wf, "other", "hello", payload);
	json_decref(payload);
}

void op_tag(wf_ctx *wf, struct strand *s)
{
	wf_tag(wf, "place", json_integer(strand_draw(s, 9)));
}

/* Whoever else wants the lock, here the other strand, waits meanwhile. */
void op_lock(wf_ctx *wf, struct strand *s)
{
	if (wf_acquire(wf, "door", 1) < 0)
		return;
	one_step(wf, s);
	wf_let_go(wf, "door");
}

void op_version(wf_ctx *wf, struct strand *s)
{
	json_t *in, *value;

	if (wf_version(wf, "way", 0, 2) == 2) {
		one_step(wf, s);
		return;
	}
	in = strand_part(s, false);
	value = program_answer(in);
	strand_add(s, value);
	json_decref(value);
	json_decref(in);
}

void op_log(wf_ctx *wf, struct strand *s)
{
	wf_log(wf, "at %lld", (long long)s->next);
}

static json_t *poke(wf_ctx *wf, const json_t *argument, void *arg)
{
	const json_t *value = wf_step(wf, program_work, argument);

	(void)arg;
	return value ? json_deep_copy(value) : NULL;
}

void take_updates(wf_ctx *wf)
{
	wf_on_update(wf, "poke", NULL, poke, NULL);
}
