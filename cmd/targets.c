/* SPDX-License-Identifier: MIT */
#include "targets.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/store/run.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a line of standard input holds may have any byte. */
static int check(const char *id, size_t n, struct err *err)
{
	char *quoted;

	if (strlen(id) == n)
		return run_check_id(id, err);
	quoted = str_quote(id, n);
	err_set(err, ERR_USAGE, "%s cannot be a run id: it holds a NUL", quoted ? quoted : "this");
	free(quoted);
	return -err->code;
}

static int add(struct targets *targets, const char *id, size_t n, struct err *err)
{
	char **ids = realloc(targets->ids, (targets->n + 1) * sizeof *ids), *copy;

	if (!ids)
		return err_nomem(err);
	targets->ids = ids;
	copy = malloc(n + 1);
	if (!copy)
		return err_nomem(err);
	memcpy(copy, id, n);
	copy[n] = '\0';
	if (check(copy, n, err) < 0) {
		free(copy);
		return -err->code;
	}
	ids[targets->n++] = copy;
	return 0;
}

static int add_lines(struct targets *targets, struct err *err)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &size, stdin)) >= 0) {
		while (n > 0 && strchr(" \t\r\n", line[n - 1]))
			n--;
		if (n > 0)
			rc = add(targets, line, (size_t)n, err);
	}
	if (rc == 0 && ferror(stdin))
		rc = err_sys(err, errno, "cannot read standard input");
	free(line);
	return rc;
}

int targets_load(struct targets *ret, const struct cli *cli, struct err *err)
{
	struct targets targets = {NULL, 0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cli->nargs; i++)
		rc = strcmp(cli->args[i], "-") == 0
			     ? add_lines(&targets, err)
			     : add(&targets, cli->args[i], strlen(cli->args[i]), err);
	if (rc < 0)
		targets_release(&targets);
	else
		*ret = targets;
	return rc;
}

void targets_release(struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		free(targets->ids[i]);
	free(targets->ids);
	*targets = (struct targets){NULL, 0};
}
