/* SPDX-License-Identifier: MIT */
/*
 * Messages of other processes to a run: the driver is woken by file
 * notification, turns each message into an event that names it, and removes the file
 * once that is durable and fed. A death between leaves a file whose name
 * the history already has: it is only removed.
 */
#ifndef WF_ENGINE_RUNNER_INBOX_H
#define WF_ENGINE_RUNNER_INBOX_H

#include <jansson.h>
#include <stdbool.h>

struct buf;

struct err;
struct event;
struct runner;

/* One kind of message. take: put what it means among what has happened (runner_happen; set
 * h->message to a copy of name). Return 0; INBOX_STAYS when it means nothing now and stays in the
 * inbox; INBOX_LATER when this one and what came after it must wait until what is pending was fed;
 * or negative. A message that can never mean anything: runner_inbox_drop. */
enum { INBOX_STAYS = 1, INBOX_LATER = 2, INBOX_LISTED = 3 };

struct inbox_kind {
	const char *kind;
	int (*take)(struct runner *r, const char *name, const json_t *message, struct err *err);
};

/* Before the history is read: which messages lie there. */
int runner_inbox_list(struct runner *r, struct err *err);
/* For each event replayed: a message that it names is known. */
int runner_inbox_known(struct runner *r, const struct event *event, struct err *err);
/* Watch the inbox, and take what lies there. */
int runner_inbox_watch(struct runner *r, struct err *err);
/* Whether something has come, or waits to be looked at again. */
bool runner_inbox_due(const struct runner *r);
/* The run ends, and its inbox is sealed: the signals that nobody will read become events too. A run
 * that had not begun begins for them. */
int runner_inbox_last(struct runner *r, struct err *err);
/* The end was recorded by another driver: what the history knows is removed from the inbox. */
void runner_inbox_forget(struct runner *r);
/* What stayed in the inbox may mean something now: look at all of it again, in the next turn. */
void runner_inbox_again(struct runner *r);
/* Take what has come. */
int runner_inbox_take(struct runner *r, struct err *err);
/* The message was made durable, or means nothing: remove its file. */
void runner_inbox_drop(struct runner *r, const char *name);
void runner_inbox_close(struct runner *r);

/* Append "message":NAME and the members of message that are listed (those that are there) to
 * fields, and set them in body. */
int runner_inbox_copy(json_t *body, struct buf *fields, const char *name, const json_t *message,
		      const char *const *members, struct err *err);

#endif
