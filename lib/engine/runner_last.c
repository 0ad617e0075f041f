/* SPDX-License-Identifier: MIT */
/*
 * What comes before the end of a run, however it ends. Promise 1: once its end is about to be
 * recorded nothing is put into its inbox, the signals that were promised become part of the
 * history, and the end is the last event of it.
 */
#include "driver_internal.h"
#include "runner.h"
#include "runner_inbox.h"

#include "../store/inbox.h"

int runner_seal(struct runner *r, struct err *err)
{
	return r->seal < 0 ? inbox_seal(&r->run, &r->seal, err) : 0;
}

void runner_unseal(struct runner *r)
{
	if (r->seal >= 0)
		inbox_unseal(&r->run, r->seal);
	r->seal = -1;
}

void runner_note_end(struct runner *r, const struct event *event)
{
	if (!event_ends_run(event->type))
		return;
	r->ended_as = event->type;
	json_decref(r->ended);
	r->ended = json_incref(event->body);
	r->ended_at = event->at;
	r->ended_seq = event->seq;
}

static bool is_ending(const struct runner *r)
{
	for (size_t i = 0; i < r->pending_count; i++)
		if (event_ends_run(r->pending[i].event.type))
			return true;
	return false;
}

/* The first end stands; another one comes too late. */
static void put_end_last(struct runner *r)
{
	struct happening end;
	size_t n = 0;
	bool any = false;

	for (size_t i = 0; i < r->pending_count; i++) {
		struct happening *h = &r->pending[i];

		if (!event_ends_run(h->event.type)) {
			r->pending[n++] = *h;
		} else if (!any) {
			end = *h;
			any = true;
		} else {
			if (h->message)
				runner_inbox_drop(r, h->message);
			happening_release(h);
		}
	}
	if (n && end.event.at < r->pending[n - 1].event.at)
		end.event.at = r->pending[n - 1].event.at;
	r->pending[n++] = end;
	r->pending_count = n;
}

int runner_last_words(struct runner *r, struct err *err)
{
	int rc;

	if (!is_ending(r))
		return 0;
	rc = runner_seal(r, err);
	if (rc == 0)
		rc = runner_inbox_last(r, err);
	if (rc == 0)
		put_end_last(r);
	return rc;
}
