/* SPDX-License-Identifier: MIT */
/* What the files of the history share. */
#ifndef WF_STORE_HISTORY_INTERNAL_H
#define WF_STORE_HISTORY_INTERNAL_H

#include "../base/buf.h"
#include "history.h"
#include "history_lines.h"

#define SEGMENT_BYTES 262144
#define SHA_SIZE 65
#define DIRECT_BYTES 65536

/* Writing past the kernel's cache (history_put.c). */
struct direct {
	size_t unit; /* bytes of a block of the device; 0: through the cache */
	size_t held; /* of the block in which the lines end: how many are lines */
	char *block; /* DIRECT_BYTES, begins with these; NULL: never needed */
};

struct history {
	struct os *os;
	char *dir, *run; /* run: NULL when not known */
	uint64_t segment_bytes;
	bool writable;
	bool listed; /* last_listed is known */
	bool ended;  /* read to the end */
	bool again;  /* what follows offset was read a second time, and gave no line */
	bool adopt_seq, adopt_steps; /* begun in the middle: the next head is taken at its word */
	bool broken;                 /* a write or a sync failed */
	unsigned last_listed;
	struct lines lines;

	int fd;              /* the segment in hand, or -1 */
	unsigned segment;    /* its number; 0: none yet */
	uint64_t offset;     /* end of its valid lines */
	uint64_t unproven;   /* where the lines of the last sync begin, of those that were read */
	unsigned long line;  /* lines up to there */
	uint64_t seq, steps; /* up to the event read or appended last */
	char module[SHA_SIZE], pin[SHA_SIZE];
	unsigned generation, next_generation; /* of the run: read or written last; to be begun */
	unsigned first;                       /* segment that the generation begins with */
	bool last_generation;                 /* read from there */

	uint64_t capacity; /* the segment is filled with newlines up to here */
	struct direct direct;
	struct buf pending;
	struct history_position durable;
};

/* <dir>/000001.jsonl; new. */
char *segment_path(const char *dir, unsigned segment);
/* Number in the name of a segment, 0 when it is none. */
unsigned segment_parse(const char *name);
/* Highest number in dir, and the lowest above after; 0 when there is none. */
int segment_find(struct os *os, const char *dir, unsigned after, unsigned *ret_next,
		 unsigned *ret_last, struct err *err);
/* Open it. A handle, or -errno (-ENOMEM too). */
int segment_open(struct os *os, const char *dir, unsigned segment, int flags);
/* ERR_DAMAGED for a line of a segment (0: for the segment as such), with what to do. */
int segment_damaged(struct err *err, const char *dir, unsigned segment, unsigned long line,
		    const char *what);

/* Whether a line can follow seq as a part of a sync that was not finished: see history.h, "batch".
 */
enum line_verdict { LINE_TORN, LINE_SAME_SYNC, LINE_PROOF };
enum line_verdict line_judge(const struct line *line, uint64_t seq);
/* Why this is not the line that must follow; 0 when it is (and ret is filled), else negative. */
int history_take(struct history *h, const struct line *line, struct event *ret, struct err *why);

/* The history was read to its end; torn: something lies behind it. Makes what was read durable and
 * the end clean. */
int history_settle(struct history *h, bool torn, struct err *err);
/* Make the segment hold filling up to where the next n bytes end, and beyond, durably. */
int history_fill(struct history *h, uint64_t n, struct err *err);
/* Past the cache: leave the rest of the block as filling, where the next n bytes would reach into
 * the block behind it and need not. */
void history_skip(struct history *h, size_t n);
/* Write lines over the filling, at h->offset; not durable yet. 0 or -errno. */
int history_put(struct history *h, const char *data, size_t n);
/* Write the lines of the last sync, which were read, over themselves; not durable yet. 0 or -errno.
 */
int history_put_again(struct history *h);
/* Close the segment in hand, if there is one. */
void history_let_go(struct history *h);
/* The history serves nothing more. Returns the code of a failed call that has no other. */
int history_broke(struct history *h, int sys, const char *what, struct err *err);
/* Cut the filling off the segment in hand, durably. */
int history_cut(struct history *h, struct err *err);

#endif
