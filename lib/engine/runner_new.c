/* SPDX-License-Identifier: MIT */
/* A runner with its run opened: what whoever drives a run needs, and who only ends it. */
#include "runner.h"

#include "../base/hash.h"
#include "../store/run_replace.h"
#include "../store/run_reset.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "runner_secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORPHAN_WAIT_MS 15000

void runner_key_tail(struct runner *r, json_int_t resets)
{
	uint8_t from[sizeof r->run.info.seed + 8] = {0};
	size_t n = sizeof r->run.info.seed;

	memcpy(from, r->run.info.seed, n);
	for (; resets; resets >>= 8)
		from[n++] = (uint8_t)resets;
	snprintf(r->key_tail, sizeof r->key_tail, "%08x", (unsigned)hash_crc32(from, n));
}

static int open_files(struct runner *r, const char *id, struct err *err)
{
	struct history_options options = {.segment_bytes = r->driver->config.segment,
					  .writable = true,
					  .run = id,
					  .last_generation = true};
	struct buf path = BUF_INIT;
	int rc = run_open(&r->run, r->driver->state, id, err);

	if (rc < 0)
		return rc;
	if (r->run.closed)
		return err_set(err, ERR_CLOSED, "run '%s' has ended", id);
	rc = runner_secrets_open(r, err);
	if (rc < 0)
		return rc;
	r->virtual_time = json_is_true(json_object_get(r->run.info.options, "virtual_time"));
	virtual_saw(r, r->run.info.created);
	rc = run_lock(&r->run, ORPHAN_WAIT_MS, err);
	if (rc == 0)
		rc = run_reset_settle(&r->run, err);
	if (rc == 0)
		rc = run_drop_replaced(&r->run, err);
	if (rc < 0)
		return rc;
	rc = run_check_folders(&r->run, err);
	if (rc < 0)
		return rc;
	rc = pool_keep(r->driver->pool, r->run.lock_fd);
	if (rc < 0)
		return err_nomem(err);
	rc = committer_hold(r->driver->committer, r->run.id, r->run.lock_fd, err);
	if (rc < 0)
		return rc;
	buf_addf(&path, "%s/history", r->run.path);
	rc = buf_ok(&path) ? 0 : err_nomem(err);
	if (rc == 0)
		rc = history_open(&r->history, r->driver->state->os, path.data, &options, err);
	if (rc == 0)
		rc = run_attempts(&r->run, &r->attempts, err);
	buf_release(&path);
	runner_key_tail(r, 0);
	return rc;
}

static int make_objects(struct runner *r, struct err *err)
{
	json_t **const objects[] = {&r->messages, &r->heard, &r->updates, &r->begun, &r->children};

	for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
		if (!(*objects[i] = json_object()))
			return err_nomem(err);
	return 0;
}

int runner_new(struct runner **ret, struct driver *driver, const char *id, struct err *err)
{
	struct runner *r = calloc(1, sizeof *r);
	int rc;

	if (!r)
		return err_nomem(err);
	r->driver = driver;
	r->run.lock_fd = r->slot_fd = r->seal = -1;
	rc = make_objects(r, err);
	if (rc == 0)
		rc = open_files(r, id, err);
	if (rc < 0)
		runner_close(r);
	else
		*ret = r;
	return rc;
}
