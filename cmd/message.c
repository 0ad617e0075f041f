/* SPDX-License-Identifier: MIT */
#include "message.h"

#include "../lib/base/error.h"
#include "../lib/engine/secrets_guard.h"
#include "../lib/store/inbox.h"
#include "../lib/store/run.h"
#include "cli.h"
#include "drive.h"
#include "exit.h"
#include "output.h"
#include "report.h"

#include <stdlib.h>

int message_send(struct state *state, const char *id, json_t *message, char **ret_name,
		 bool *ret_driven, struct err *err)
{
	struct run run;
	pid_t driver = 0;
	int rc = message ? run_open(&run, state, id, err) : err_nomem(err);

	if (rc < 0) {
		json_decref(message);
		return rc;
	}
	rc = guarded_put(&run, message, ret_name, err);
	if (rc == 0)
		rc = run_driver(&run, &driver, err);
	*ret_driven = driver != 0;
	run_release(&run);
	json_decref(message);
	return rc;
}

static int add_failed(struct cli *cli, struct state *state, const char *id, const struct err *err)
{
	struct err again = ERR_INIT;
	struct run_summary summary;
	int status;

	if (err->code == ERR_BUSY)
		return EXIT_COMPLETED;
	if (err->code != ERR_CLOSED || report_load(state, id, &summary, &again) < 0)
		return complain(err);
	status = report_summary(cli, &summary);
	run_summary_release(&summary);
	return status;
}

int message_resume(struct cli *cli, struct state *state, char *const *ids, size_t n, bool wait)
{
	struct err err = ERR_INIT;
	struct drive drive;
	int status = EXIT_COMPLETED;

	if (drive_start(&drive, cli, state, wait, n > 1, &err) < 0)
		return complain(&err);
	for (size_t i = 0; i < n; i++) {
		struct err failed = ERR_INIT;

		if (drive_add(&drive, ids[i], NULL, &failed) < 0)
			status = exit_worse(status, add_failed(cli, state, ids[i], &failed));
	}
	return exit_worse(status, drive_finish(&drive));
}
