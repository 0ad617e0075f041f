/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The name becomes that of a C function. */
static bool is_identifier(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	static const char *const taken[] = {
		"auto",     "break",   "case",   "char",     "const",  "continue", "default",
		"do",       "double",  "else",   "enum",     "extern", "float",    "for",
		"goto",     "if",      "inline", "int",      "long",   "main",     "register",
		"restrict", "return",  "short",  "signed",   "sizeof", "static",   "struct",
		"switch",   "typedef", "union",  "unsigned", "void",   "volatile", "while",
		"greet",    "farewell"};

	if (!*name || (*name >= '0' && *name <= '9') || strspn(name, letters) != strlen(name) ||
	    strlen(name) > 60)
		return false;
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (!strcmp(name, taken[i]))
			return false;
	return true;
}

/* The template with every @NAME@ replaced. */
static void fill(struct buf *out, const char *template, const char *name)
{
	const char *mark;

	while ((mark = strstr(template, "@NAME@"))) {
		buf_add(out, template, (size_t)(mark - template));
		buf_adds(out, name);
		template = mark + strlen("@NAME@");
	}
	buf_adds(out, template);
}

static int write_all(int fd, const struct buf *text)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

/* A new file; nothing is left of one that could not be written whole. */
static int write_new(const char *path, const char *template, const char *name, struct err *err)
{
	struct buf text = BUF_INIT;
	int fd, r;

	fill(&text, template, name);
	if (!buf_ok(&text)) {
		buf_release(&text);
		return err_nomem(err);
	}
	/* code that everybody could write to would be refused */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0664);
	if (fd < 0) {
		r = errno == EEXIST ? err_set(err, ERR_EXISTS,
					      "'%s' exists already and is left as it is", path)
				    : err_set(err, ERR_USAGE, "cannot make '%s': %s", path,
					      strerror(errno));
		buf_release(&text);
		return r;
	}
	int sys = write_all(fd, &text);
	if (close(fd) < 0 && !sys)
		sys = -errno;
	buf_release(&text);
	if (!sys)
		return 0;
	unlink(path);
	return err_sys(err, -sys, "cannot write '%s'", path);
}

static int new_workflow(struct cli *cli, const void *values)
{
	const char *name = cli->args[0];
	struct err err = ERR_INIT;
	char *file;

	(void)values;
	if (!is_identifier(name))
		return complain_usage(
			"'%s' cannot be the name of a workflow: it must be the name of a C function",
			name);
	file = str_format("%s.c", name);
	if (!file) {
		err_nomem(&err);
		return complain(&err);
	}
	if (access("Makefile", F_OK) == 0)
		err_set(&err, ERR_EXISTS,
			"'Makefile' exists already and is left as it is; make a folder for '%s'",
			name);
	else if (write_new(file, template_c, name, &err) == 0 &&
		 write_new("Makefile", template_makefile, name, &err) < 0)
		unlink(file);
	if (!err.code && !cli->general.quiet)
		say("wrote %s.c and Makefile; run it: wf run %s.c name=you", name, name);
	free(file);
	return err.code ? complain(&err) : EXIT_COMPLETED;
}

const struct cmd cmd_new = {
	.name = "new",
	.summary = "write a first workflow, and a Makefile for it",
	.arguments = "NAME",
	.details = "Writes NAME.c and Makefile into the working folder. Nothing is overwritten.",
	.least = 1,
	.most = 1,
	.uses = USE_QUIET,
	.run = new_workflow,
};
