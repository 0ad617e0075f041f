/* SPDX-License-Identifier: MIT */
/*
 * Random workflows for the simulator: an ordinary workflow function that reads
 * from its input which operations to do. Its result depends on the outcomes of
 * steps alone, never on the order in which they came, so that every schedule
 * and every crash must end in the same one.
 */
#ifndef WF_TEST_PROGRAM_H
#define WF_TEST_PROGRAM_H

#include "model/module.h"

#include <jansson.h>
#include <stdint.h>

enum { PROGRAM_KINDS = 23 };

/* The module; its workflow is entry 0. Borrowed. */
const struct module *program_module(void);
/* {"seed":..., "ops":..., "left":...}, left being the generations to come. New. */
json_t *program_input(uint64_t seed, unsigned ops);
/* What a step answers to its input: the value (new), or NULL when it fails for good. */
json_t *program_answer(const json_t *input);
/* How often each kind of operation was begun, replays included. */
extern unsigned long program_begun[PROGRAM_KINDS];
/* Signals that were read; for others to set back. */
extern unsigned long program_received;

#endif
