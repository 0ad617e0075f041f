/* SPDX-License-Identifier: MIT */
/*
 * Events: what happened in a run, one JSON object a line. The table of types
 * and the fields of each are in wf-state(5); this header and that page change
 * together.
 *
 * A line is  {"seq":N,"at":MS,"type":"...",...,"crc":"xxxxxxxx"}\n
 * with crc the CRC-32 (8 hexadecimal digits) of every byte before `,"crc":`.
 * "batch" (absent: 0) is the line's place among those made durable by one sync:
 * when a line was written, all lines up to seq - batch - 1 were on disk already.
 */
#ifndef WF_MODEL_EVENT_H
#define WF_MODEL_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* Permanent: names are written to disk, numbers are not. */
enum event_type {
	EVENT_NONE = 0,
	EVENT_SEGMENT,          /* first line of each segment: segment, module, steps, run */
	EVENT_RUN_STARTED,      /* rules, workflow, input|input_file, parent */
	EVENT_STEP_STARTED,     /* cmd, step, attempt (at-most-once steps, and steps completed from
				   outside) */
	EVENT_STEP_COMPLETED,   /* cmd, step, input.., attempt, us, result|result_file */
	EVENT_STEP_FAILED,      /* cmd, step, input.., attempt, us, error */
	EVENT_TIMER_FIRED,      /* cmd */
	EVENT_SIDE_EFFECT,      /* cmd, value */
	EVENT_PATCHED,          /* id: new code took the new path */
	EVENT_VERSION,          /* id, version */
	EVENT_SIGNAL_RECEIVED,  /* name, payload, message, from */
	EVENT_UPDATE_ACCEPTED,  /* update, name, payload, message */
	EVENT_UPDATE_COMPLETED, /* update, result|error */
	EVENT_CANCEL_REQUESTED, /* reason, message */
	EVENT_CHILD_STARTED,    /* cmd, child, workflow */
	EVENT_CHILD_CLOSED,     /* cmd, child, status, result|error */
	EVENT_SIGNAL_SENT,      /* cmd, error? (a signal to another run was delivered) */
	EVENT_TAGS_SET,         /* cmd, tags? memo? details? */
	EVENT_LOCK_ACQUIRED,    /* cmd, lock, limit */
	EVENT_LOCK_LET_GO,      /* cmd, lock, acquired: cmd */
	EVENT_RUN_COMPLETED,    /* result */
	EVENT_RUN_FAILED,       /* error */
	EVENT_RUN_CANCELLED,    /* error */
	EVENT_RUN_TERMINATED,   /* reason */
	EVENT_RUN_CONTINUED,    /* input, workflow: continue-as-new, a new generation follows */
	/* notes: about the driving of a run; replay passes over them */
	EVENT_RUN_SUSPENDED,  /* waiting: [...] */
	EVENT_RUN_RESUMED,    /* pid, host, version */
	EVENT_RUN_RESET,      /* to: seq, count, reason? */
	EVENT_RUN_FORKED,     /* of, event: the lines before it are those of another run */
	EVENT_MODULE_CHANGED, /* from, to */
	EVENT_TYPES
};

const char *event_type_name(enum event_type type);
enum event_type event_type_parse(const char *name, size_t n);
/* Whether replay passes over it (segment heads and notes). */
bool event_is_note(enum event_type type);
/* Whether it ends the run (or the generation). */
bool event_is_end(enum event_type type);
/* The same, but when another generation follows. */
bool event_ends_run(enum event_type type);

struct event {
	uint64_t seq;
	int64_t at;   /* milliseconds since 1970 */
	uint64_t cmd; /* the command it answers; 0: none */
	enum event_type type;
	unsigned batch;
	json_t *body; /* the whole line as an object, or (before writing) the fields after "type";
			 owned */
};

void event_release(struct event *event);

/*
 * Append the line of an event to out, newline included. fields: the text of
 * the members after "type" without braces and without leading comma (may be
 * empty), already JSON: so a worker's text is written without another parse.
 */
int event_encode(struct buf *out, const struct event *event, const char *fields, size_t fields_len,
		 struct err *err);
/*
 * Parse and verify one line (without its newline). ERR_DAMAGED says what is
 * wrong: not JSON, no crc, crc differs, unknown type (a newer wf).
 */
int event_decode(struct event *ret, const char *line, size_t n, struct err *err);
/* The same from an object that was parsed elsewhere; its checksum is not looked at. Takes a share
 * of body. */
int event_of_json(struct event *ret, json_t *body, struct err *err);

#endif
