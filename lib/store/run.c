/* SPDX-License-Identifier: MIT */
/* Opening a run, and what the other files of a run's folder use. */
#include "run_internal.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../model/parse.h"
#include "../os/file.h"
#include "branches.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN_JSON_MAX ((size_t)256 << 20)

int run_check_id(const char *id, struct err *err)
{
	const char *problem = str_id_problem(id);
	char *quoted;
	int rc;

	if (!problem)
		return 0;
	quoted = str_quote(id, strlen(id));
	rc = quoted ? err_set(err, ERR_USAGE, "%s cannot be a run id: it %s", quoted, problem)
		    : err_nomem(err);
	free(quoted);
	return rc;
}

char *run_path(const struct run *run, const char *a, const char *b)
{
	return b ? str_format("%s/%s/%s", run->path, a, b) : str_format("%s/%s", run->path, a);
}

int run_sync(struct os *os, const char *path, struct err *err)
{
	int rc = os->ops->sync_dir(os, path);

	return rc < 0 ? err_sys(err, -rc, "cannot sync '%s'", path) : 0;
}

int run_make_folder(struct run *run, const char *name, struct err *err)
{
	char *path = run_path(run, name, NULL);
	bool made = false;
	int rc = path ? os_make_dir(run->state->os, path, 0700, &made, err) : err_nomem(err);

	free(path);
	return rc == 0 && made ? run_sync(run->state->os, run->path, err) : rc;
}

int run_read_json(struct os *os, const char *path, json_t **ret, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	json_t *value;
	int rc = os_read_file(os, path, RUN_JSON_MAX, &text, &why);

	if (rc < 0) {
		buf_release(&text);
		return rc == -ERR_NOT_FOUND ? 0 : err_set(err, why.code, "%s", why.text);
	}
	rc = parse_json(&value, text.data ? text.data : "", text.len, &why);
	buf_release(&text);
	if (rc == -ERR_NOMEM)
		return err_nomem(err);
	if (rc < 0)
		return err_set(err, ERR_DAMAGED, "'%s': %s; run 'wf fsck --repair'", path,
			       why.text);
	*ret = value;
	return 1;
}

int run_write_json(struct os *os, const char *path, json_t *value, bool durable, struct err *err)
{
	struct buf text = BUF_INIT;
	char *dumped = dump_json(value, JSON_COMPACT | JSON_ENCODE_ANY);
	int rc;

	if (!dumped)
		return err_nomem(err);
	buf_adds(&text, dumped);
	buf_addc(&text, '\n');
	free(dumped);
	if (!buf_ok(&text))
		rc = err_nomem(err);
	else
		rc = (durable ? os_replace : os_replace_soft)(os, path, text.data, text.len, 0600,
							      err);
	buf_release(&text);
	return rc;
}

/* 1: *ret is the path of a folder of the run (new); 0: there is none; negative. */
static int look(struct state *state, const char *where, const char *id, char **ret, struct err *err)
{
	char *path = state_path(state, where, id);
	struct os_stat st;
	int rc = path ? state->os->ops->lstat(state->os, path, &st) : -ENOMEM;

	if (rc == 0 && st.kind == OS_DIRECTORY) {
		*ret = path;
		return 1;
	}
	if (rc == 0)
		rc = err_set(err, ERR_DAMAGED,
			     "'%s' is %s where the folder of a run should be; move it away", path,
			     st.kind == OS_LINK ? "a symbolic link" : "a file");
	else if (rc == -ENOENT)
		rc = 0;
	else
		rc = err_sys(err, -rc, "cannot stat '%s/%s/%s'", state->path, where, id);
	free(path);
	return rc;
}

int run_unknown(const struct state *state, const char *id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
		       "there is no run '%s' in '%s'; 'wf list' names those there are", id,
		       state->path);
}

/* open/ twice: a run may be moved back there (reset) while we look. */
static int locate(struct run *run, struct err *err)
{
	static const char *const folders[] = {"open", "closed", "open"};

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		int rc = look(run->state, folders[i], run->id, &run->path, err);

		run->closed = i == 1;
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	return run_unknown(run->state, run->id, err);
}

/* Its files may have been pruned, or its branch fetched from elsewhere. */
static int locate_or_recall(struct run *run, struct err *err)
{
	struct state *state = run->state;
	struct err why = ERR_INIT;
	int rc = locate(run, err);

	if (rc != -ERR_NOT_FOUND || !state->recall || !branches_may_have(state, run->id))
		return rc;
	rc = state->recall(state->recall_arg, state, run->id, &why);
	if (rc == 0)
		return -err->code;
	err_clear(err);
	return rc < 0 ? err_set(err, why.code, "%s", why.text) : locate(run, err);
}

static int read_info(struct run *run, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	char *path = run_path(run, "run.json", NULL);
	int rc = path ? os_read_file(run->state->os, path, RUN_JSON_MAX, &text, &why)
		      : err_nomem(&why);

	if (rc == -ERR_NOT_FOUND)
		rc = err_set(err, ERR_DAMAGED, "'%s' is missing; run 'wf fsck --repair'", path);
	else if (rc < 0)
		rc = err_set(err, why.code, "%s", why.text);
	else
		rc = run_info_decode(&run->info, text.data ? text.data : "", text.len, path, err);
	if (rc == 0 && strcmp(run->info.id, run->id) != 0)
		rc = err_set(err, ERR_DAMAGED,
			     "'%s' belongs to run '%.200s'; run 'wf fsck --repair'", path,
			     run->info.id);
	buf_release(&text);
	free(path);
	return rc;
}

int run_open(struct run *ret, struct state *state, const char *id, struct err *err)
{
	struct run run = {.state = state, .lock_fd = -1};
	bool moved;
	int rc = run_check_id(id, err);

	if (rc < 0)
		return rc;
	run.id = strdup(id);
	do {
		rc = run.id ? locate_or_recall(&run, err) : err_nomem(err);
		if (rc == 0)
			rc = read_info(&run, err);
		/* closed between two looks: look once more */
		moved = rc == -ERR_DAMAGED && run.path && !run.closed &&
			!os_exists(state->os, run.path);
		if (moved) {
			err_clear(err);
			free(run.path);
			run.path = NULL;
		}
	} while (moved);
	if (rc < 0) {
		run_release(&run);
		return rc;
	}
	*ret = run;
	return 0;
}

void run_release(struct run *run)
{
	if (!run)
		return;
	run_unlock(run);
	run_info_release(&run->info);
	free(run->id);
	free(run->path);
	run->id = run->path = NULL;
}
