/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include "../lib/base/error.h"
#include "../lib/model/filter.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "exit.h"
#include "output.h"
#include "select.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Steals the ids of the rows. */
static int take_rows(struct targets *ret, struct rows *rows, struct err *err)
{
	struct targets targets = {calloc(rows->n + 1, sizeof *targets.ids), 0};

	if (!targets.ids)
		return err_nomem(err);
	/* the oldest first, as they were asked for */
	for (size_t i = rows->n; i-- > 0;) {
		targets.ids[targets.n++] = rows->v[i].id;
		rows->v[i].id = NULL;
	}
	*ret = targets;
	return 0;
}

static int select_targets(struct targets *ret, struct state *state, const char *where, unsigned of,
			  struct err *err)
{
	struct selection selection = {.open = of & BATCH_OPEN, .closed = of & BATCH_CLOSED};
	struct rows rows = {0};
	struct filter *filter;
	int rc = select_parse(&filter, where, err);

	if (rc < 0)
		return rc;
	selection.filter = filter;
	rc = select_rows(&rows, state, &selection, err);
	if (rc == 0)
		rc = take_rows(ret, &rows, err);
	rows_release(&rows);
	filter_free(filter);
	return rc;
}

int batch_targets(struct targets *ret, struct state *state, const struct batch *batch,
		  char *const *ids, size_t n, unsigned of, struct err *err)
{
	struct cli operands = {.args = (char **)(uintptr_t)ids, .nargs = n};

	if (batch->where && n)
		return err_set(err, ERR_USAGE, "give ids or --where, not both");
	if (!batch->where && !n)
		return err_set(err, ERR_USAGE, "say which runs: ids, - or --where");
	return batch->where ? select_targets(ret, state, batch->where, of, err)
			    : targets_load(ret, &operands, err);
}

int batch_open(struct cli *cli, struct targets *ret, struct state *state, const struct batch *batch,
	       char *const *ids, size_t n, unsigned of)
{
	struct targets targets = {NULL, 0};
	struct err err = ERR_INIT;
	int status;

	/* wrong words are told before a state directory that is not there */
	if ((!batch->where || n) && batch_targets(&targets, NULL, batch, ids, n, of, &err) < 0)
		return complain(&err);
	status = cli_need_state(cli, state);
	if (!status && batch->where &&
	    batch_targets(&targets, state, batch, NULL, 0, of, &err) < 0) {
		status = complain(&err);
		state_release(state);
	}
	if (status)
		targets_release(&targets);
	else
		*ret = targets;
	return status;
}

bool batch_many(const struct batch *batch, char *const *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(ids[i], "-") == 0)
			return true;
	return batch->where != NULL;
}

int batch_print(struct cli *cli, const struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		json_t *object = cli->general.json ? json_pack("{s:s}", "id", targets->ids[i])
						   : NULL;

		if (object)
			out_json(object);
		else
			out_format("%s\n", targets->ids[i]);
		json_decref(object);
	}
	return EXIT_COMPLETED;
}

void batch_summary(const struct cli *cli, size_t done, size_t n, const char *what)
{
	if (cli->general.quiet)
		return;
	if (done == n)
		say("%zu %s %s", n, n == 1 ? "run" : "runs", what);
	else
		say("%zu of %zu runs %s", done, n, what);
}
