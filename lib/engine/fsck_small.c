/* SPDX-License-Identifier: MIT */
/* The small files beside a history: payloads, attempts, the inbox, why it is halted, the lock. */
#include "fsck_internal.h"

#include "../base/buf.h"
#include "../base/str.h"
#include "../model/parse.h"
#include "../os/file.h"
#include "../os/os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX ((size_t)16 << 20)

struct listing {
	struct look *look;
	const char *folder; /* within the run's */
};

static void check_payloads(struct look *l)
{
	const char *name;
	json_t *value;

	json_object_foreach (l->payloads, name, value) {
		struct err why = ERR_INIT;
		json_t *payload;
		char *file = str_format("payloads/%s", name);

		if (!file)
			l->problems.failed = true;
		else if (run_get_payload(&l->run, name, &payload, &why) < 0)
			problem_add_err(&l->problems, FIX_RESTORE, file, &why);
		else
			json_decref(payload);
		free(file);
	}
}

static int each_payload(void *arg, const char *name, enum os_kind kind)
{
	struct look *l = ((struct listing *)arg)->look;

	if (name[0] != '.' && kind == OS_FILE && !json_object_get(l->payloads, name))
		problem_add(&l->problems, false, FIX_NONE, NULL,
			    "'%s/payloads/%s' is named by no event", l->path, name);
	return 0;
}

/* 1: it is an object (*ret, new); 0: gone meanwhile; negative: *why tells. */
static int read_object(struct look *l, const char *path, size_t limit, json_t **ret,
		       struct err *why)
{
	struct buf text = BUF_INIT;
	int rc = os_read_file(l->fsck->state->os, path, limit, &text, why);

	if (rc == 0) {
		json_t *value = NULL;
		struct err parsing = ERR_INIT;

		if (parse_json(&value, text.data ? text.data : "", text.len, &parsing) ==
		    -ERR_NOMEM)
			rc = err_nomem(why);
		else if (json_is_object(value))
			rc = 1;
		else
			rc = err_set(why, ERR_DAMAGED, "'%s' is no JSON object", path);
		if (rc > 0)
			*ret = value;
		else
			json_decref(value);
	}
	buf_release(&text);
	return rc == -ERR_NOT_FOUND ? 0 : rc;
}

static int each_attempt(void *arg, const char *name, enum os_kind kind)
{
	struct look *l = ((struct listing *)arg)->look;
	struct err why = ERR_INIT;
	json_t *value = NULL;
	char *file, *path;
	int rc;

	if (name[0] == '.' || kind != OS_FILE || str_ends(name, ".soft.json"))
		return 0;
	file = str_format("attempts/%s", name);
	path = file ? look_path(l, file) : NULL;
	if (!path)
		l->problems.failed = true;
	else if ((rc = read_object(l, path, MESSAGE_MAX, &value, &why)) > 0)
		json_decref(value);
	else if (rc < 0)
		problem_add_err(&l->problems, FIX_ATTEMPT, file, &why);
	free(file);
	free(path);
	return 0;
}

static void judge_message(struct look *l, const char *name, const char *file, const char *path)
{
	struct err why = ERR_INIT;
	json_t *message = NULL;
	int rc = read_object(l, path, MESSAGE_MAX + 1, &message, &why);

	if (rc < 0 && why.code == ERR_NOMEM)
		l->problems.failed = true;
	else if (rc < 0 || (rc > 0 && !json_is_string(json_object_get(message, "kind"))))
		problem_add(&l->problems, false, FIX_INBOX, file, "'%s' is no message", path);
	else if (rc > 0 && json_object_get(l->messages, name) && !l->driven)
		problem_add(&l->problems, false, FIX_NONE, file,
			    "'%s' is in the history already; the next driver removes it", path);
	else if (rc > 0 && l->closed)
		problem_add(&l->problems, false, FIX_NONE, file, "'%s' came too late", path);
	if (rc > 0)
		json_decref(message);
}

static int each_message(void *arg, const char *name, enum os_kind kind)
{
	struct look *l = ((struct listing *)arg)->look;
	char *file, *path;

	if (name[0] == '.' || kind != OS_FILE)
		return 0;
	file = str_format("inbox/%s", name);
	path = file ? look_path(l, file) : NULL;
	if (path)
		judge_message(l, name, file, path);
	else
		l->problems.failed = true;
	free(file);
	free(path);
	return 0;
}

static int list(struct look *l, const char *folder, int (*each)(void *, const char *, enum os_kind),
		struct err *err)
{
	struct os *os = l->fsck->state->os;
	struct listing listing = {l, folder};
	char *path = look_path(l, folder);
	int rc = path ? os->ops->list(os, path, each, &listing) : -ENOMEM;

	free(path);
	/* what cannot be read was told by look_at_files */
	return rc == -ENOMEM ? err_nomem(err) : 0;
}

static void check_halted(struct look *l)
{
	struct err why = ERR_INIT;
	json_t *halted = NULL;

	if (run_halted(&l->run, &halted, &why) < 0)
		problem_add_err(&l->problems, FIX_HALTED, "halted.json", &why);
	json_decref(halted);
}

int look_at_small_files(struct look *l, struct err *err)
{
	int rc = 0;

	check_payloads(l);
	check_halted(l);
	if (l->sound && !l->driven)
		rc = list(l, "payloads", each_payload, err);
	if (rc == 0)
		rc = list(l, "attempts", each_attempt, err);
	return rc == 0 ? list(l, "inbox", each_message, err) : rc;
}

/* A run that has told nothing but what it began with needs no file. */
int look_at_told(struct look *l, struct err *err)
{
	struct err why = ERR_INIT;
	json_t *kept = NULL;
	char *path = l->told ? look_path(l, "tags.json") : NULL;
	int rc;

	if (!l->told)
		return 0;
	if (!path)
		return err_nomem(err);
	rc = read_object(l, path, MESSAGE_MAX, &kept, &why);
	if (rc < 0) {
		problem_add(&l->problems, false, FIX_TOLD, "tags.json", "%s", why.text);
	} else {
		json_decref(kept);
		kept = NULL;
		rc = run_told(&l->run, &kept, err);
		if (rc == 0 && !json_equal(kept, l->told))
			problem_add(&l->problems, false, FIX_TOLD, "tags.json",
				    "'%s' is not what the history says", path);
	}
	json_decref(kept);
	free(path);
	return err->code ? -err->code : 0;
}

int mend_told(struct look *l, struct err *err)
{
	return l->told ? run_set_told(&l->run, l->told, err) : 0;
}
