/* SPDX-License-Identifier: MIT */
/* Arrays that are kept sorted. */
#ifndef WF_BASE_SORTED_H
#define WF_BASE_SORTED_H

#include <stdbool.h>
#include <stddef.h>

/* Below 0, 0, above 0: key belongs before the item, is its key, belongs behind it. */
typedef int sorted_order_fn(const void *key, const void *item);

/* Where the item with this key is among count items of size bytes each, or would be. */
size_t sorted_place(const void *items, size_t count, size_t size, const void *key,
		    sorted_order_fn *order, bool *ret_found);
/*
 * Make room for one more item at `at`, which is for the caller to fill; count stays the caller's
 * too. Takes the array over and returns it, moved when it had no room (*cap items); NULL: no
 * memory, and the array is as it was.
 */
void *sorted_room(void *items, size_t count, size_t *cap, size_t size, size_t at);

#endif
