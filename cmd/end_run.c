/* SPDX-License-Identifier: MIT */
#include "end_run.h"

#include "../lib/base/error.h"
#include "../lib/engine/driver.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "clock.h"
#include "message.h"
#include "output.h"
#include "watch.h"

#include <stdbool.h>
#include <stdlib.h>

#define DRIVER_MS 10000 /* for a living driver to end the run */
#define LOOK_AGAIN_MS 100

static int start_driver(struct end_run *e, struct err *err)
{
	struct driver_options options = {.jobs = 1};

	return e->driver ? 0 : driver_new(&e->driver, e->state, &options, err);
}

/* One look: 1, it has ended; 0, somebody drives it. */
static int end_it(struct end_run *e, const char *id, const char *message, json_t *error,
		  struct err *err)
{
	struct run run;
	bool closed;
	int rc = run_open(&run, e->state, id, err);

	if (rc < 0)
		return rc;
	closed = run.closed;
	run_release(&run);
	if (closed)
		return 1;
	rc = start_driver(e, err);
	if (rc == 0)
		rc = driver_terminate(e->driver, id, message, error, err);
	if (rc == 0 || rc == -ERR_CLOSED || rc == -ERR_BUSY)
		err_clear(err);
	return rc == -ERR_BUSY ? 0 : rc == 0 || rc == -ERR_CLOSED ? 1 : rc;
}

/* Whoever drives it ends it, having got the message; whoever let go of it meanwhile leaves it to
 * us. */
static int see_it_end(struct end_run *e, const char *id, const char *message, json_t *error,
		      struct err *err)
{
	int64_t deadline = clock_us() + DRIVER_MS * 1000;
	char *folder = state_path(e->state, "open", id);
	struct watch watch;
	int rc;

	watch_open(&watch);
	if (folder)
		watch_add(&watch, folder);
	while ((rc = end_it(e, id, message, error, err)) == 0 && clock_us() < deadline)
		watch_wait(&watch, LOOK_AGAIN_MS);
	watch_close(&watch);
	free(folder);
	return rc;
}

/* moved: one that has ended already is only moved to closed/, if it is not there. */
static int ask_and_see(struct end_run *e, const char *id, const char *reason, bool moved,
		       struct err *err)
{
	json_t *error = json_pack("{s:s, s:s}", "type", "terminated", "message", reason);
	json_t *message = error ? json_pack("{s:s, s:O}", "kind", "terminate", "error", error)
				: NULL;
	char *name = NULL;
	bool driven;
	int rc = message_send(e->state, id, message, &name, &driven, err);

	if (rc == -ERR_CLOSED && moved) {
		err_clear(err);
		rc = 0;
	}
	if (rc == 0)
		rc = see_it_end(e, id, name, error, err);
	json_decref(error);
	free(name);
	return rc;
}

int end_run(struct end_run *e, const char *id, const char *reason, struct err *err)
{
	return ask_and_see(e, id, reason, false, err);
}

void end_run_release(struct end_run *e)
{
	struct err err = ERR_INIT;

	if (e->driver && driver_free(e->driver, &err) < 0)
		warn("%s; 'wf fsck --repair' mends it", err.text);
	e->driver = NULL;
}

int end_run_surely(struct state *state, const char *id, const char *reason, struct err *err)
{
	struct end_run end = {.state = state};
	int rc = ask_and_see(&end, id, reason, true, err);

	end_run_release(&end);
	if (rc == 0)
		return err_set(err, ERR_BUSY,
			       "run '%s' is asked to end, and its driver does not answer", id);
	return rc < 0 ? rc : 0;
}
