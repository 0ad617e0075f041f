/* SPDX-License-Identifier: MIT */
/* The summary of a closed run out of its line in the index. */
#include "status.h"

#include "../base/error.h"
#include "../store/index.h"
#include "../store/run.h"

#include <stdlib.h>
#include <string.h>

static int closed_status(const char *name)
{
	for (int status = STATUS_COMPLETED; status <= STATUS_TERMINATED; status++)
		if (strcmp(run_status_name((enum run_status)status), name) == 0)
			return status;
	return -1;
}

static char *text_of(const json_t *line, const char *member)
{
	const char *text = json_string_value(json_object_get(line, member));

	return text ? strdup(text) : NULL;
}

static int64_t number_of(const json_t *line, const char *member)
{
	return json_integer_value(json_object_get(line, member));
}

int run_summary_of_line(struct run_summary *ret, const char *text, size_t n, struct err *err)
{
	json_t *line = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	const char *status = json_string_value(json_object_get(line, "status"));
	struct run_summary s = {.status = STATUS_FAILED};
	int known = status ? closed_status(status) : -1;

	if (known < 0 || json_is_true(json_object_get(line, "more"))) {
		json_decref(line);
		return 0;
	}
	s.status = (enum run_status)known;
	s.id = text_of(line, "id");
	s.workflow = text_of(line, "workflow");
	s.parent = text_of(line, "parent");
	s.created = number_of(line, "created");
	s.updated = number_of(line, "updated");
	s.closed = number_of(line, "closed");
	s.steps = (uint64_t)number_of(line, "steps");
	s.events = (uint64_t)number_of(line, "events");
	s.tags = json_incref(json_object_get(line, "tags"));
	s.result = json_incref(json_object_get(line, "result"));
	s.error = json_incref(json_object_get(line, "error"));
	s.waiting = json_array();
	json_decref(line);
	if (!s.id || !s.workflow || !s.waiting) {
		run_summary_release(&s);
		return err_nomem(err);
	}
	*ret = s;
	return 1;
}

/* A line as the closing driver would have written it. */
int run_index_line(struct state *state, const char *id, char **ret, struct err *err)
{
	struct run_summary s;
	struct run run;
	json_t *result;
	int rc = run_summarize(&s, state, id, true, err);

	if (rc < 0)
		return rc;
	rc = run_open(&run, state, id, err);
	if (rc < 0) {
		run_summary_release(&s);
		return rc;
	}
	result = run_summary_json(&s);
	rc = !result                  ? err_nomem(err)
	     : run.closed && s.closed ? index_line_of(&run, result, ret, err)
				      : err_set(err, ERR_NOT_FOUND, "run '%s' is not closed", id);
	json_decref(result);
	run_release(&run);
	run_summary_release(&s);
	return rc;
}
