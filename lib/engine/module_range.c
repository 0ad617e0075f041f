/* SPDX-License-Identifier: MIT */
#include "module_range.h"

#include <link.h>
#include <stdint.h>

struct query {
	uintptr_t anchor, p;
	size_t room;
};

/* Bytes from p to the end of the segment of this object that p is in. */
static size_t room(const struct dl_phdr_info *object, uintptr_t p)
{
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_R && p >= start &&
		    p - start < segment->p_memsz)
			return segment->p_memsz - (p - start);
	}
	return 0;
}

static int look(struct dl_phdr_info *object, size_t size, void *arg)
{
	struct query *query = arg;

	(void)size;
	if (!room(object, query->anchor))
		return 0;
	query->room = room(object, query->p);
	return 1;
}

size_t module_range(const void *anchor, const void *p)
{
	struct query query = {.anchor = (uintptr_t)anchor, .p = (uintptr_t)p};

	dl_iterate_phdr(look, &query);
	return query.room;
}
