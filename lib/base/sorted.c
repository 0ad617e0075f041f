/* SPDX-License-Identifier: MIT */
#include "sorted.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 8

size_t sorted_place(const void *items, size_t count, size_t size, const void *key,
		    sorted_order_fn *order, bool *ret_found)
{
	size_t low = 0, high = count;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int side = order(key, (const char *)items + middle * size);

		if (side == 0) {
			*ret_found = true;
			return middle;
		}
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void *sorted_room(void *items, size_t count, size_t *cap, size_t size, size_t at)
{
	char *place;

	if (count == *cap) {
		size_t more = *cap ? *cap * 2 : ROOM_FIRST;

		items = reallocarray(items, more, size);
		if (!items)
			return NULL;
		*cap = more;
	}
	place = (char *)items + at * size;
	memmove(place + size, place, (count - at) * size);
	return items;
}
