/* SPDX-License-Identifier: MIT */
#include "../../lib/base/sorted.h"
#include "tap.h"

static int by_number(const void *key, const void *item)
{
	const int *a = key, *b = item;

	return *a < *b ? -1 : *a > *b;
}

static size_t place(const int *items, size_t count, int key, bool *ret_found)
{
	return sorted_place(items, count, sizeof *items, &key, by_number, ret_found);
}

int main(void)
{
	static const int keys[] = {50, 20, 90, 10, 70, 30, 80, 40, 60, 100, 0, 110};
	size_t count = 0, cap = 0, n = sizeof keys / sizeof *keys, at;
	int *items = NULL;
	bool found, all = true;

	is_int(place(items, 0, 1, &found), 0, "the place in an empty array");
	ok(!found, "holds nothing");
	for (size_t i = 0; i < n; i++) {
		at = place(items, count, keys[i], &found);
		items = sorted_room(items, count++, &cap, sizeof *items, at);
		if (!items)
			bail_out("no memory");
		items[at] = keys[i];
	}
	for (size_t i = 0; i < n; i++)
		all = all && items[i] == (int)i * 10;
	ok(all, "what came in any order is sorted");
	for (size_t i = 0; i < n; i++)
		all = all && place(items, n, (int)i * 10, &found) == i && found;
	ok(all, "each is found");
	is_int(place(items, n, 55, &found), 6, "what is not there would be between");
	ok(!found, "and is not found");
	is_int(place(items, n, -1, &found), 0, "the first of all");
	is_int(place(items, n, 1000, &found), n, "the last of all");
	free(items);
	return done_testing();
}
