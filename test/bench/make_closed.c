/* SPDX-License-Identifier: MIT */
/*
 * make_closed STATE N [open]: N runs as a driver leaves them behind, closed and in the index (or
 * suspended and open), without driving any and without a sync: to measure lists.
 */
#include "base/error.h"
#include "os/os.h"
#include "store/history.h"
#include "store/run.h"
#include "store/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char module[] = "0000000000000000000000000000000000000000000000000000000000000000";

static int no_sync(struct os *os, int fd)
{
	(void)os;
	(void)fd;
	return 0;
}

static int no_sync_dir(struct os *os, const char *path)
{
	(void)os;
	(void)path;
	return 0;
}

static int no_direct(struct os *os, int fd, bool on)
{
	(void)os;
	(void)fd;
	(void)on;
	return 0;
}

/* The machine, in a hurry. */
static struct os *hasty(void)
{
	static struct os_ops ops;
	static struct os os = {&ops};

	ops = *os_system()->ops;
	ops.sync = ops.datasync = no_sync;
	ops.sync_dir = no_sync_dir;
	ops.direct = no_direct;
	return &os;
}

static int append(struct history *h, int64_t at, enum event_type type, uint64_t cmd,
		  const char *fields, struct err *err)
{
	struct event event = {.type = type, .at = at, .cmd = cmd};

	return history_append(h, &event, fields, strlen(fields), err);
}

static int write_history(const struct run *run, int64_t at, int n, bool open, struct err *err)
{
	struct history_options options = {.writable = true, .run = run->id, .segment_bytes = 4096};
	struct history *h;
	struct event none;
	char path[600], fields[300];
	int rc;

	snprintf(path, sizeof path, "%s/history", run->path);
	rc = history_open(&h, run->state->os, path, &options, err);
	if (rc < 0)
		return rc;
	while ((rc = history_read(h, &none, err)) > 0)
		event_release(&none);
	if (rc == 0)
		rc = history_set_module(h, module, err);
	if (rc == 0)
		rc = append(h, at, EVENT_RUN_STARTED, 0, "\"rules\":1,\"workflow\":\"order\"", err);
	snprintf(
		fields, sizeof fields,
		"\"step\":\"charge\",\"input\":{\"total\":%d},\"attempt\":1,\"us\":1000,\"result\":true",
		n % 1000);
	if (rc == 0)
		rc = append(h, at + 10, EVENT_STEP_COMPLETED, 1, fields, err);
	if (rc == 0 && open)
		rc = append(h, at + 20, EVENT_RUN_SUSPENDED, 0,
			    "\"waiting\":[{\"kind\":\"timer\",\"cmd\":2,\"until\":4000000000000}]",
			    err);
	else if (rc == 0)
		rc = append(h, at + 20, EVENT_RUN_COMPLETED, 0, "\"result\":{\"ok\":true}", err);
	if (rc == 0)
		rc = history_sync(h, err);
	history_close(h);
	return rc;
}

static int close_run(struct run *run, int64_t at, struct err *err)
{
	json_t *result = json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:{s:b}}", "id", run->id,
				   "workflow", "order", "status", "completed", "created",
				   (json_int_t)at, "closed", (json_int_t)at + 20, "steps", 1,
				   "events", 4, "result", "ok", 1);
	int rc = result ? run_close(run, result, err) : err_nomem(err);

	json_decref(result);
	return rc;
}

static int make(struct state *state, int n, bool open, struct err *err)
{
	int64_t at = 1700000000000 + n * INT64_C(1000);
	char id[40];
	struct run_info info = {.id = id, .workflow = strdup("order"), .created = at};
	struct run run;
	int rc;

	snprintf(id, sizeof id, "order-%06d", n);
	strcpy(info.module, module);
	info.input = json_pack("{s:i}", "total", n % 1000);
	info.options = json_pack("{s:{s:i, s:s}}", "tags", "total", n % 1000, "customer",
				 n % 7 ? "acme" : "umbrella");
	info.environment = json_object();
	rc = run_create(state, &info, err);
	if (rc == 0)
		rc = run_open(&run, state, id, err);
	if (rc == 0) {
		rc = write_history(&run, at, n, open, err);
		if (rc == 0 && !open)
			rc = close_run(&run, at, err);
		run_release(&run);
	}
	info.id = NULL;
	run_info_release(&info);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct state state;
	int n = argc > 2 ? atoi(argv[2]) : 0, rc;

	if (n < 1) {
		fprintf(stderr, "usage: make_closed STATE N [open]\n");
		return 2;
	}
	rc = state_open(&state, hasty(), argv[1], true, &err);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = make(&state, i, argc > 3, &err);
	if (rc < 0)
		fprintf(stderr, "make_closed: %s\n", err.text);
	return rc < 0;
}
