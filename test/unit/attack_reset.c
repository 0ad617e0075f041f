/* SPDX-License-Identifier: MIT */
/* Attacks on a reset: a run's history gives way to a part of it, or one that died over that is
 * brought to an end. */
#include "attack.h"
#include "store/history.h"
#include "store/history_copy.h"
#include "store/run.h"
#include "store/run_reset.h"
#include "store/state.h"

#include <inttypes.h>

#define ALL 41 /* with the heads of segments */
#define KEPT 25
#define HISTORY "/wf/open/a/history"

/* How many events there are, heads of segments included; negative when it cannot be read. */
static int64_t count_events(struct trial *t, struct history **ret, struct err *err)
{
	struct history_options options = {.segment_bytes = 1000, .writable = true, .run = "a"};
	struct event event;
	int64_t n = 0;
	int rc = history_open(ret, t->os, HISTORY, &options, err);

	if (rc < 0)
		return rc;
	while ((rc = history_read(*ret, &event, err)) > 0) {
		event_release(&event);
		n++;
	}
	return rc < 0 ? rc : n;
}

static void reset_prepare(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = NULL;
	uint64_t seq = 0;

	attack_prepare_run(t);
	if (count_events(t, &h, &err) == 0)
		while (err.code == 0 && seq < ALL) {
			struct event event = {.type = EVENT_STEP_COMPLETED, .at = 1, .cmd = seq};

			history_append(h, &event, "\"result\":1", 10, &err);
			history_sync(h, &err);
			seq = event.seq;
		}
	history_close(h);
	if (seq != ALL)
		broke(t, "no history of %d events: %s", ALL, err.text);
}

/* Someone died between the two renames. */
static void settle_prepare(struct trial *t)
{
	struct err err = ERR_INIT;

	reset_prepare(t);
	if (history_copy(t->os, HISTORY, HISTORY ".reset", KEPT, NULL, NULL, &err) < 0 ||
	    t->os->ops->rename(t->os, HISTORY, HISTORY ".left") < 0)
		broke(t, "cannot prepare: %s", err.text);
}

static int reset(struct trial *t, struct run *run, struct err *err)
{
	int rc = history_copy(t->os, HISTORY, HISTORY ".reset", KEPT, NULL, NULL, err);

	return rc < 0 ? rc : run_reset_swap(run, err);
}

static int settle(struct trial *t, struct run *run, struct err *err)
{
	(void)t;
	return run_reset_settle(run, err);
}

static void work(struct trial *t, int (*deed)(struct trial *t, struct run *run, struct err *err))
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	struct run run;

	t->asked = 1;
	if (state_open(&state, t->os, "/wf", false, &err) == 0 &&
	    run_open(&run, &state, "a", &err) == 0) {
		if (run_lock(&run, 0, &err) == 0 && deed(t, &run, &err) == 0)
			t->promised = 1;
		run_release(&run);
	}
	state_release(&state);
}

static void reset_work(struct trial *t)
{
	work(t, reset);
}

static void settle_work(struct trial *t)
{
	work(t, settle);
}

static void check_in(struct trial *t, struct run *run)
{
	struct err err = ERR_INIT;
	struct history *h = NULL;
	int64_t n;

	if (run_lock(run, 0, &err) < 0 || run_reset_settle(run, &err) < 0) {
		broke(t, "cannot be settled: %s", err.text);
		return;
	}
	n = count_events(t, &h, &err);
	history_close(h);
	if (n != KEPT && (n != ALL || t->promised))
		broke(t, "%" PRId64 " events are there: %s", n, err.text);
	else if (n == KEPT)
		t->promised = 1; /* read by a driver: believed from here on */
}

static void reset_check(struct trial *t)
{
	attack_check_run(t, check_in);
}

const struct attack attack_reset = {"a reset", reset_prepare, reset_work, reset_check};
const struct attack attack_settle = {"a reset that is settled", settle_prepare, settle_work,
				     reset_check};
