/* SPDX-License-Identifier: MIT */
#include "runner_restore.h"

#include "driver_internal.h"
#include "runner.h"

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

int runner_module(struct runner *r, const char *sha256, const struct module **ret, struct err *err)
{
	int rc = driver_module(r->driver, sha256, ret, err);
	json_t *files;

	if (rc != -ERR_NOT_FOUND && rc != -ERR_DAMAGED)
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
