/* SPDX-License-Identifier: MIT */
/*
 * The history of one run: append-only lines in numbered segments,
 * <dir>/000001.jsonl and on. See lib/model/event.h for a line.
 *
 * Writing. history_append() encodes an event into memory; history_sync() makes
 * all that was appended durable with one pwrite and one fdatasync. Segments
 * grow in steps that are filled with newlines and synced beforehand, so that a
 * checkpoint overwrites allocated blocks and fdatasync writes no metadata
 * (readers skip empty lines). A segment that is left is cut to its lines.
 *
 * After a failed write or sync the history serves nothing more (ERR_SYSTEM):
 * it must be opened again, which reads back what the disk really has.
 *
 * Reading. From the first segment to the last. The valid history ends at the
 * first line that is missing or invalid, if every later valid line says by its
 * "batch" that it belongs to the same unfinished sync (a torn tail; a writer cuts
 * it off). Otherwise the file is damaged: ERR_DAMAGED names file and line.
 *
 * If the process dies between any two lines of this module: before the sync
 * returns the new lines may be there wholly, partly or not, and nobody was
 * told; a new segment without its first line is an empty segment and is reused.
 */
#ifndef WF_STORE_HISTORY_H
#define WF_STORE_HISTORY_H

#include "../model/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct os;
struct err;
struct history;

struct history_position {
	uint64_t seq;     /* of the last durable event; 0: none */
	unsigned segment; /* number of the segment it is in */
	uint64_t offset;  /* bytes of that segment up to and with it */
};

struct history_options {
	uint64_t segment_bytes; /* a segment is left once it has so many; 0: 262144 */
	bool last_generation;   /* read from where the current generation begins */
	bool writable;          /* false: never writes, a torn tail is only passed over */
	const char
		*run; /* id that segment heads carry and are checked for; NULL: neither. Copied. */
};

/* Open dir (made if writable). Reads nothing yet. New. */
int history_open(struct history **ret, struct os *os, const char *dir,
		 const struct history_options *options, struct err *err);
/* Close without syncing what was not synced. When writable and clean, cuts the filling off the last
 * segment. */
void history_close(struct history *h);

/*
 * The next recorded event, in order, into ret (release it with event_release),
 * segment heads included. 1: there was one; 0: the end; negative: error.
 * Must have reached the end before the first append.
 */
int history_read(struct history *h, struct event *ret, struct err *err);
/* Start over at the first event (read-only use: also sees what was written since). */
int history_rewind(struct history *h, struct err *err);

/* What the last segment head said; NULL or 0 before any was read. Borrowed. */
const char *history_module(const struct history *h);
/* Outcomes of steps recorded so far. */
uint64_t history_steps(const struct history *h);

/*
 * Append in memory. Sets event->seq and event->batch. fields: see event_encode. Starts a new
 * segment where needed, or where module differs from history_module() (module: SHA-256 the run is
 * pinned to; NULL: as before).
 */
int history_append(struct history *h, struct event *event, const char *fields, size_t fields_len,
		   struct err *err);
/* From now on pinned to this module: the next append begins a segment that says so. */
int history_set_module(struct history *h, const char *sha256, struct err *err);
/* The next append begins a segment, with which the run's generation of that number begins. */
void history_set_generation(struct history *h, unsigned generation);
/* Make durable what was appended; nothing to do when nothing was. */
int history_sync(struct history *h, struct err *err);
/* Where the durable history ends. */
struct history_position history_position(const struct history *h);

/*
 * The last event of the history in dir without reading all of it: reads the last
 * segment only. ret_head gets the segment's head. For status and list.
 * 1, 0 when there is none, negative.
 */
int history_tail(struct os *os, const char *dir, struct event *ret_last, struct event *ret_head,
		 uint64_t *ret_steps, struct err *err);
/* The type of its last event; EVENT_NONE when there is none, or what is there cannot be told.
 * Negative when the machine says no. */
int history_last(struct os *os, const char *dir, enum event_type *ret, struct err *err);

/* Check every line; calls each for every finding. Returns how many, or negative. */
typedef void history_finding_fn(void *arg, const char *file, unsigned long line, const char *what,
				bool torn_tail);
int history_verify(struct os *os, const char *dir, history_finding_fn *each, void *arg,
		   struct err *err);

#endif
