/* SPDX-License-Identifier: MIT */
/*
 * Tags, memo and details: commands that nobody waits for. What the workflow said holds for it at
 * once; the event that records it is compared on replay like any other.
 */
#include "author.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../model/told.h"
#include "match_internal.h"
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>

/* Steals fields. */
static void tell(struct core *core, json_t *fields)
{
	struct entry *entry = fields ? entry_new(COMMAND_TELL) : NULL;

	if (!entry) {
		json_decref(fields);
		core_die(core);
	}
	entry->fields = fields;
	entry->command.fields = fields;
	if (told_apply(core->told, fields) < 0) {
		entry_free(entry);
		core_die(core);
	}
	author_ask(core, entry);
}

/* Steals value. */
static void tell_member(wf_ctx *wf, const char *member, const char *what, const char *name,
			json_t *value, const char *(*problem_of)(const json_t *))
{
	struct core *core = author_asking(wf);
	const char *problem = told_name_problem(name);

	if (!core) {
		json_decref(value);
		return;
	}
	if (problem) {
		author_fail(core, "bad_option", "the name of a %s %s", what, problem);
	} else if (!value || (problem = problem_of(value))) {
		author_fail(core, "bad_option", "the value of %s '%s' %s", what, name,
			    value ? problem : "is missing");
	} else {
		tell(core, json_pack("{s:{s:O}}", member, name, value));
	}
	json_decref(value);
}

void wf_tag(wf_ctx *wf, const char *name, json_t *value)
{
	tell_member(wf, "tags", "tag", name, value, told_tag_problem);
}

void wf_memo(wf_ctx *wf, const char *name, json_t *value)
{
	tell_member(wf, "memo", "memo", name, value, told_memo_problem);
}

void wf_details(wf_ctx *wf, const char *format, ...)
{
	struct core *core = author_asking(wf);
	struct buf text = BUF_INIT;
	json_t *value;
	va_list ap;

	if (!core)
		return;
	va_start(ap, format);
	buf_addv(&text, format, ap);
	va_end(ap);
	value = buf_ok(&text) ? json_string(text.data ? text.data : "") : NULL;
	if (!value && buf_ok(&text))
		author_fail(core, "bad_option", "the details are not UTF-8");
	else if (text.len > TOLD_MEMO_MOST)
		author_fail(core, "bad_option", "the details are larger than 32 KiB");
	else
		tell(core, value ? json_pack("{s:O}", "details", value) : NULL);
	json_decref(value);
	buf_release(&text);
}

const json_t *wf_tags(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core ? json_object_get(core->told, "tags") : NULL;
}

const json_t *wf_memos(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core ? json_object_get(core->told, "memo") : NULL;
}

int match_fields(const struct core *core, const struct event *event, enum command_kind kind,
		 struct entry **ret, struct err *err)
{
	struct entry *entry;
	const char *name;
	json_t *value;
	int rc = match_asked(core, event, kind, &entry, err);

	if (rc <= 0)
		return rc;
	json_object_foreach (entry->fields, name, value) {
		json_t *recorded = json_object_get(event->body, name);

		if (!recorded || !json_equal(recorded, value))
			return report_other(core, event, entry, err);
	}
	*ret = entry;
	return 1;
}

int match_tags_set(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	int rc = match_fields(core, event, COMMAND_TELL, &entry, err);

	if (rc > 0)
		match_settle(core, event, entry, NULL, NULL);
	return rc < 0 ? rc : 0;
}
