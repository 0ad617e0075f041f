/* SPDX-License-Identifier: MIT */
/*
 * A secret is named by an environment variable. Where JSON means its value, {"$secret":"NAME"}
 * stands: what is written down, compared and replayed is that reference.
 */
#ifndef WF_MODEL_SECRET_H
#define WF_MODEL_SECRET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct mask;

/* Whether n bytes can name an environment variable. */
bool secret_is_name(const char *text, size_t n);
/* The name that value refers to, borrowed; NULL: it is no reference. */
const char *secret_reference(const json_t *value);
/* Put the names of all references in value into the array names, each once. -1: no memory. */
int secret_collect(const json_t *value, json_t *names);
/* The same for one name. */
int secret_add_name(json_t *names, const char *name);

/* The label of a text that mask knows and value holds, in a string, the name of a member or a
 * number; NULL: none. Borrowed. */
const char *secret_find(const struct mask *mask, const json_t *value);
/* A copy with such texts masked, or value itself once more when it holds none. New; NULL: no
 * memory. */
json_t *secret_mask(const struct mask *mask, json_t *value);

#endif
