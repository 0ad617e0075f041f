/* SPDX-License-Identifier: MIT */
#include "runner_gate.h"

#include "../os/os.h"
#include "../store/limits.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "lookout.h"
#include "runner.h"

#include <stdlib.h>

struct gate {
	unsigned bolts;
	uv_timer_t *timer; /* GATE_RATE; NULL: none */
};

int runner_gate_shut(struct runner *r, enum gate_bolt bolt, struct err *err)
{
	if (!r->gate && !(r->gate = calloc(1, sizeof *r->gate)))
		return err_nomem(err);
	r->gate->bolts |= bolt;
	return 0;
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle);
}

static void gate_free(struct gate *gate)
{
	if (gate && gate->timer) {
		gate->timer->data = NULL;
		uv_close((uv_handle_t *)gate->timer, timer_closed);
	}
	free(gate);
}

int runner_gate_open(struct runner *r, enum gate_bolt bolt, struct err *err)
{
	if (!r->gate)
		return 0;
	r->gate->bolts &= ~(unsigned)bolt;
	if (r->gate->bolts)
		return 0;
	gate_free(r->gate);
	r->gate = NULL;
	driver_wake(r->driver);
	return runner_serve(r, err);
}

static void on_rate(uv_timer_t *timer)
{
	struct runner *r = timer->data;
	struct err err = ERR_INIT;

	if (r && r->end == DRIVE_NOT_YET && runner_gate_open(r, GATE_RATE, &err) < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

static int wait_for_rate(struct runner *r, int64_t us, struct err *err)
{
	uv_timer_t *timer;

	if (us <= 0)
		return 0;
	if (runner_gate_shut(r, GATE_RATE, err) < 0 || !(timer = malloc(sizeof *timer)))
		return err_nomem(err);
	uv_timer_init(&r->driver->loop, timer);
	timer->data = r;
	uv_update_time(&r->driver->loop);
	uv_timer_start(timer, on_rate, (uint64_t)(us + 999) / 1000, 0);
	r->gate->timer = timer;
	return 0;
}

/* Take a slot, or watch for one and look again. */
static int try_slot(struct runner *r, unsigned limit, struct err *err)
{
	struct state *state = r->driver->state;
	char *folder = limits_folder(state, "workflow", r->run.info.workflow, err);
	int rc = folder ? 0 : -err->code;

	for (int i = 0; rc == 0 && r->slot_fd < 0 && i < 2; i++) {
		rc = limits_take(state, folder, limit, &r->slot_fd, err);
		if (rc == 0 && r->slot_fd < 0)
			rc = lookout_watch(r->driver, folder, LOOKOUT_CLOSED, err);
	}
	free(folder);
	return rc;
}

static const struct limit *limit_of(const struct runner *r)
{
	return config_limit(&r->driver->config, LIMIT_WORKFLOW, r->run.info.workflow);
}

int runner_gate_limits(struct runner *r, int fresh, struct err *err)
{
	const struct limit *limit = limit_of(r);
	int64_t wait = 0;
	char *folder;
	int rc = 0;

	if (!limit)
		return 0;
	if (limit->concurrency) {
		rc = try_slot(r, limit->concurrency, err);
		if (rc == 0 && r->slot_fd < 0)
			rc = runner_gate_shut(r, GATE_SLOT, err);
	}
	if (rc < 0 || !fresh || limit->rate <= 0)
		return rc;
	folder = limits_folder(r->driver->state, "workflow", r->run.info.workflow, err);
	rc = folder ? limits_reserve(r->driver->state, folder, limit->rate, &wait, err)
		    : -err->code;
	free(folder);
	return rc < 0 ? rc : wait_for_rate(r, wait, err);
}

void runner_gate_look(struct runner *r)
{
	struct err err = ERR_INIT;
	int rc;

	if (!r->gate || !(r->gate->bolts & GATE_SLOT))
		return;
	rc = try_slot(r, limit_of(r)->concurrency, &err);
	if (rc == 0 && r->slot_fd >= 0)
		rc = runner_gate_open(r, GATE_SLOT, &err);
	if (rc < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

void runner_gate_close(struct runner *r)
{
	struct os *os = r->driver->state->os;

	if (r->slot_fd >= 0) {
		os->ops->close(os, r->slot_fd);
		lookout_now(r->driver);
	}
	r->slot_fd = -1;
	gate_free(r->gate);
	r->gate = NULL;
}
