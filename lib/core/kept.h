/* SPDX-License-Identifier: MIT */
/* The values that workflow code has borrowed: a set of pointers, each with one reference. */
#ifndef WF_CORE_KEPT_H
#define WF_CORE_KEPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct kept {
	json_t **slots;
	size_t size, count;
};

/* Steals value, which must not be in it. true, false and null are not kept. -1 when there is no
 * memory; value is then untouched. */
int kept_add(struct kept *kept, json_t *value);
bool kept_has(const struct kept *kept, const json_t *value);
/* Let go of value if it is there. */
void kept_drop(struct kept *kept, const json_t *value);
/* Whether part is one of the values, or inside one of them. */
bool kept_holds(const struct kept *kept, const json_t *part);
/* Whether part is whole, or inside it. */
bool json_holds(const json_t *whole, const json_t *part);
#define DEEPEST 1000
/* Whether it is nested deeper than levels, or holds itself: too deep to be read again. */
bool json_deeper(const json_t *value, int levels);
void kept_release(struct kept *kept);

#endif
