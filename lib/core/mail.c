/* SPDX-License-Identifier: MIT */
#include "mail.h"

#include "../base/hash.h"
#include "future.h"
#include "update.h"

#include <stdlib.h>
#include <string.h>

static struct channel **bucket(struct mail *mail, const char *name)
{
	return &mail->buckets[hash_crc32(name, strlen(name)) % MAIL_BUCKETS];
}

struct channel *mail_channel(struct core *core, const char *name)
{
	struct channel **here = bucket(&core->mail, name), *channel;

	for (channel = *here; channel; channel = channel->next_here)
		if (strcmp(channel->name, name) == 0)
			return channel;
	channel = calloc(1, sizeof *channel);
	if (!channel || !(channel->name = strdup(name))) {
		free(channel);
		return NULL;
	}
	channel->next_here = *here;
	*here = channel;
	*(core->mail.last ? &core->mail.last->next : &core->mail.first) = channel;
	core->mail.last = channel;
	return channel;
}

/* ---- handlers */

void call_free(struct core *core, struct call *call)
{
	if (!call)
		return;
	if (call->counted)
		core->mail.handling--;
	json_decref(call->payload);
	free(call);
}

json_t *call_lend(struct core *core, struct call *call)
{
	json_t *payload = call->payload;

	if (kept_add(&core->kept, payload) < 0)
		core_die(core);
	call->payload = NULL;
	return payload;
}

struct call *mail_call(struct core *core, void (*body)(struct strand *), json_t *payload)
{
	struct call *call = calloc(1, sizeof *call);
	struct strand *strand = call ? strand_new(core, body) : NULL;

	if (!strand) {
		free(call);
		json_decref(payload);
		return NULL;
	}
	call->payload = payload;
	call->counted = true;
	core->mail.handling++;
	strand->call = call;
	return call;
}

static void handle(struct strand *strand)
{
	struct call *call = strand->call;

	call->signal(&strand->core->ctx, call_lend(strand->core, call), call->arg);
}

/* The channel with the oldest letter that has a handler; NULL: none. */
static struct channel *oldest_handled(const struct core *core)
{
	struct channel *oldest = NULL;

	for (struct channel *c = core->mail.first; c; c = c->next)
		if (c->first && (c->handler || core->mail.others) &&
		    (!oldest || c->first->order < oldest->first->order))
			oldest = c;
	return oldest;
}

int mail_handle(struct core *core)
{
	struct channel *channel = core->mail.attend && !core->mail.closed ? oldest_handled(core)
									  : NULL;
	struct call *call;

	core->mail.attend = channel != NULL;
	if (!channel)
		return 0;
	call = mail_call(core, handle, mail_take(channel));
	if (!call)
		return -1;
	call->name = channel->name;
	call->signal = channel->handler ? channel->handler : core->mail.others;
	call->arg = channel->handler ? channel->arg : core->mail.others_arg;
	return 1;
}

bool mail_handled(const struct core *core)
{
	return !core->mail.handling && !(core->mail.attend && oldest_handled(core));
}

/* ---- signals */

static int keep(struct core *core, struct channel *channel, json_t *payload)
{
	struct letter *letter = malloc(sizeof *letter);

	if (!letter) {
		json_decref(payload);
		return -1;
	}
	*letter = (struct letter){.payload = payload, .order = ++core->mail.order};
	*(channel->last ? &channel->last->next : &channel->first) = letter;
	channel->last = letter;
	return 0;
}

int mail_deliver(struct core *core, const char *name, json_t *payload)
{
	struct channel *channel = mail_channel(core, name);
	struct wf_future *taker = channel ? channel->first_taker : NULL;

	if (!channel) {
		json_decref(payload);
		return -1;
	}
	if (taker) {
		future_settle(taker, payload, NULL);
		return 0;
	}
	core->mail.attend = true;
	return keep(core, channel, payload);
}

json_t *mail_take(struct channel *channel)
{
	struct letter *letter = channel->first;
	json_t *payload;

	if (!letter)
		return NULL;
	payload = letter->payload;
	channel->first = letter->next;
	if (!channel->first)
		channel->last = NULL;
	free(letter);
	return payload;
}

void mail_wait(struct channel *channel, struct wf_future *future)
{
	future->channel = channel;
	future->taker_next = NULL;
	future->taker_prev = channel->last_taker;
	*(channel->last_taker ? &channel->last_taker->taker_next : &channel->first_taker) = future;
	channel->last_taker = future;
}

void mail_leave(struct wf_future *future)
{
	struct channel *channel = future->channel;

	if (!channel)
		return;
	*(future->taker_prev ? &future->taker_prev->taker_next
			     : &channel->first_taker) = future->taker_next;
	*(future->taker_next ? &future->taker_next->taker_prev
			     : &channel->last_taker) = future->taker_prev;
	future->channel = NULL;
}

void mail_close(struct core *core)
{
	core->mail.closed = true;
	for (struct channel *c = core->mail.first; c; c = c->next)
		while (c->first_taker)
			mail_leave(c->first_taker);
}

void mail_release(struct core *core)
{
	struct mail *mail = &core->mail;

	while (mail->first) {
		struct channel *channel = mail->first;
		mail->first = channel->next;
		while (channel->first)
			json_decref(mail_take(channel));
		free(channel->name);
		free(channel);
	}
	while (mail->query_handlers) {
		struct query_handler *handler = mail->query_handlers;
		mail->query_handlers = handler->next;
		free(handler->name);
		free(handler);
	}
	while (mail->blocks) {
		struct block *block = mail->blocks;
		mail->blocks = block->next;
		free(block);
	}
	updates_release(core);
}

/* Of the channels' next letters the one that came first; its channel's name in *ret_name. */
static const struct letter *oldest(const struct core *core, const struct letter **next,
				   const char **ret_name)
{
	const struct letter *found = NULL;
	size_t i = 0, at = 0;

	for (const struct channel *c = core->mail.first; c; c = c->next, i++)
		if (next[i] && (!found || next[i]->order < found->order)) {
			found = next[i];
			at = i;
			*ret_name = c->name;
		}
	if (found)
		next[at] = found->next;
	return found;
}

json_t *core_unread(const struct core *core)
{
	json_t *unread = json_array();
	const struct letter **next, *letter;
	const char *name = NULL;
	size_t n = 0, i = 0;
	int rc = 0;

	for (const struct channel *c = core->mail.first; c; c = c->next)
		n++;
	next = calloc(n + 1, sizeof *next);
	for (const struct channel *c = core->mail.first; c && next; c = c->next)
		next[i++] = c->first;
	if (!unread || !next)
		rc = -1;
	while (rc == 0 && (letter = oldest(core, next, &name)))
		rc = json_array_append_new(
			unread, json_pack("{s:s, s:O}", "name", name, "payload", letter->payload));
	free(next);
	if (rc == 0)
		return unread;
	json_decref(unread);
	return NULL;
}
