/* SPDX-License-Identifier: MIT */
/* What the files of the simulated workflows share. */
#ifndef WF_TEST_PROGRAM_INTERNAL_H
#define WF_TEST_PROGRAM_INTERNAL_H

#include "program.h"

#include "wf.h"

/* What a strand of the workflow carries along. */
struct strand {
	uint64_t random;
	json_int_t sum, next;
	bool spawned, woken;
};

unsigned strand_draw(struct strand *s, unsigned limit);
/* The input of the next step. New. */
json_t *strand_part(struct strand *s, bool doomed);
void strand_add(struct strand *s, const json_t *value);
void one_step(wf_ctx *wf, struct strand *s);

/* The step of all programs. */
json_t *program_work(wf_attempt *a, const json_t *in);

/* What reaches beyond the run (program_beyond.c). */
void op_child(wf_ctx *wf, struct strand *s);
void op_children(wf_ctx *wf, struct strand *s);
void op_signal(wf_ctx *wf, struct strand *s);
void op_tag(wf_ctx *wf, struct strand *s);
void op_lock(wf_ctx *wf, struct strand *s);
void op_version(wf_ctx *wf, struct strand *s);
void op_log(wf_ctx *wf, struct strand *s);
/* Take updates named "poke" from here on. */
void take_updates(wf_ctx *wf);

#endif
