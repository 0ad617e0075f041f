/* SPDX-License-Identifier: MIT */
/*
 * What a run says about itself for people who look: tags (typed, searched by
 * wf list --where), a memo (any JSON) and details (one text). It begins with what the
 * run was started with and is changed by the events tags_set.
 *
 *   {"tags": {NAME: VALUE, ...}, "memo": {NAME: VALUE, ...}, "details": "..."}
 */
#ifndef WF_MODEL_TOLD_H
#define WF_MODEL_TOLD_H

#include <jansson.h>

#define TOLD_NAME_MOST 100
#define TOLD_TAG_MOST ((size_t)2048)
#define TOLD_MEMO_MOST ((size_t)32768) /* a line of history holds it */

/* What a run begins with: "tags" and "memo" of the options in run.json (may be NULL). New; NULL: no
 * memory. */
json_t *told_new(const json_t *options);
/* Apply the members "tags", "memo" and "details" of fields; a null takes its name away. -1: no
 * memory. */
int told_apply(json_t *told, const json_t *fields);
/* NULL when name can be the name of a tag or memo, else why not. */
const char *told_name_problem(const char *name);
/* The same for the value of a tag: text, number, true or false, or a list of texts; null removes.
 */
const char *told_tag_problem(const json_t *value);
const char *told_memo_problem(const json_t *value);

#endif
