/* SPDX-License-Identifier: MIT */
/* Small files beside the history: halted.json, payloads/, attempts/. */
#include "run_internal.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../model/parse.h"
#include "../os/file.h"
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX ((size_t)1 << 30)
#define SOFT ".soft.json"

static int remove_file(struct os *os, const char *path, struct err *err)
{
	int rc = os->ops->unlink(os, path);

	return rc < 0 && rc != -ENOENT ? err_sys(err, -rc, "cannot remove '%s'", path) : rc == 0;
}

int run_set_halted(struct run *run, json_t *why, struct err *err)
{
	char *path = run_path(run, "halted.json", NULL);
	int rc;

	if (!path)
		return err_nomem(err);
	if (why) {
		rc = run_write_json(run->state->os, path, why, true, err);
	} else {
		rc = remove_file(run->state->os, path, err);
		if (rc > 0)
			rc = run_sync(run->state->os, run->path, err);
	}
	free(path);
	return rc;
}

int run_halted(struct run *run, json_t **ret, struct err *err)
{
	char *path = run_path(run, "halted.json", NULL);
	json_t *why = NULL;
	int rc = path ? run_read_json(run->state->os, path, &why, err) : err_nomem(err);

	free(path);
	if (rc < 0)
		return rc;
	*ret = why;
	return 0;
}

static bool payload_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == HASH_HEX - 1 &&
	       strcmp(name + HASH_HEX - 1, ".json") == 0;
}

/* Promise 1: the line that names a payload is written behind it. */
int run_put_payload(struct run *run, const char *text, size_t n, char ret_name[80], struct err *err)
{
	struct os *os = run->state->os;
	char name[80];
	struct os_stat st;
	char *folder, *path;
	int rc = run_make_folder(run, "payloads", err);

	if (rc < 0)
		return rc;
	hash_sha256(text, n, name);
	strcat(name, ".json");
	folder = run_path(run, "payloads", NULL);
	path = run_path(run, "payloads", name);
	if (!folder || !path)
		rc = err_nomem(err);
	else if (os->ops->lstat(os, path, &st) == 0 && st.kind == OS_FILE && st.size == n)
		rc = run_sync(
			os, folder,
			err); /* written before, by one who may have died before its name lasted */
	else
		rc = os_replace(os, path, text, n, 0600, err);
	if (rc == 0)
		strcpy(ret_name, name);
	free(folder);
	free(path);
	return rc;
}

static int decode_payload(const struct buf *text, const char *name, const char *path, json_t **ret,
			  struct err *err)
{
	char digest[HASH_HEX];
	struct err why = ERR_INIT;
	json_t *value;

	hash_sha256(text->data ? text->data : "", text->len, digest);
	if (strncmp(digest, name, HASH_HEX - 1) != 0)
		return err_set(err, ERR_DAMAGED,
			       "'%s': its SHA-256 differs from its name; run 'wf fsck --repair'",
			       path);
	if (parse_json(&value, text->data ? text->data : "", text->len, &why) == -ERR_NOMEM)
		return err_nomem(err);
	if (why.code)
		return err_set(err, ERR_DAMAGED, "'%s': %s", path, why.text);
	*ret = value;
	return 0;
}

int run_get_payload(struct run *run, const char *name, json_t **ret, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	char *path;
	int rc;

	if (!payload_name(name))
		return err_set(err, ERR_DAMAGED,
			       "'%.100s' is not the name of a payload of run '%s'", name, run->id);
	path = run_path(run, "payloads", name);
	rc = path ? os_read_file(run->state->os, path, PAYLOAD_MAX, &text, &why) : err_nomem(&why);
	if (rc == -ERR_NOT_FOUND)
		rc = err_set(err, ERR_DAMAGED, "'%s' is missing; run 'wf fsck --repair'", path);
	else if (rc < 0)
		rc = err_set(err, why.code, "%s", why.text);
	else
		rc = decode_payload(&text, name, path, ret, err);
	buf_release(&text);
	free(path);
	return rc;
}

/*
 * attempts/<cmd>.json is written durably. What need not be durable goes into <cmd>.soft.json beside
 * it: a power cut may leave that one empty, and must not take the counter with it.
 */
static char *attempt_path(const struct run *run, uint64_t cmd, bool durable)
{
	return str_format("%s/attempts/%" PRIu64 "%s", run->path, cmd, durable ? ".json" : SOFT);
}

static int drop_attempt(struct run *run, uint64_t cmd, bool durable, struct err *err)
{
	char *path = attempt_path(run, cmd, durable);
	int rc = path ? remove_file(run->state->os, path, err) : err_nomem(err);

	free(path);
	return rc < 0 ? rc : 0;
}

int run_set_attempt(struct run *run, uint64_t cmd, json_t *state, bool durable, struct err *err)
{
	char *path;
	int rc;

	if (!state) {
		rc = drop_attempt(run, cmd, false, err);
		return rc < 0 ? rc : drop_attempt(run, cmd, true, err);
	}
	rc = run_make_folder(run, "attempts", err);
	if (rc < 0)
		return rc;
	path = attempt_path(run, cmd, durable);
	rc = path ? run_write_json(run->state->os, path, state, durable, err) : err_nomem(err);
	free(path);
	if (rc == 0 && durable)
		rc = drop_attempt(run, cmd, false, err);
	return rc;
}

struct attempts {
	struct run *run;
	json_t *all;
	struct err *err;
	bool soft; /* the pass over the soft files, behind that over the others */
};

static json_int_t counter(const json_t *attempt)
{
	return json_integer_value(json_object_get(attempt, "attempt"));
}

/* Keep one that was read, unless it is older than what is known. Steals value. */
static int keep(struct attempts *attempts, const char *cmd, json_t *value)
{
	json_t *known = json_object_get(attempts->all, cmd);

	if (!json_is_object(value) || (known && counter(value) < counter(known))) {
		json_decref(value);
		return 0;
	}
	return json_object_set_new(attempts->all, cmd, value) < 0 ? err_nomem(attempts->err) : 0;
}

static int load_attempt(void *arg, const char *name, enum os_kind kind)
{
	struct attempts *attempts = arg;
	size_t digits = strspn(name, "0123456789");
	struct err why = ERR_INIT;
	json_t *value = NULL;
	char cmd[24], *path;
	int rc;

	if (kind != OS_FILE || digits == 0 || digits >= sizeof cmd ||
	    strcmp(name + digits, attempts->soft ? SOFT : ".json") != 0)
		return 0;
	memcpy(cmd, name, digits);
	cmd[digits] = '\0';
	path = run_path(attempts->run, "attempts", name);
	rc = path ? run_read_json(attempts->run->state->os, path, &value, &why) : err_nomem(&why);
	free(path);
	if (rc > 0)
		return keep(attempts, cmd, value);
	/* a soft file that a power cut tore says nothing */
	return rc == 0 || (rc == -ERR_DAMAGED && attempts->soft)
		       ? 0
		       : err_set(attempts->err, why.code, "%s", why.text);
}

int run_attempts(struct run *run, json_t **ret, struct err *err)
{
	struct attempts attempts = {run, json_object(), err, false};
	struct os *os = run->state->os;
	char *path = run_path(run, "attempts", NULL);
	int rc = attempts.all && path ? 0 : err_nomem(err);

	for (int pass = 0; rc == 0 && pass < 2; pass++) {
		attempts.soft = pass == 1;
		rc = os->ops->list(os, path, load_attempt, &attempts);
		if (rc == -ENOENT)
			rc = 0;
		else if (rc < 0 && !err->code)
			rc = err_sys(err, -rc, "cannot read folder '%s'", path);
	}
	free(path);
	if (rc < 0) {
		json_decref(attempts.all);
		return rc;
	}
	*ret = attempts.all;
	return 0;
}
