/* SPDX-License-Identifier: MIT */
#include "runner_limits.h"

#include "../model/duration.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALARM_LONGEST_MS 60000

static int64_t option(const struct runner *r, const char *name)
{
	return json_integer_value(json_object_get(r->run.info.options, name));
}

static int64_t may_begin(const struct runner *r)
{
	return r->run.info.created + option(r, "start_delay");
}

void runner_limits_note(struct runner *r, const struct event *event)
{
	if (event->type == EVENT_RUN_STARTED)
		r->began = event->at;
}

int64_t runner_deadline(const struct runner *r, const char **ret_which)
{
	int64_t whole = option(r, "timeout"), one = option(r, "run_timeout");
	int64_t by = whole ? may_begin(r) + whole : 0;

	*ret_which = "execution";
	if (one && r->began && (!by || r->began + one < by)) {
		*ret_which = "run";
		by = r->began + one;
	}
	return by;
}

json_t *runner_delay_waits(const struct runner *r)
{
	return json_pack("[{s:s, s:I}]", "kind", "start_delay", "until", (json_int_t)may_begin(r));
}

static int time_out(struct runner *r, const char *which, struct err *err)
{
	int64_t limit = option(r, strcmp(which, "run") == 0 ? "run_timeout" : "timeout");
	struct happening *h = runner_happen(r, EVENT_RUN_FAILED, 0);
	char message[100], text[60];
	json_t *error;
	int rc;

	snprintf(message, sizeof message, "the run has not ended within %s",
		 duration_format(limit, text, sizeof text));
	error = json_pack("{s:s, s:s, s:{s:s}}", "type", "timeout", "message", message, "details",
			  "timeout", which);
	rc = h && error ? runner_put_json(r, &h->fields, "error", error, err) : err_nomem(err);
	if (rc == 0) {
		buf_addf(&h->fields, ",\"timeout\":\"%s\"", which);
		h->event.body = json_pack("{s:O, s:s}", "error", error, "timeout", which);
		h->note = strdup("timed out");
	}
	json_decref(error);
	return rc == 0 && (!h->event.body || !h->note) ? err_nomem(err) : rc;
}

int runner_begin_now(struct runner *r, struct err *err)
{
	int rc;

	if (r->started || !r->delayed)
		return 0;
	r->delayed = false;
	r->mail_changed = true;
	rc = runner_say_begun(r, err);
	runner_inbox_again(r);
	return rc;
}

static void on_clock(uv_timer_t *timer);

/* Wake when the next of its times has come, by the wall clock; long waits are looked at again every
 * minute, so that a clock that is set is noticed. */
static int set_clock(struct runner *r, struct err *err)
{
	const char *which;
	int64_t at = r->delayed ? may_begin(r) : runner_deadline(r, &which), wait;

	if (!at || r->end != DRIVE_NOT_YET)
		return 0;
	if (r->virtual_time) {
		r->clock_due = at;
		return 0;
	}
	if (!r->clock) {
		r->clock = malloc(sizeof *r->clock);
		if (!r->clock)
			return err_nomem(err);
		uv_timer_init(&r->driver->loop, r->clock);
		r->clock->data = r;
	}
	wait = at - runner_now(r);
	wait = wait < 0 ? 0 : wait > ALARM_LONGEST_MS ? ALARM_LONGEST_MS : wait;
	uv_update_time(&r->driver->loop);
	uv_timer_start(r->clock, on_clock, (uint64_t)wait, 0);
	return 0;
}

/* Whatever has come. */
static int look(struct runner *r, struct err *err)
{
	int64_t now = runner_now(r), by;
	const char *which;
	int rc = 0;

	if (r->delayed && now >= may_begin(r))
		rc = runner_begin_now(r, err);
	by = runner_deadline(r, &which);
	if (rc == 0 && by && now >= by)
		return time_out(r, which, err);
	return rc < 0 ? rc : set_clock(r, err);
}

static void on_clock(uv_timer_t *timer)
{
	if (timer->data)
		runner_limits_wake(timer->data);
}

void runner_limits_wake(struct runner *r)
{
	struct err err = ERR_INIT;

	r->clock_due = 0;
	if (r->end != DRIVE_NOT_YET || r->ended || r->driver->stopped_by)
		return;
	if (look(r, &err) < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

static int tell_delay(struct runner *r, struct err *err)
{
	struct progress p = {.kind = PROGRESS_WAITING};
	json_t *waits = runner_delay_waits(r);

	if (!waits)
		return err_nomem(err);
	p.detail = waits;
	driver_progress(r->driver, r, &p);
	json_decref(waits);
	return 0;
}

int runner_limits_open(struct runner *r, struct err *err)
{
	const char *which;
	int64_t by = runner_deadline(r, &which);
	int rc = 0;

	if (by && runner_now(r) >= by)
		return time_out(r, which, err);
	r->delayed = !r->started && runner_now(r) < may_begin(r);
	if (!r->started && !r->delayed)
		rc = runner_say_begun(r, err);
	if (rc == 0 && r->delayed)
		rc = tell_delay(r, err);
	return rc < 0 ? rc : set_clock(r, err);
}

static void clock_closed(uv_handle_t *handle)
{
	free(handle);
}

void runner_limits_close(struct runner *r)
{
	if (!r->clock)
		return;
	r->clock->data = NULL;
	uv_close((uv_handle_t *)r->clock, clock_closed);
	r->clock = NULL;
}
