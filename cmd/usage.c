/* SPDX-License-Identifier: MIT */
#include "usage.h"

#include "../lib/base/buf.h"
#include "command.h"

#include <string.h>

#define HELP_COLUMN 26
#define HELP_WIDTH 79

static void pad(struct buf *out, size_t from, size_t to)
{
	while (from++ < to)
		buf_addc(out, ' ');
}

/* Words of text between column `at` and the right margin; later lines begin at `indent`. */
static void wrapped(struct buf *out, const char *text, size_t at, size_t indent)
{
	while (*text) {
		size_t n = strcspn(text, " \n");

		if (at > indent && at + 1 + n > HELP_WIDTH) {
			buf_addc(out, '\n');
			pad(out, 0, indent);
			at = indent;
		} else if (at > indent) {
			buf_addc(out, ' ');
			at++;
		}
		buf_add(out, text, n);
		at += n;
		text += n;
		if (*text == '\n') {
			buf_addc(out, '\n');
			at = 0;
			indent = 0;
		}
		text += *text != '\0';
	}
	buf_addc(out, '\n');
}

static void option_line(struct buf *out, const struct option_def *d)
{
	size_t start = out->len;

	if (d->letter)
		buf_addf(out, "  -%c, --%s", d->letter, d->name);
	else
		buf_addf(out, "      --%s", d->name);
	if (d->argument)
		buf_addf(out, " %s", d->argument);
	size_t used = out->len - start;
	if (used + 2 > HELP_COLUMN) {
		buf_addc(out, '\n');
		used = 0;
	}
	pad(out, used, HELP_COLUMN);
	wrapped(out, d->help, HELP_COLUMN, HELP_COLUMN);
}

static void options_block(struct buf *out, const char *title, const struct option_def *table,
			  unsigned uses)
{
	bool titled = false;

	for (const struct option_def *d = table; d && d->name; d++) {
		if (d->use && !(uses & d->use))
			continue;
		if (!titled)
			buf_addf(out, "\n%s\n", title);
		titled = true;
		option_line(out, d);
	}
}

void usage_line(struct buf *out, const struct cmd *command)
{
	buf_addf(out, "usage: wf %s [options]%s%s\n", command->name, *command->arguments ? " " : "",
		 command->arguments);
}

void usage_command(struct buf *out, const struct cmd *command)
{
	usage_line(out, command);
	buf_addf(out, "\n%s\n", command->summary);
	if (command->details) {
		buf_addc(out, '\n');
		wrapped(out, command->details, 0, 0);
	}
	options_block(out, "options:", command->options, 0);
	options_block(out, "general options:", general_options, command->uses);
	buf_addf(out, "\n'wf help %s' shows the manual page.\n", command->name);
}

void usage_overview(struct buf *out)
{
	buf_adds(
		out,
		"usage: wf [general options] COMMAND [options] [arguments]\n\n"
		"Durable workflows in plain C: a run survives kill -9 and goes on where it was.\n\n"
		"commands:\n");
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->hidden)
			continue;
		buf_addf(out, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
	}
	options_block(out, "general options:", general_options, ~0u);
	buf_adds(out,
		 "\n'wf COMMAND --help' tells more; 'wf help COMMAND' shows the manual page.\n");
}
