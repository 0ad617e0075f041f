/* SPDX-License-Identifier: MIT */
/*
 * A run's folder gets its name, and changes it when the run ends.
 *
 *   open/.new-<pid>-<start>-<random>/   filled and synced; a crash leaves it for the sweep
 *   open/<id>/            by one rename, under a lock that only makers of runs take
 *   closed/<id>/          by one rename, by the driver
 */
#include "run_internal.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../os/file.h"
#include "inbox.h"
#include "index.h"
#include "run_replace.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const folders[] = {"history", "inbox"};

static int check_info(const struct run_info *info, struct err *err)
{
	int rc = run_check_id(info->id, err);

	if (rc == 0 && info->parent)
		rc = run_check_id(info->parent, err);
	if (rc == 0 && !str_utf8(info->workflow, strlen(info->workflow)))
		rc = err_set(err, ERR_USAGE, "the name of the workflow is not valid UTF-8");
	if (rc == 0 && info->module_name && !str_utf8(info->module_name, strlen(info->module_name)))
		rc = err_set(err, ERR_USAGE, "the name of the module is not valid UTF-8");
	if (rc == 0 && info->directory && !str_utf8(info->directory, strlen(info->directory)))
		rc = err_set(err, ERR_USAGE, "the name of the working folder is not valid UTF-8");
	return rc;
}

/* Where a folder is to get its name. */
struct place {
	const char *folder, *id;
	bool replaces; /* what is in closed/ */
};

/* open/ before closed/: so a run that moves between the two looks is seen. One that replaces what
 * is in closed/ does not look there. */
static int check_free(struct state *state, const struct place *to, struct err *err)
{
	static const char *const places[] = {"open", "closed"};
	const char *id = to->id;
	size_t n = to->replaces ? 1 : 2;

	for (size_t i = 0; i < n; i++) {
		char *path = state_path(state, places[i], id);
		int rc = path ? os_look(state->os, path, err) : err_nomem(err);

		free(path);
		if (rc > 0)
			return err_set(err, ERR_EXISTS, "run '%s' exists already", id);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int write_synced(struct os *os, const char *path, const char *text, struct err *err)
{
	int fd = os->ops->open(os, path, O_WRONLY | O_CREAT | O_EXCL, 0600), rc = 0;
	size_t n = strlen(text);

	if (fd < 0)
		return err_sys(err, -fd, "cannot create '%s'", path);
	if (n) {
		ssize_t put = os->ops->pwrite(os, fd, text, n, 0);

		rc = put < 0 ? (int)put : os->ops->sync(os, fd);
	}
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot write '%s'", path);
	if (os->ops->close(os, fd) < 0 && rc == 0)
		rc = err_set(err, ERR_SYSTEM, "cannot close '%s'", path);
	return rc;
}

static int put_file(struct os *os, const char *folder, const char *name, const char *text,
		    struct err *err)
{
	char *path = str_format("%s/%s", folder, name);
	int rc = path ? write_synced(os, path, text, err) : err_nomem(err);

	free(path);
	return rc;
}

static int put_message(struct os *os, const char *folder, const json_t *message, struct err *err)
{
	char *inbox = str_format("%s/inbox", folder), *text = dump_json(message, JSON_COMPACT);
	char *name = NULL;
	int rc = inbox && text ? inbox_new_name(os, &name, err) : err_nomem(err);

	if (rc == 0)
		rc = put_file(os, inbox, name, text, err);
	if (rc == 0)
		rc = run_sync(os, inbox, err);
	free(inbox);
	free(text);
	free(name);
	return rc;
}

/* Everything that a run begins with. What is synced comes last: on a file system with a journal
 * that one sync pays for the names before it, too. */
static int fill_folder(struct os *os, const char *folder, const struct run_info *info,
		       json_t *message, struct err *err)
{
	char *text = run_info_encode(info);
	int rc = text ? put_file(os, folder, "lock", "", err) : err_nomem(err);

	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof folders[0]; i++) {
		char *path = str_format("%s/%s", folder, folders[i]);

		rc = path ? os_make_dir(os, path, 0700, NULL, err) : err_nomem(err);
		free(path);
	}
	if (rc == 0)
		rc = put_file(os, folder, "run.json", text, err);
	if (rc == 0 && message)
		rc = put_message(os, folder, message, err);
	free(text);
	return rc;
}

/* One maker at a time between the look and the rename, or an id could be made, run, closed and made
 * again. */
static int take_name(struct state *state, const char *made, const struct place *to, struct err *err)
{
	struct os *os = state->os;
	char *path = state_path(state, to->folder, to->id),
	     *guard = state_path(state, "open", ".lock");
	int fd = -1, rc = path && guard ? 0 : err_nomem(err);

	if (rc == 0) {
		fd = os->ops->open(os, guard, O_RDWR | O_CREAT, 0600);
		rc = fd < 0 ? fd : os->ops->lock(os, fd, true);
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot lock '%s'", guard);
	}
	if (rc == 0)
		rc = check_free(state, to, err);
	if (rc == 0) {
		rc = os->ops->rename(os, made, path);
		if (rc == -ENOTEMPTY || rc == -EEXIST)
			rc = err_set(err, ERR_EXISTS, "run '%s' exists already", to->id);
		else if (rc < 0)
			rc = err_sys(err, -rc, "cannot rename '%s' to '%s'", made, path);
	}
	if (fd >= 0)
		os->ops->close(os, fd);
	free(path);
	free(guard);
	return rc;
}

int run_name_new(struct state *state, const char *place, char **ret, struct err *err)
{
	struct process_id self = process_self();
	uint64_t chance;
	char name[80];
	int rc = state->os->ops->random(state->os, &chance, sizeof chance);

	if (rc < 0)
		return err_sys(err, -rc, "cannot get random bytes");
	snprintf(name, sizeof name, ".new-%d-%" PRIu64 "-%016" PRIx64, (int)self.pid, self.started,
		 chance);
	*ret = state_path(state, place, name);
	return *ret ? 0 : err_nomem(err);
}

/* Promise 1: the folder and all that fill puts there is durable when this returns 0. */
static int make(struct state *state, const struct place *to, run_fill_fn *fill, void *arg,
		struct err *err)
{
	struct err ignored = ERR_INIT;
	char *made = NULL, *folder = NULL;
	bool named = false;
	int rc = check_free(state, to, err);

	if (rc == 0)
		rc = run_name_new(state, "open", &made, err);
	if (rc < 0)
		return rc;
	rc = os_make_dir(state->os, made, 0700, NULL, err);
	if (rc == 0)
		rc = fill(arg, made, err);
	if (rc == 0)
		rc = run_sync(state->os, made, err);
	if (rc == 0) {
		rc = take_name(state, made, to, err);
		named = rc == 0;
	}
	if (rc == 0) {
		folder = state_path(state, to->folder, NULL);
		rc = folder ? run_sync(state->os, folder, err) : err_nomem(err);
	}
	if (!named)
		os_remove_tree(state->os, made, &ignored);
	free(made);
	free(folder);
	return rc;
}

/* What a new run begins with. */
struct beginning {
	struct os *os;
	const struct run_info *info;
	json_t *message;   /* NULL: none */
	run_fill_fn *more; /* NULL: nothing */
	void *arg;
};

static int begin(void *arg, const char *folder, struct err *err)
{
	const struct beginning *b = arg;
	int rc = fill_folder(b->os, folder, b->info, b->message, err);

	return rc == 0 && b->more ? b->more(b->arg, folder, err) : rc;
}

static int create(struct state *state, struct beginning *beginning, struct err *err)
{
	int rc = check_info(beginning->info, err);

	struct place to = {.folder = "open",
			   .id = beginning->info->id,
			   .replaces = json_object_get(beginning->info->options, RUN_REPLACES)};

	beginning->os = state->os;
	return rc < 0 ? rc : make(state, &to, begin, beginning, err);
}

int run_create(struct state *state, const struct run_info *info, struct err *err)
{
	return create(state, &(struct beginning){.info = info}, err);
}

int run_create_with(struct state *state, const struct run_info *info, json_t *message,
		    struct err *err)
{
	return create(state, &(struct beginning){.info = info, .message = message}, err);
}

int run_create_filled(struct state *state, const struct run_info *info, run_fill_fn *fill,
		      void *arg, struct err *err)
{
	return create(state, &(struct beginning){.info = info, .more = fill, .arg = arg}, err);
}

int run_bring_back(struct state *state, const char *id, bool closed, run_fill_fn *fill, void *arg,
		   struct err *err)
{
	struct place to = {.folder = closed ? "closed" : "open", .id = id};

	return make(state, &to, fill, arg, err);
}

/* Nobody believes it while the run is in open/, and what finds a torn one there writes it again: so
 * it gets its name first, and one sync pays for both. Durable when this returns 0. */
static int put_result(struct run *run, json_t *result, struct err *err)
{
	struct os *os = run->state->os;
	char *path = run_path(run, "result.json", NULL);
	int rc = path ? run_write_json(os, path, result, false, err) : err_nomem(err);

	if (rc == 0)
		rc = os_sync_file(os, path, err);
	if (rc == 0)
		rc = run_sync(os, run->path, err);
	free(path);
	return rc;
}

/* Folders that nothing will be put into any more; one that holds something stays. */
static void drop_empty(struct run *run)
{
	static const char *const idle[] = {"attempts", "inbox", "logs"};

	for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++) {
		char *path = run_path(run, idle[i], NULL);

		if (path)
			run->state->os->ops->rmdir(run->state->os, path);
		free(path);
	}
}

/* Move to closed/; whoever died between the rename and the syncs has left the rename to be synced
 * by us. */
static int move(struct run *run, const char *to, struct err *err)
{
	struct os *os = run->state->os;
	struct os_stat st;
	int rc = os->ops->rename(os, run->path, to);

	if (rc == -ENOENT && os->ops->lstat(os, to, &st) == 0)
		rc = 0;
	if (rc == -ENOTEMPTY || rc == -EEXIST)
		return err_set(err, ERR_DAMAGED,
			       "run '%s' is both in open/ and in closed/; run 'wf fsck --repair'",
			       run->id);
	return rc < 0 ? err_sys(err, -rc, "cannot rename '%s' to '%s'", run->path, to) : 0;
}

static int sync_places(struct run *run, struct err *err)
{
	static const char *const places[] = {"closed", "open"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof places / sizeof places[0]; i++) {
		char *path = state_path(run->state, places[i], NULL);

		rc = path ? run_sync(run->state->os, path, err) : err_nomem(err);
		free(path);
	}
	return rc;
}

/* Lists find it there without reading the run; before it is closed, so that no older line of it
 * stands for it. What fails here costs lists some time. */
static void tell_index(struct run *run, const json_t *result)
{
	struct err ignored = ERR_INIT;
	char *line;

	if (index_line_of(run, result, &line, &ignored) < 0)
		return;
	index_append(run->state, line, strlen(line), &ignored);
	free(line);
}

int run_close(struct run *run, json_t *result, struct err *err)
{
	char *to;
	int rc = 0;

	if (run->closed)
		return sync_places(run, err);
	to = state_path(run->state, "closed", run->id);
	if (!to)
		return err_nomem(err);
	if (os_exists(run->state->os, run->path) || !os_exists(run->state->os, to))
		rc = put_result(run, result, err);
	if (rc == 0)
		tell_index(run, result);
	if (rc == 0)
		rc = move(run, to, err);
	if (rc < 0) {
		free(to);
		return rc;
	}
	free(run->path);
	run->path = to;
	run->closed = true;
	rc = sync_places(run, err);
	if (rc == 0)
		drop_empty(run);
	return rc;
}
