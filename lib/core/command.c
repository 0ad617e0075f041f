/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "../model/child.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_SMALLEST 64
#define CANCELLED_MOST 1024

struct entry *entry_new(enum command_kind kind)
{
	struct entry *entry = calloc(1, sizeof *entry);

	if (entry)
		entry->command.kind = kind;
	return entry;
}

void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	if (entry->command.kind == COMMAND_STEP)
		step_release(&entry->step);
	child_free(entry->child);
	free(entry->text);
	json_decref(entry->fields);
	free(entry->run);
	free(entry->name);
	json_decref(entry->value);
	free(entry);
}

static void list_append(struct entries *list, struct entry *entry)
{
	entry->prev = list->last;
	entry->next = NULL;
	*(list->last ? &list->last->next : &list->first) = entry;
	list->last = entry;
}

static void list_remove(struct entries *list, struct entry *entry)
{
	*(entry->prev ? &entry->prev->next : &list->first) = entry->next;
	*(entry->next ? &entry->next->prev : &list->last) = entry->prev;
}

static void queue_append(struct entries *queue, struct entry *entry)
{
	entry->queue_prev = queue->last;
	entry->queue_next = NULL;
	*(queue->last ? &queue->last->queue_next : &queue->first) = entry;
	queue->last = entry;
	entry->queued = true;
}

static void queue_remove(struct entries *queue, struct entry *entry)
{
	if (!entry->queued)
		return;
	*(entry->queue_prev ? &entry->queue_prev->queue_next : &queue->first) = entry->queue_next;
	*(entry->queue_next ? &entry->queue_next->queue_prev : &queue->last) = entry->queue_prev;
	entry->queued = false;
}

/* ---- the table: numbers ascend, so that the number itself is a good place */

static size_t find(const struct commands *c, uint64_t id)
{
	size_t i = (size_t)id & (c->size - 1);

	while (c->table[i] && c->table[i]->command.id != id)
		i = (i + 1) & (c->size - 1);
	return i;
}

static int widen(struct commands *c)
{
	struct commands wider = *c;

	if (c->size && (c->used + 1) * 2 <= c->size)
		return 0;
	wider.size = c->size ? c->size * 2 : TABLE_SMALLEST;
	wider.table = calloc(wider.size, sizeof *wider.table);
	if (!wider.table)
		return -1;
	for (size_t i = 0; i < c->size; i++)
		if (c->table[i])
			wider.table[find(&wider, c->table[i]->command.id)] = c->table[i];
	free(c->table);
	*c = wider;
	return 0;
}

static void table_remove(struct commands *c, uint64_t id)
{
	size_t mask = c->size - 1, gap = find(c, id), from = gap;

	c->used--;
	for (;;) {
		from = (from + 1) & mask;
		if (!c->table[from])
			break;
		if (((from - (size_t)c->table[from]->command.id) & mask) < ((from - gap) & mask))
			continue;
		c->table[gap] = c->table[from];
		gap = from;
	}
	c->table[gap] = NULL;
}

struct entry *commands_find(const struct commands *c, uint64_t id)
{
	return c->size ? c->table[find(c, id)] : NULL;
}

/* ---- the life of a command */

int commands_ask(struct commands *c, struct entry *entry)
{
	if (widen(c) < 0) {
		entry_free(entry);
		return -1;
	}
	entry->command.id = ++c->last;
	if (entry->command.kind == COMMAND_STEP)
		entry->command.step = &entry->step;
	c->table[find(c, entry->command.id)] = entry;
	c->used++;
	list_append(&c->open, entry);
	c->open_count++;
	queue_append(&c->queue, entry);
	return 0;
}

void commands_say(struct commands *c, struct entry *entry)
{
	entry->command.text = entry->text;
	queue_append(&c->queue, entry);
}

void commands_unsay_update(struct commands *c, const char *name)
{
	for (struct entry *e = c->queue.first; e; e = e->queue_next)
		if (e->command.kind == COMMAND_UPDATE && strcmp(e->name, name) == 0) {
			queue_remove(&c->queue, e);
			entry_free(e);
			return;
		}
}

static void close_entry(struct commands *c, struct entry *entry)
{
	list_remove(entry->cancelled ? &c->cancelled : &c->open, entry);
	if (entry->cancelled)
		c->cancelled_count--;
	else
		c->open_count--;
	queue_remove(&c->queue, entry);
	table_remove(c, entry->command.id);
	entry->future = NULL;
}

void commands_settle(struct commands *c, struct entry *entry)
{
	close_entry(c, entry);
	entry_free(c->settled);
	c->settled = entry;
}

/* Waits that are given up may be many in a long run: remember the last ones. Steps have an end of
 * their own. */
static void forget_oldest(struct commands *c)
{
	struct entry *oldest = c->cancelled.first;

	while (oldest && (oldest->command.kind == COMMAND_STEP || oldest->child))
		oldest = oldest->next;
	if (!oldest)
		return;
	if (oldest->command.id > c->forgotten)
		c->forgotten = oldest->command.id;
	close_entry(c, oldest);
	entry_free(oldest);
}

static int ask_to_stop(struct commands *c, const struct entry *entry)
{
	struct entry *cancel = entry_new(COMMAND_CANCEL);

	if (!cancel)
		return -1;
	cancel->command.target = entry->command.id;
	queue_append(&c->queue, cancel);
	return 0;
}

int commands_stop(struct commands *c, struct entry *entry)
{
	if (entry->stopping)
		return 0;
	entry->stopping = true;
	return ask_to_stop(c, entry);
}

int commands_cancel(struct commands *c, struct entry *entry)
{

	if (entry->cancelled)
		return 0;
	if (!entry->queued && ask_to_stop(c, entry) < 0)
		return -1;
	queue_remove(&c->queue, entry);
	list_remove(&c->open, entry);
	c->open_count--;
	entry->cancelled = true;
	entry->future = NULL;
	list_append(&c->cancelled, entry);
	if (++c->cancelled_count > CANCELLED_MOST)
		forget_oldest(c);
	return 0;
}

const struct command *commands_next(struct commands *c)
{
	struct entry *entry = c->queue.first;

	entry_free(c->said);
	c->said = NULL;
	if (!entry)
		return NULL;
	queue_remove(&c->queue, entry);
	if (!entry->command.id)
		c->said = entry;
	return &entry->command;
}

/* A child that its parent leaves to itself is made even when the parent ends at once. */
static bool outlives(const struct entry *entry)
{
	return entry->child && entry->child->on_close == CHILD_ABANDON;
}

void commands_detach(struct commands *c, bool unserved_too)
{
	struct entry *entry, *next;

	for (entry = c->open.first; entry; entry = entry->next)
		entry->future = NULL;
	for (entry = c->queue.first; entry && unserved_too; entry = next) {
		next = entry->queue_next;
		if (entry->command.id && entry->command.kind != COMMAND_TELL &&
		    entry->command.kind != COMMAND_LET_GO && !outlives(entry))
			queue_remove(&c->queue, entry);
	}
}

static void free_list(struct entries *list)
{
	while (list->first) {
		struct entry *entry = list->first;
		list_remove(list, entry);
		entry_free(entry);
	}
}

void commands_release(struct commands *c)
{
	struct entry *entry, *next;

	for (entry = c->queue.first; entry; entry = next) {
		next = entry->queue_next;
		queue_remove(&c->queue, entry);
		if (!entry->command.id)
			entry_free(entry);
	}
	free_list(&c->open);
	free_list(&c->cancelled);
	entry_free(c->said);
	entry_free(c->settled);
	free(c->table);
	memset(c, 0, sizeof *c);
}
