/* SPDX-License-Identifier: MIT */
/* Fields and values of a filter: what a word means for a field. */
#include "filter_internal.h"

#include "duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *const fields[] = {
	[FIELD_ID] = "id",         [FIELD_WORKFLOW] = "workflow", [FIELD_STATUS] = "status",
	[FIELD_PARENT] = "parent", [FIELD_CREATED] = "created",   [FIELD_UPDATED] = "updated",
	[FIELD_CLOSED] = "closed", [FIELD_DURATION] = "duration", [FIELD_STEPS] = "steps",
};

static const char *const statuses[] = {"running",   "suspended", "interrupted", "halted",
				       "completed", "failed",    "cancelled",   "terminated"};

enum filter_field filter_field(const char *name)
{
	int field = FIELD_ID;

	while (field < FIELD_TAG && strcmp(fields[field], name) != 0)
		field++;
	return (enum filter_field)field;
}

static bool number(const char *text, double *ret)
{
	char *end;

	if (!*text || strspn(text, "+-.0123456789eE") != strlen(text))
		return false;
	errno = 0;
	*ret = strtod(text, &end);
	return *end == '\0' && errno == 0;
}

static json_t *number_value(const char *text)
{
	double real;
	char *end;
	long long whole;

	errno = 0;
	whole = strtoll(text, &end, 10);
	if (*text && *end == '\0' && errno == 0)
		return json_integer(whole);
	return number(text, &real) ? json_real(real) : NULL;
}

/* "2026-11-01", "2026-11-01 03:00", "2026-11-01T03:00:00Z" */
static bool calendar(const char *text, int64_t *ret)
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
					      "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, formats[i], &tm);
		bool utc = end && end[0] == 'Z' && !end[1];

		if (end && (utc || !*end)) {
			*ret = (int64_t)(utc ? timegm(&tm) : mktime(&tm)) * 1000;
			return true;
		}
	}
	return false;
}

static json_t *time_value(const char *text, int64_t now, const char **ret_problem)
{
	int64_t ms;
	json_t *whole;

	if (calendar(text, &ms))
		return json_integer(ms);
	if (text[0] == '-' && duration_parse(text + 1, &ms) == 0)
		return json_integer(now - ms);
	whole = number_value(text);
	if (json_is_integer(whole) && json_integer_value(whole) >= 0)
		return whole;
	json_decref(whole);
	*ret_problem = "is no time, as 2026-11-01, '2026-11-01 03:00' or -2d";
	return NULL;
}

static json_t *duration_value(const char *text, const char **ret_problem)
{
	int64_t ms;

	if (duration_parse(text, &ms) == 0)
		return json_integer(ms);
	*ret_problem = "is no duration, as 30s or 1h30m";
	return NULL;
}

static json_t *status_value(const char *text, const char **ret_problem)
{
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (strcmp(statuses[i], text) == 0)
			return json_string(text);
	*ret_problem = "is no status, as in wf-status(1)";
	return NULL;
}

static json_t *tag_value(const char *text, bool quoted)
{
	json_t *value = NULL;

	if (!quoted && strcasecmp(text, "true") == 0)
		return json_true();
	if (!quoted && strcasecmp(text, "false") == 0)
		return json_false();
	if (!quoted)
		value = number_value(text);
	return value ? value : json_string(text);
}

json_t *filter_value(enum filter_field field, const char *text, bool quoted, int64_t now,
		     const char **ret_problem)
{
	json_t *value;

	*ret_problem = NULL;
	switch (field) {
	case FIELD_CREATED:
	case FIELD_UPDATED:
	case FIELD_CLOSED:
		return time_value(text, now, ret_problem);
	case FIELD_DURATION:
		return duration_value(text, ret_problem);
	case FIELD_STEPS:
		value = number_value(text);
		*ret_problem = value ? NULL : "is no number";
		return value;
	case FIELD_STATUS:
		return status_value(text, ret_problem);
	case FIELD_TAG:
		return tag_value(text, quoted);
	default:
		return json_string(text);
	}
}
