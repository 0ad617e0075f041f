/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include "../base/buf.h"
#include "../model/dump.h"
#include "child.h"
#include "core.h"
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#define FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

int describe_digest(const json_t *input, char ret_hex[HASH_HEX])
{
	char *text = dump_json(input, FLAGS | JSON_SORT_KEYS);

	if (!text)
		return -1;
	hash_sha256(text, strlen(text), ret_hex);
	free(text);
	return 0;
}

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == '"' || *name == '\\')
			return false;
	return true;
}

static void add_string(const char *text, struct buf *out)
{
	json_t *json;
	char *quoted;

	if (is_plain(text)) {
		buf_addc(out, '"');
		buf_adds(out, text);
		buf_addc(out, '"');
		return;
	}
	json = json_string(text);
	quoted = json ? dump_json(json, FLAGS) : NULL;
	if (quoted)
		buf_adds(out, quoted);
	else
		out->failed = true;
	free(quoted);
	json_decref(json);
}

/* "member":value, or "member_sha256":digest where it is long. */
static void describe_value(const char *member, const json_t *value, struct buf *out)
{
	char text[DESCRIBE_MOST], hex[HASH_HEX];
	size_t n = json_dumpb(value, text, sizeof text, FLAGS);

	if (n == 0 || (n > sizeof text && describe_digest(value, hex) < 0)) {
		out->failed = true;
	} else if (n <= sizeof text) {
		buf_addf(out, "\"%s\":", member);
		buf_add(out, text, n);
	} else {
		buf_addf(out, "\"%s_sha256\":\"%s\"", member, hex);
	}
}

void describe_step(const char *name, const json_t *input, struct buf *out)
{
	describe_named("step", name, input, out);
}

void describe_named(const char *member, const char *name, const json_t *input, struct buf *out)
{
	buf_addf(out, "\"%s\":", member);
	add_string(name, out);
	buf_addc(out, ',');
	describe_value("input", input, out);
}

static void describe_signal(const struct entry *entry, struct buf *out)
{
	buf_adds(out, "\"run\":");
	add_string(entry->run, out);
	buf_adds(out, ",\"name\":");
	add_string(entry->name, out);
	buf_addc(out, ',');
	describe_value("payload", entry->value, out);
}

/* Text up to a limit. */
struct cut {
	struct buf *out;
	size_t left;
};

/* A callback that fails ends the writing, so that a large value costs no more than what is seen of
 * it. */
static int add_part(const char *text, size_t n, void *arg)
{
	struct cut *cut = arg;

	if (n > cut->left) {
		n = cut->left;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
		buf_add(cut->out, text, n);
		buf_adds(cut->out, "...");
		return -1;
	}
	cut->left -= n;
	buf_add(cut->out, text, n);
	return 0;
}

void describe_short(const json_t *value, size_t most, struct buf *out)
{
	struct cut cut = {out, most};

	json_dump_callback(value, add_part, &cut, FLAGS);
}

void core_describe_input(const struct core *core, uint64_t id, struct buf *out)
{
	const struct entry *entry = commands_find(&core->commands, id);

	if (entry && entry->command.kind == COMMAND_STEP)
		describe_step(entry->step.name, entry->step.input, out);
	else if (entry && entry->command.kind == COMMAND_SIGNAL)
		describe_signal(entry, out);
	else if (entry && entry->command.kind == COMMAND_CHILD)
		child_describe(entry->child, out);
}
