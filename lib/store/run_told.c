/* SPDX-License-Identifier: MIT */
/* tags.json: what the run says about itself now. */
#include "run_internal.h"

#include "../base/error.h"
#include "../model/told.h"
#include "../os/file.h"
#include "state.h"

#include <stdlib.h>

int run_set_told(struct run *run, json_t *told, struct err *err)
{
	char *path = run_path(run, "tags.json", NULL);
	int rc = path ? run_write_json(run->state->os, path, told, false, err) : err_nomem(err);

	free(path);
	return rc;
}

int run_told(struct run *run, json_t **ret, struct err *err)
{
	char *path = run_path(run, "tags.json", NULL);
	struct err why = ERR_INIT;
	json_t *told = NULL;
	int rc = path ? run_read_json(run->state->os, path, &told, &why) : err_nomem(&why);

	free(path);
	/* not durable: what a power cut tore is as good as absent */
	if (rc < 0 && rc != -ERR_DAMAGED)
		return err_set(err, why.code, "%s", why.text);
	if (json_is_object(json_object_get(told, "tags")) &&
	    json_is_object(json_object_get(told, "memo"))) {
		*ret = told;
		return 0;
	}
	json_decref(told);
	*ret = told_new(run->info.options);
	return *ret ? 0 : err_nomem(err);
}
