/* SPDX-License-Identifier: MIT */
/* What the files of the filter share: its tree. */
#ifndef WF_MODEL_FILTER_INTERNAL_H
#define WF_MODEL_FILTER_INTERNAL_H

#include "filter.h"

enum filter_field {
	FIELD_ID,
	FIELD_WORKFLOW,
	FIELD_STATUS,
	FIELD_PARENT,
	FIELD_CREATED,
	FIELD_UPDATED,
	FIELD_CLOSED,
	FIELD_DURATION,
	FIELD_STEPS,
	FIELD_TAG,
};

enum filter_op {
	OP_AND,
	OP_OR,
	OP_NOT,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_MORE,
	OP_AT_MOST,
	OP_AT_LEAST,
	OP_IN,      /* any of the values */
	OP_BETWEEN, /* two values, both included */
	OP_STARTS,
	OP_NULL,
};

struct filter {
	enum filter_op op;
	struct filter *left, *right; /* of and, or; left: of not */
	enum filter_field field;
	char *tag;       /* owned; FIELD_TAG */
	json_t **values; /* owned: texts, numbers, true or false */
	size_t count;
};

/* A value of a field out of a word; quoted: it was in quotes. NULL in *ret_problem, or why not.
 * New.
 */
json_t *filter_value(enum filter_field field, const char *text, bool quoted, int64_t now,
		     const char **ret_problem);
/* FIELD_TAG when it is none of the others. */
enum filter_field filter_field(const char *name);

#endif
