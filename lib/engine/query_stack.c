/* SPDX-License-Identifier: MIT */
#include "query_stack.h"

#include "../base/error.h"
#include "../core/core.h"
#include "../model/module.h"
#include "symbol.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

/* Only what the module itself called is told: how the engine works inside is of no use there. */
struct looking {
	uintptr_t base; /* where the module is loaded */
	json_t *all;    /* coroutines; each has "n", the number of its frames, meanwhile */
	uint64_t *offsets;
	size_t count, size;
	bool failed;
};

static uintptr_t base_of(const struct module *module)
{
	struct link_map *map = NULL;

	if (dlinfo(module->handle, RTLD_DI_LINKMAP, &map) < 0 || !map)
		return 0;
	return map->l_addr;
}

static bool add_offset(struct looking *l, uint64_t offset)
{
	uint64_t *grown = l->offsets;

	if (l->count == l->size) {
		size_t size = l->size ? 2 * l->size : 32;
		grown = realloc(l->offsets, size * sizeof *grown);
		if (!grown)
			return false;
		l->offsets = grown;
		l->size = size;
	}
	l->offsets[l->count++] = offset;
	return true;
}

static bool is_of_module(const struct looking *l, void *address)
{
	Dl_info info;

	return dladdr(address, &info) && (uintptr_t)info.dli_fbase == l->base;
}

static void take(void *arg, const char *handler, const json_t *waits, void *const *frames, size_t n)
{
	struct looking *l = arg;
	size_t before = l->count;
	json_t *one;

	for (size_t i = 0; i < n && !l->failed; i++) {
		char *call = (char *)frames[i] - 1; /* frames tell where a call returns to */
		if (is_of_module(l, call))
			l->failed = !add_offset(l, (uintptr_t)call - l->base);
	}
	one = json_pack("{s:I, s:O, s:I}", "coroutine", (json_int_t)json_array_size(l->all) + 1,
			"waits", waits, "n", (json_int_t)(l->count - before));
	if (one && handler)
		json_object_set_new(one, "handler", json_string(handler));
	if (!one || json_array_append_new(l->all, one) < 0)
		l->failed = true;
}

/* Each coroutine gets its frames, those of inlined functions too. */
static int add_frames(const struct looking *l, const json_t *symbols)
{
	size_t i, j, at = 0;
	json_t *one;
	int rc = 0;

	json_array_foreach (l->all, i, one) {
		size_t n = (size_t)json_integer_value(json_object_get(one, "n"));
		json_t *frames = json_array();

		for (j = 0; j < n && rc == 0; j++)
			rc = json_array_extend(frames, json_array_get(symbols, at++));
		json_object_del(one, "n");
		if (rc == 0)
			rc = json_object_set_new(one, "frames", frames);
		else
			json_decref(frames);
	}
	return rc;
}

int query_stack(struct core *core, const struct module *module, json_t **ret, struct err *err)
{
	struct looking l = {.base = base_of(module), .all = json_array()};
	json_t *symbols = NULL;

	if (l.all)
		core_look(core, take, &l);
	if (l.all && !l.failed)
		symbols = symbols_of(module->path, l.offsets, l.count);
	free(l.offsets);
	if (!symbols || add_frames(&l, symbols) < 0) {
		json_decref(l.all);
		json_decref(symbols);
		return err_nomem(err);
	}
	json_decref(symbols);
	*ret = l.all;
	return 0;
}
