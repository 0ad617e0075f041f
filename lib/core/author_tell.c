/* SPDX-License-Identifier: MIT */
/* Time and chance, failing and telling. */
#include "author.h"

#include "../base/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int64_t wf_now(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core ? core->now : 0;
}

uint64_t wf_random(wf_ctx *wf)
{
	struct core *core = author_core(wf);
	uint64_t n = 0;

	if (core)
		random_take(&core->random, &n, sizeof n);
	return le64toh(n);
}

const char *wf_uuid(wf_ctx *wf, char out[37])
{
	struct core *core = author_core(wf);
	uint8_t b[16] = {0};

	if (core)
		random_take(&core->random, b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		 b[13], b[14], b[15]);
	return out;
}

const wf_failure *wf_error(wf_ctx *wf)
{
	struct core *core = author_core(wf);

	if (!core)
		return &failure_wrong_place;
	return core->running->failure ? &core->running->failure->seen : NULL;
}

json_t *wf_throw(wf_ctx *wf, const char *type, const char *format, ...)
{
	struct core *core = author_core(wf);
	const struct strand *strand;
	struct failure *failure;
	va_list ap;

	if (!core)
		return NULL;
	strand = core->running;
	va_start(ap, format);
	failure = failure_vnew(&core->failures, strand->fresh ? strand->failure : NULL, type,
			       format, ap);
	va_end(ap);
	if (!failure)
		core_die(core);
	strand_meet(core->running, failure);
	return NULL;
}

json_t *wf_json(wf_ctx *wf, const char *format, ...)
{
	struct core *core = author_core(wf);
	json_error_t why;
	json_t *value;
	va_list ap;

	va_start(ap, format);
	value = json_vpack_ex(&why, 0, format, ap);
	va_end(ap);
	if (!value && core) {
		if (json_error_code(&why) == json_error_out_of_memory)
			core_die(core);
		author_fail(core, "bad_json", "wf_json(\"%s\"): %s", format ? format : "",
			    why.text);
		core_abort(core, core->running->failure);
	}
	return value;
}

void wf_log(wf_ctx *wf, const char *format, ...)
{
	struct core *core = author_core(wf);
	struct buf text = BUF_INIT;
	struct entry *entry;
	va_list ap;

	if (!core || !core->live)
		return;
	va_start(ap, format);
	buf_addv(&text, format, ap);
	va_end(ap);
	entry = entry_new(COMMAND_LOG);
	if (!entry || !(entry->text = buf_detach(&text))) {
		buf_release(&text);
		entry_free(entry);
		core_die(core);
	}
	commands_say(&core->commands, entry);
}

const char *wf_run_id(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core ? evolve_run_id(core) : "";
}

/* ---- for the interposed libc functions */

void core_random_bytes(struct core *core, void *data, size_t n)
{
	random_take(&core->random, data, n);
}

void core_choose_seed(struct core *core, uint64_t number)
{
	uint8_t seed[32] = {0};

	for (int i = 0; i < 8; i++)
		seed[i] = (uint8_t)(number >> 8 * i);
	random_init(&core->chosen, seed);
	core->has_chosen = true;
}

void core_chosen_bytes(struct core *core, void *data, size_t n)
{
	random_take(core->has_chosen ? &core->chosen : &core->random, data, n);
}
