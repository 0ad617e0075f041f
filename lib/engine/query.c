/* SPDX-License-Identifier: MIT */
#include "query.h"

#include "../base/error.h"
#include "../core/core.h"
#include "past.h"
#include "query_stack.h"

#include <string.h>

static int no_memory_unless(json_t *value, json_t **ret, struct err *err)
{
	*ret = value;
	return value ? 0 : err_nomem(err);
}

static int ask(struct past *past, const char *name, const json_t *argument, json_t **ret,
	       struct err *err)
{
	int rc = core_query(past->core, name, argument, ret, err);
	const char *type = rc > 0 ? json_string_value(json_object_get(*ret, "type")) : NULL;
	json_t *none = *ret;

	if (!type || strcmp(type, "no_such_query") != 0)
		return rc;
	if (strcmp(name, "stack") == 0)
		rc = query_stack(past->core, past->module, ret, err);
	else if (strcmp(name, "waits") == 0)
		rc = no_memory_unless(core_waits(past->core), ret, err);
	else if (strcmp(name, "queries") == 0)
		rc = no_memory_unless(core_handlers(past->core), ret, err);
	else
		return rc;
	json_decref(none);
	return rc;
}

int query_run(struct state *state, const char *id, const char *name, const json_t *argument,
	      json_t **ret, struct err *err)
{
	struct past_options options = {.keep = true};
	struct past past;
	int rc = past_replay(&past, state, id, &options, NULL, err);

	if (rc == 0)
		rc = ask(&past, name, argument, ret, err);
	past_release(&past);
	return rc;
}
