/* SPDX-License-Identifier: MIT */
/*
 * The commands of a workflow: numbered as they are asked for, kept until their
 * outcome is there, queued until they are served. What has its outcome is
 * forgotten, so that a run of any length holds only what is open.
 */
#ifndef WF_CORE_COMMAND_H
#define WF_CORE_COMMAND_H

#include "../wf.h"
#include "core.h"

struct entry {
	struct command command;
	struct step step;         /* COMMAND_STEP */
	struct wf_scope *scope;   /* that it belongs to; NULL: none */
	struct wf_future *future; /* gets the outcome; NULL: nobody wants it */
	wf_coroutine_fn *fn;      /* COMMAND_SIDE_EFFECT */
	void *arg;
	char *text;          /* COMMAND_LOG, COMMAND_MARKER: owned */
	char *run, *name;    /* COMMAND_SIGNAL, COMMAND_UPDATE: owned */
	json_t *value;       /* the same */
	json_t *fields;      /* owned; NULL: none */
	struct child *child; /* COMMAND_CHILD: owned */
	bool cancelled, queued;
	bool stopping; /* asked to stop, and its outcome is waited for */
	struct entry *prev,
		*next; /* among the open ones, or the cancelled ones: in the order of asking */
	struct entry *queue_prev, *queue_next;
};

struct entries {
	struct entry *first, *last;
};

struct commands {
	uint64_t last; /* number given last */
	size_t open_count;
	struct entries open;      /* no outcome yet */
	struct entries cancelled; /* given up; an outcome may still come */
	size_t cancelled_count;
	uint64_t forgotten;    /* cancelled timers up to here are not remembered */
	struct entries queue;  /* not served yet */
	struct entry *said;    /* log line or cancellation handed out last */
	struct entry *settled; /* had its outcome in the last feed */
	struct entry **table;  /* open and cancelled ones by number */
	size_t size, used;
};

/* New, without number and in no list; NULL: no memory. */
struct entry *entry_new(enum command_kind kind);
void entry_free(struct entry *entry);
/* Number it and queue it. Steals entry; -1: no memory, and it is freed. */
int commands_ask(struct commands *commands, struct entry *entry);
/* Queue a log line, which has no number. Steals entry. */
void commands_say(struct commands *commands, struct entry *entry);
/* The end of this update needs no recording any more: if it waits to be served, it no longer does.
 */
void commands_unsay_update(struct commands *commands, const char *name);
/* Open or cancelled; NULL: never asked, or has had its outcome. */
struct entry *commands_find(const struct commands *commands, uint64_t id);
/* It has its outcome. It is freed by the next commands_settle or commands_release. */
void commands_settle(struct commands *commands, struct entry *entry);
/* Nobody wants its outcome any more. -1: no memory. */
int commands_cancel(struct commands *commands, struct entry *entry);
/* It shall stop, and its outcome is still wanted. -1: no memory. */
int commands_stop(struct commands *commands, struct entry *entry);
const struct command *commands_next(struct commands *commands);
/* Let futures go, and what was not served yet, but for the log. */
void commands_detach(struct commands *commands, bool unserved_too);
void commands_release(struct commands *commands);

#endif
