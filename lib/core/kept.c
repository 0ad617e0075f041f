/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include <stdint.h>
#include <stdlib.h>

#define SMALLEST 16

static size_t place(const struct kept *kept, const json_t *value)
{
	uint64_t n = (uint64_t)(uintptr_t)value >> 4;

	return (size_t)(n * 0x9e3779b97f4a7c15u >> 20) & (kept->size - 1);
}

static bool is_shared(const json_t *value)
{
	return json_is_boolean(value) || json_is_null(value);
}

static void put(struct kept *kept, json_t *value)
{
	size_t i = place(kept, value);

	while (kept->slots[i])
		i = (i + 1) & (kept->size - 1);
	kept->slots[i] = value;
}

static int resize(struct kept *kept, size_t size)
{
	struct kept wider = {calloc(size, sizeof *wider.slots), size, kept->count};

	if (!wider.slots)
		return -1;
	for (size_t i = 0; i < kept->size; i++)
		if (kept->slots[i])
			put(&wider, kept->slots[i]);
	free(kept->slots);
	*kept = wider;
	return 0;
}

int kept_add(struct kept *kept, json_t *value)
{
	if (is_shared(value))
		return 0;
	if ((kept->count + 1) * 4 > kept->size * 3 &&
	    resize(kept, kept->size ? kept->size * 2 : SMALLEST) < 0)
		return -1;
	put(kept, value);
	kept->count++;
	return 0;
}

/* Where value is, or size. */
static size_t find(const struct kept *kept, const json_t *value)
{
	if (!kept->count)
		return kept->size;
	for (size_t i = place(kept, value); kept->slots[i]; i = (i + 1) & (kept->size - 1))
		if (kept->slots[i] == value)
			return i;
	return kept->size;
}

bool kept_has(const struct kept *kept, const json_t *value)
{
	return is_shared(value) || find(kept, value) != kept->size;
}

/* Close the gap at i, so that no search stops short. */
static void close_gap(struct kept *kept, size_t i)
{
	size_t mask = kept->size - 1, from = i;

	for (;;) {
		from = (from + 1) & mask;
		if (!kept->slots[from])
			break;
		if (((from - place(kept, kept->slots[from])) & mask) < ((from - i) & mask))
			continue;
		kept->slots[i] = kept->slots[from];
		i = from;
	}
	kept->slots[i] = NULL;
}

void kept_drop(struct kept *kept, const json_t *value)
{
	size_t i = find(kept, value);
	json_t *found;

	if (i == kept->size)
		return;
	found = kept->slots[i];
	close_gap(kept, i);
	kept->count--;
	json_decref(found);
}

bool json_holds(const json_t *whole, const json_t *part)
{
	const json_t *value;
	const char *key;
	size_t i;

	if (whole == part)
		return true;
	if (json_is_object(whole)) {
		json_object_foreach ((json_t *)(uintptr_t)whole, key, value)
			if (json_holds(value, part))
				return true;
	} else if (json_is_array(whole)) {
		json_array_foreach (whole, i, value)
			if (json_holds(value, part))
				return true;
	}
	return false;
}

bool json_deeper(const json_t *value, int levels)
{
	const json_t *inner;
	const char *key;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return false;
	if (levels == 0)
		return true;
	if (json_is_object(value)) {
		json_object_foreach ((json_t *)(uintptr_t)value, key, inner)
			if (json_deeper(inner, levels - 1))
				return true;
		return false;
	}
	json_array_foreach (value, i, inner)
		if (json_deeper(inner, levels - 1))
			return true;
	return false;
}

bool kept_holds(const struct kept *kept, const json_t *part)
{
	if (kept_has(kept, part))
		return true;
	for (size_t i = 0; i < kept->size; i++)
		if (kept->slots[i] && json_holds(kept->slots[i], part))
			return true;
	return false;
}

void kept_release(struct kept *kept)
{
	for (size_t i = 0; i < kept->size; i++)
		json_decref(kept->slots[i]);
	free(kept->slots);
	*kept = (struct kept){NULL, 0, 0};
}
