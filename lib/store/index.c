/* SPDX-License-Identifier: MIT */
/* Reading the index against the folder of closed runs. */
#include "index.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)2 << 30)

/* Ids by their text: open addressing over the entries' numbers plus one. */
struct table {
	const struct index *index;
	uint32_t *slots;
	size_t size;
};

static uint64_t hash(const char *text, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static int gather(void *arg, const char *name, enum os_kind kind)
{
	struct buf *names = arg;

	if (kind == OS_DIRECTORY && !str_id_problem(name))
		buf_add(names, name, strlen(name) + 1);
	return names->failed ? -ENOMEM : 0;
}

static int list_closed(struct index *index, struct state *state, struct err *err)
{
	struct buf names = BUF_INIT;
	char *path = state_path(state, "closed", NULL);
	int rc = path ? state->os->ops->list(state->os, path, gather, &names) : -ENOMEM;
	size_t n = 0;

	free(path);
	if (rc < 0 && rc != -ENOENT) {
		buf_release(&names);
		return err_sys(err, -rc, "cannot read folder '%s/closed'", state->path);
	}
	for (size_t i = 0; i < names.len; i++)
		n += names.data[i] == '\0';
	index->entries = calloc(n ? n : 1, sizeof *index->entries);
	index->count = index->entries ? n : 0;
	index->names = names.data;
	for (size_t i = 0, at = 0; i < index->count; i++) {
		index->entries[i].id = names.data + at;
		at += strlen(names.data + at) + 1;
	}
	return index->entries ? 0 : err_nomem(err);
}

static int table_make(struct table *table, const struct index *index, struct err *err)
{
	*table = (struct table){.index = index, .size = 64};
	while (table->size < index->count * 2)
		table->size *= 2;
	table->slots = calloc(table->size, sizeof *table->slots);
	if (!table->slots)
		return err_nomem(err);
	for (size_t i = 0; i < index->count; i++) {
		const char *id = index->entries[i].id;
		size_t at = hash(id, strlen(id)) & (table->size - 1);

		while (table->slots[at])
			at = (at + 1) & (table->size - 1);
		table->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

static struct index_entry *table_find(const struct table *table, const char *id, size_t n)
{
	size_t at = hash(id, n) & (table->size - 1);

	for (; table->slots[at]; at = (at + 1) & (table->size - 1)) {
		struct index_entry *entry = &table->index->entries[table->slots[at] - 1];

		if (strncmp(entry->id, id, n) == 0 && !entry->id[n])
			return entry;
	}
	return NULL;
}

/* From the last line to the first, so that the first that is met of a run holds. */
static void take_lines(struct index *index, const struct table *table, size_t len)
{
	static const char begin[] = "{\"id\":\"";
	const char *end = index->text + len, *line;

	/* what follows the last newline was torn */
	while (end > index->text && end[-1] != '\n')
		end--;
	for (; end > index->text; end = line) {
		const char *text = end - 1, *quote;
		struct index_entry *entry = NULL;

		line = text > index->text ? memrchr(index->text, '\n', (size_t)(text - index->text))
					  : NULL;
		line = line ? line + 1 : index->text;
		index->lines++;
		if ((size_t)(text - line) > sizeof begin &&
		    memcmp(line, begin, sizeof begin - 1) == 0) {
			const char *id = line + sizeof begin - 1;

			quote = memchr(id, '"', (size_t)(text - id));
			entry = quote ? table_find(table, id, (size_t)(quote - id)) : NULL;
		}
		if (entry && !entry->line && text[-1] == '}') {
			entry->line = line;
			entry->len = (size_t)(text - line);
		}
	}
}

int index_load(struct index *ret, struct state *state, struct err *err)
{
	struct index index = {0};
	struct table table = {0};
	struct buf text = BUF_INIT;
	struct err why = ERR_INIT;
	char *path = state_path(state, "index", "closed.jsonl");
	int rc = path ? list_closed(&index, state, err) : err_nomem(err);

	if (rc == 0)
		rc = table_make(&table, &index, err);
	/* one that cannot be read is as good as absent */
	if (rc == 0 && os_read_file(state->os, path, FILE_MOST, &text, &why) == 0 && text.len) {
		index.text = text.data;
		index.bytes = text.len;
		take_lines(&index, &table, text.len);
	} else {
		buf_release(&text);
	}
	free(path);
	free(table.slots);
	if (rc < 0)
		index_release(&index);
	else
		*ret = index;
	return rc;
}

void index_release(struct index *index)
{
	free(index->entries);
	free(index->names);
	free(index->text);
	*index = (struct index){0};
}
