/* SPDX-License-Identifier: MIT */
#include "runner_restore.h"

#include "../base/hash.h"
#include "../base/str.h"
#include "../os/file.h"
#include "driver_internal.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

#define MODULE_MAX ((size_t)256 << 20)

/* files: only these; NULL: what is missing. Steals it. */
static bool restore(struct driver *driver, const char *id, json_t *files)
{
	struct err ignored = ERR_INIT;
	json_t *answer = NULL;
	json_t *request = json_pack("{s:s, s:s, s:b, s:o*}", "do", "restore", "run", id, "only",
				    files != NULL, "files", files);
	bool any = request && committer_ask(driver->committer, request, &answer, &ignored) == 0 &&
		   json_array_size(json_object_get(answer, "restored")) > 0;

	json_decref(request);
	json_decref(answer);
	return any;
}

bool runner_restore(struct driver *driver, const char *id)
{
	return restore(driver, id, NULL);
}

/* What does not even look like a module may be one no more. */
static bool is_damaged(struct state *state, const char *sha256)
{
	struct err ignored = ERR_INIT;
	struct buf text = BUF_INIT;
	char digest[HASH_HEX] = "";
	char *name = str_format("%s.so", sha256),
	     *path = name ? state_path(state, "modules", name) : NULL;

	if (path && os_read_file(state->os, path, MODULE_MAX, &text, &ignored) == 0)
		hash_sha256(text.data ? text.data : "", text.len, digest);
	buf_release(&text);
	free(name);
	free(path);
	return digest[0] && strcmp(digest, sha256) != 0;
}

int runner_module(struct runner *r, const char *sha256, const struct module **ret, struct err *err)
{
	int rc = driver_module(r->driver, sha256, ret, err);
	json_t *files;

	if (rc != -ERR_NOT_FOUND && rc != -ERR_DAMAGED &&
	    (rc != -ERR_MODULE || !is_damaged(r->driver->state, sha256)))
		return rc;
	files = json_pack("[s]", "module.so");
	if (files && restore(r->driver, r->run.id, files)) {
		err_clear(err);
		rc = driver_module(r->driver, sha256, ret, err);
	}
	/* Promise 7: not with other code than it was pinned to */
	if (rc == -ERR_DAMAGED)
		err->code = ERR_MODULE;
	return -err->code;
}
