/* SPDX-License-Identifier: MIT */
/* What the files of the driver share. */
#ifndef WF_ENGINE_DRIVER_INTERNAL_H
#define WF_ENGINE_DRIVER_INTERNAL_H

#include "../base/error.h"
#include "../model/config.h"
#include "../store/state.h"
#include "committer.h"
#include "driver.h"
#include "pool.h"

#include <uv.h>

struct runner;

struct driver {
	struct state *state;
	struct driver_options options;
	uv_loop_t loop;
	uv_check_t turn;
	uv_prepare_t prepare;
	uv_idle_t busy; /* keeps the loop from sleeping while something has happened */
	uv_signal_t on_int, on_term;
	uv_timer_t tick;
	uv_poll_t *ear; /* on the committer's descriptor */
	int ear_fd;
	struct pool *pool;
	struct committer *committer;
	struct runner **runners;
	size_t count, size;
	struct module **modules;
	size_t module_count;
	int64_t virtual_now; /* of the runs that live by virtual time (virtual.h) */
	int stopped_by;
	bool looping;
	struct config config;    /* of the state directory */
	struct secrets *secrets; /* that its runs use */
	struct lookout *lookout; /* NULL: nothing is waited for there */
	bool families;           /* a run and children of it are driven */
};

/* Load a pinned module once. Borrowed. */
int driver_module(struct driver *d, const char *sha256, const struct module **ret, struct err *err);
/* Make the loop, and listen: to stop signals, the committer, the tick. On failure nothing is to be
 * ended. */
int driver_loop_begin(struct driver *d, struct err *err);
/* All that still listens lets go. */
void driver_loop_end(struct driver *d);
/* Something has happened: the next turn must not wait for more. */
void driver_wake(struct driver *d);
/* The runner of a run that is driven here; NULL: it is not. */
struct runner *driver_find(const struct driver *d, const char *id);
/* Drive a child beside its parent, if it is not driven here already. ret is borrowed. */
int driver_add_child(struct driver *d, const char *id, struct runner **ret, struct err *err);
/* Tell the user. */
void driver_progress(struct driver *d, const struct runner *r, struct progress *progress);
int64_t driver_now(const struct driver *d);

#endif
