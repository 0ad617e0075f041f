/* SPDX-License-Identifier: MIT */
/* What runs, steps and errors are, in words. Everything appended is one line without a line break.
 */
#ifndef WF_CMD_DESCRIBE_H
#define WF_CMD_DESCRIBE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct progress;

/* One thing that is waited for: "timer until 2026-11-22 03:00:00" */
void describe_wait(struct buf *out, const json_t *wait);
/* "timer until 2026-11-22 03:00:00, signal 'approve', 3 more" */
void describe_waits(struct buf *out, const json_t *waits);
/* "insufficient_funds: account 7 (step 'withdraw', 5 attempts)" */
void describe_failure(struct buf *out, const json_t *error);
/* What the report of a replay says behind its first line: lines, each behind a line break. */
void describe_report(struct buf *out, const json_t *error);
/* before, and a value as JSON, as much as one line holds; nothing when there is none. */
void describe_json(struct buf *out, const char *before, const json_t *value);
/* "1.3 s", out of microseconds */
void describe_us(struct buf *out, int64_t us);
void describe_ms(struct buf *out, int64_t ms);
/* Local time "2026-11-22 03:00:00" */
void describe_time(struct buf *out, int64_t at);
/* What happened to a step, a timer or the run; nothing is appended for what is not worth a line. */
void describe_progress(struct buf *out, const struct progress *progress);

#endif
