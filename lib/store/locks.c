/* SPDX-License-Identifier: MIT */
#include "locks.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "history.h"
#include "run_internal.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD_MOST 16

/* The folder's kernel lock and one lock's file. */
struct lock_file {
	struct state *state;
	int fd;
	char *path;
	json_t *root, *holders, *waiting;
	bool changed;
};

static int lock_folder(struct state *state, bool make, int *ret_fd, struct err *err)
{
	struct os *os = state->os;
	char *folder = state_path(state, "locks", NULL), *path = state_path(state, "locks", "lock");
	int fd, rc = folder && path ? 0 : err_nomem(err);

	if (rc == 0 && make)
		rc = os_make_dir(os, folder, 0700, NULL, err);
	fd = rc == 0 ? os->ops->open(os, path, O_RDWR | (make ? O_CREAT : 0), 0600) : -1;
	if (rc == 0 && fd == -ENOENT && !make) {
		*ret_fd = -1;
	} else if (rc == 0) {
		rc = fd < 0 ? fd : os->ops->lock(os, fd, true);
		if (rc < 0) {
			rc = err_sys(err, -rc, "cannot lock '%s'", path);
			if (fd >= 0)
				os->ops->close(os, fd);
		} else {
			*ret_fd = fd;
		}
	}
	free(folder);
	free(path);
	return rc;
}

static json_t *list_of(json_t *root, const char *member)
{
	json_t *list = json_object_get(root, member);

	if (!json_is_array(list) && json_object_set_new(root, member, json_array()) == 0)
		list = json_object_get(root, member);
	return list;
}

static int read_file(struct lock_file *f, const char *name, struct err *err)
{
	char *file = str_format("%s.json", name);
	int rc = 0;

	f->path = file ? state_path(f->state, "locks", file) : NULL;
	free(file);
	if (!f->path)
		return err_nomem(err);
	rc = run_read_json(f->state->os, f->path, &f->root, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		f->root = json_object();
	if (f->root && !json_is_object(f->root))
		return err_set(err, ERR_DAMAGED, "'%s' is no JSON object; remove it", f->path);
	f->holders = f->root ? list_of(f->root, "holders") : NULL;
	f->waiting = f->root ? list_of(f->root, "waiting") : NULL;
	return f->holders && f->waiting ? 0 : err_nomem(err);
}

static void file_close(struct lock_file *f)
{
	if (f->fd >= 0)
		f->state->os->ops->close(f->state->os, f->fd);
	json_decref(f->root);
	free(f->path);
}

static int file_open(struct lock_file *ret, struct state *state, const char *name, struct err *err)
{
	struct lock_file f = {.state = state, .fd = -1};
	int rc = lock_folder(state, true, &f.fd, err);

	if (rc == 0)
		rc = read_file(&f, name, err);
	if (rc < 0)
		file_close(&f);
	else
		*ret = f;
	return rc;
}

int locks_read(struct state *state, const char *name, json_t **ret, struct err *err)
{
	struct lock_file f = {.state = state, .fd = -1};
	int rc = read_file(&f, name, err);

	if (rc == 0)
		*ret = json_incref(f.root);
	file_close(&f);
	return rc;
}

static int file_write(struct lock_file *f, struct err *err)
{
	struct os *os = f->state->os;
	int rc;

	if (!f->changed)
		return 0;
	if (json_array_size(f->holders) || json_array_size(f->waiting))
		return run_write_json(os, f->path, f->root, true, err);
	rc = os->ops->unlink(os, f->path);
	return rc < 0 && rc != -ENOENT ? err_sys(err, -rc, "cannot remove '%s'", f->path) : 0;
}

static const char *run_of(const json_t *entry)
{
	const char *run = json_string_value(json_object_get(entry, "run"));

	return run && !str_id_problem(run) ? run : "";
}

static bool is_claim(const json_t *entry, const char *run, uint64_t cmd)
{
	return strcmp(run_of(entry), run) == 0 &&
	       (uint64_t)json_integer_value(json_object_get(entry, "cmd")) == cmd;
}

/* Index of the claim in list, or its size. */
static size_t find_claim(const json_t *list, const char *run, uint64_t cmd)
{
	size_t i = 0;

	while (i < json_array_size(list) && !is_claim(json_array_get(list, i), run, cmd))
		i++;
	return i;
}

/* 1 or 0. Who cannot be looked at is not dead for that: negative. */
static int is_driven(struct state *state, const char *run, struct err *err)
{
	struct os *os = state->os;
	char *path;
	int fd, rc;

	if (!*run)
		return 0;
	path = str_format("%s/open/%s/lock", state->path, run);
	fd = path ? os->ops->open(os, path, O_RDONLY | O_NONBLOCK, 0) : -ENOMEM;
	rc = fd < 0 ? fd : os->ops->lock_query(os, fd);
	if (rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP)
		rc = 0;
	else if (rc < 0)
		rc = err_sys(err, -rc, "cannot tell whether run '%s' is driven", run);
	if (fd >= 0)
		os->ops->close(os, fd);
	free(path);
	return rc < 0 ? rc : rc == OS_LOCK_HELD;
}

static int is_suspended(struct state *state, const char *run, struct err *err)
{
	char *path = str_format("%s/open/%s/history", state->path, run);
	enum event_type last = EVENT_NONE;
	int rc = path ? history_last(state->os, path, &last, err) : err_nomem(err);

	free(path);
	return rc < 0 ? rc : last == EVENT_RUN_SUSPENDED;
}

static int keeps_hold(struct state *state, const char *run, struct err *err)
{
	int rc = is_driven(state, run, err);

	return rc == 0 && *run ? is_suspended(state, run, err) : rc;
}

/* Holders that have ended or died let go. The run itself decides about its own. */
static int drop_dead(struct lock_file *f, const char *self, struct err *err)
{
	for (size_t i = json_array_size(f->holders); i-- > 0;) {
		const char *run = run_of(json_array_get(f->holders, i));
		int rc = strcmp(run, self) == 0 ? 1 : keeps_hold(f->state, run, err);

		if (rc < 0)
			return rc;
		if (rc > 0)
			continue;
		json_array_remove(f->holders, i);
		f->changed = true;
	}
	return 0;
}

/* How many that wait come before place, and are there to take it; or negative. */
static int waiting_before(const struct lock_file *f, const char *self, size_t place,
			  struct err *err)
{
	int n = 0;

	for (size_t i = 0; i < place && i < json_array_size(f->waiting); i++) {
		const char *run = run_of(json_array_get(f->waiting, i));
		int rc = strcmp(run, self) == 0 ? 1 : is_driven(f->state, run, err);

		if (rc < 0)
			return rc;
		n += rc;
	}
	return n;
}

/* How many hold it, or wait for it before place; or negative. waiter: whose claims count there
 * though nobody drives it. */
static int count_before(struct lock_file *f, const char *self, const char *waiter, size_t place,
			struct err *err)
{
	int rc = drop_dead(f, self, err);

	if (rc == 0)
		rc = waiting_before(f, waiter, place, err);
	return rc < 0 ? rc : rc + (int)json_array_size(f->holders);
}

static int add_claim(struct lock_file *f, json_t *list, const struct lock_claim *claim,
		     struct err *err)
{
	json_t *entry = json_pack("{s:s, s:I}", "run", claim->run, "cmd", (json_int_t)claim->cmd);

	f->changed = true;
	return json_array_append_new(list, entry) < 0 ? err_nomem(err) : 0;
}

static json_t *ahead_of(const struct lock_file *f, size_t place)
{
	json_t *ahead = json_array(), *entry;
	size_t i;

	json_array_foreach (f->holders, i, entry)
		if (i < AHEAD_MOST)
			json_array_append(ahead, json_object_get(entry, "run"));
	json_array_foreach (f->waiting, i, entry)
		if (i < place && i < AHEAD_MOST)
			json_array_append(ahead, json_object_get(entry, "run"));
	return ahead;
}

static int take(struct lock_file *f, const struct lock_claim *claim, struct err *err)
{
	size_t place = find_claim(f->waiting, claim->run, claim->cmd);
	int before, rc;

	if (find_claim(f->holders, claim->run, claim->cmd) < json_array_size(f->holders))
		return 1;
	before = count_before(f, claim->run, claim->run, place, err);
	if (before < 0)
		return before;
	if ((unsigned)before < claim->limit) {
		if (place < json_array_size(f->waiting))
			json_array_remove(f->waiting, place);
		rc = add_claim(f, f->holders, claim, err);
		return rc < 0 ? rc : 1;
	}
	return place < json_array_size(f->waiting) ? 0 : add_claim(f, f->waiting, claim, err);
}

int locks_take(struct state *state, const struct lock_claim *claim, json_t **ret_ahead,
	       struct err *err)
{
	struct lock_file f;
	int rc = file_open(&f, state, claim->name, err), written;

	if (rc < 0)
		return rc;
	rc = take(&f, claim, err);
	written = rc < 0 ? rc : file_write(&f, err);
	if (written == 0 && rc == 0 && ret_ahead)
		*ret_ahead = ahead_of(&f, find_claim(f.waiting, claim->run, claim->cmd));
	file_close(&f);
	return written < 0 ? written : rc;
}

int locks_free(struct state *state, const struct lock_claim *claim)
{
	struct err ignored = ERR_INIT;
	struct lock_file f = {.state = state, .fd = -1};
	int before = read_file(&f, claim->name, &ignored);

	if (before == 0)
		before = count_before(&f, claim->run, "",
				      find_claim(f.waiting, claim->run, claim->cmd), &ignored);
	file_close(&f);
	return before >= 0 && (unsigned)before < claim->limit;
}

static void remove_claim(struct lock_file *f, json_t *list, const char *run, uint64_t cmd)
{
	size_t i = find_claim(list, run, cmd);

	if (i < json_array_size(list)) {
		json_array_remove(list, i);
		f->changed = true;
	}
}

int locks_let_go(struct state *state, const char *name, const char *run, uint64_t cmd,
		 struct err *err)
{
	struct lock_file f;
	int rc = file_open(&f, state, name, err);

	if (rc < 0)
		return rc;
	remove_claim(&f, f.holders, run, cmd);
	remove_claim(&f, f.waiting, run, cmd);
	rc = file_write(&f, err);
	file_close(&f);
	return rc;
}

struct forgetting {
	struct state *state;
	const char *run;
	const json_t *keep;
	struct err *err;
};

static void forget_in(struct lock_file *f, json_t *list, const struct forgetting *g)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *entry = json_array_get(list, i);
		char cmd[24];

		snprintf(cmd, sizeof cmd, "%lld",
			 (long long)json_integer_value(json_object_get(entry, "cmd")));
		if (strcmp(run_of(entry), g->run) != 0 || json_object_get(g->keep, cmd))
			continue;
		json_array_remove(list, i);
		f->changed = true;
	}
}

static int forget_one(void *arg, const char *file, enum os_kind kind)
{
	struct forgetting *g = arg;
	struct lock_file f = {.state = g->state, .fd = -1};
	char *name;
	int rc;

	if (kind != OS_FILE || !str_ends(file, ".json"))
		return 0;
	name = strndup(file, strlen(file) - 5);
	rc = name ? read_file(&f, name, g->err) : err_nomem(g->err);
	if (rc == 0) {
		forget_in(&f, f.holders, g);
		forget_in(&f, f.waiting, g);
		rc = file_write(&f, g->err);
	}
	file_close(&f);
	free(name);
	return rc;
}

int locks_forget_run(struct state *state, const char *run, const json_t *keep, struct err *err)
{
	struct forgetting g = {state, run, keep, err};
	struct os *os = state->os;
	char *folder = state_path(state, "locks", NULL);
	int fd = -1, rc = folder ? lock_folder(state, false, &fd, err) : err_nomem(err);

	if (rc == 0 && fd >= 0) {
		rc = os->ops->list(os, folder, forget_one, &g);
		if (rc < 0 && !err->code)
			rc = rc == -ENOENT ? 0 : err_sys(err, -rc, "cannot read '%s'", folder);
		os->ops->close(os, fd);
	}
	free(folder);
	return rc;
}
