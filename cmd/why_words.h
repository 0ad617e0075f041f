/* SPDX-License-Identifier: MIT */
/* Why a step stands where it does, in words. */
#ifndef WF_CMD_WHY_WORDS_H
#define WF_CMD_WHY_WORDS_H

#include <jansson.h>

struct buf;
struct run_summary;

/* A few lines about a command as lib/engine/why.h tells it. */
void why_words(struct buf *out, const char *run, const json_t *command);
/* About a step that the code has and that was never asked for. end: the event that ended the run;
 * may be NULL. */
void why_never_words(struct buf *out, const char *step, const struct run_summary *run,
		     const json_t *waiting, const json_t *end);

#endif
