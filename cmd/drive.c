/* SPDX-License-Identifier: MIT */
#include "drive.h"

#include "../lib/base/error.h"
#include "../lib/engine/driver.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "exit.h"
#include "output.h"
#include "report.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static void on_progress(void *arg, const struct progress *progress)
{
	struct drive *drive = arg;

	if (progress->kind == PROGRESS_UPDATE && drive->update &&
	    strcmp(progress->step, drive->update) == 0)
		drive->update_over = progress->attempt == 0 ||
				     progress->attempt >= drive->update_stage;
	drive->kind->progress(drive->view, progress);
}

static void on_tick(void *arg)
{
	struct drive *drive = arg;

	if (drive->kind->tick)
		drive->kind->tick(drive->view);
}

static bool enough(void *arg)
{
	const struct drive *drive = arg;

	return drive->update_over;
}

/* Neither workflow code nor what steps start finds it in the environment, and no core of this
 * process or of a worker holds it. */
static void take_secret(const char *variable)
{
	if (variable)
		unsetenv(variable);
#ifndef __SANITIZE_ADDRESS__ /* which looks into its own process */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

static int start(struct drive *ret, struct cli *cli, struct state *state, bool wait, bool many,
		 struct fault *fault, struct err *err)
{
	const struct view_kind *kind = view_choose(cli);
	struct driver_options options = {
		.jobs = cli->general.jobs,
		.wait = wait,
		.handle_signals = true,
		.secret_read = take_secret,
		.progress = on_progress,
		.progress_arg = ret,
		.enough = enough,
		.tick = on_tick,
		.tick_ms = kind->tick_ms,
		.fault = fault,
	};

	*ret = (struct drive){.cli = cli, .state = state, .kind = kind, .many = many};
	int r = driver_new(&ret->driver, state, &options, err);
	if (r == 0 && !(ret->view = kind->open(cli, many)))
		r = err_nomem(err);
	if (r < 0)
		drive_abandon(ret);
	return r;
}

int drive_start(struct drive *ret, struct cli *cli, struct state *state, bool wait, bool many,
		struct err *err)
{
	return start(ret, cli, state, wait, many, NULL, err);
}

int drive_start_faulty(struct drive *ret, struct cli *cli, struct state *state, bool wait,
		       struct fault *fault, struct err *err)
{
	return start(ret, cli, state, wait, false, fault, err);
}

int drive_add(struct drive *drive, const char *id, const char *with, struct err *err)
{
	char **ids = realloc(drive->ids, (drive->count + 1) * sizeof *ids);

	if (!ids)
		return err_nomem(err);
	drive->ids = ids;
	char *copy = strdup(id);
	if (!copy)
		return err_nomem(err);
	int r = with ? driver_add_with(drive->driver, id, with, err)
		     : driver_add(drive->driver, id, err);
	if (r < 0)
		free(copy);
	else
		drive->ids[drive->count++] = copy;
	return r;
}

static void let_go(struct drive *drive)
{
	struct err complaint = ERR_INIT;

	if (drive->driver && driver_free(drive->driver, &complaint) < 0)
		warn("%s; 'wf fsck --repair' mends it", complaint.text);
	drive->driver = NULL;
}

static void release(struct drive *drive)
{
	let_go(drive);
	if (drive->view)
		drive->kind->close(drive->view);
	for (size_t i = 0; i < drive->count; i++)
		free(drive->ids[i]);
	free(drive->ids);
	*drive = (struct drive){0};
}

void drive_abandon(struct drive *drive)
{
	release(drive);
}

struct ending {
	enum drive_end end;
	json_t *detail;
};

static bool has_ended(enum drive_end end)
{
	return end == DRIVE_COMPLETED || end == DRIVE_FAILED || end == DRIVE_CANCELLED ||
	       end == DRIVE_TERMINATED;
}

static void tell(struct drive *drive, const char *id, const struct ending *ending)
{
	struct err ignored = ERR_INIT;
	struct ended e = {.id = id,
			  .state = drive->state->path,
			  .detail = ending->detail,
			  .end = ending->end,
			  .closed = has_ended(ending->end),
			  .workflow = ""};
	struct run run;
	bool told = false;

	if (drive->kind->ended) {
		bool opened = run_open(&run, drive->state, id, &ignored) == 0;

		if (opened) {
			e.workflow = run.info.workflow;
			e.path = run.path;
		}
		told = drive->kind->ended(drive->view, &e);
		e.workflow = "";
		e.path = NULL;
		if (opened)
			run_release(&run);
	}
	report_ended(drive->cli, drive->state, &e, !drive->many, told);
}

/* To be stopped is no end of the run, and so no progress of it: a display must not leave it
 * running. */
static void show_end(struct drive *drive, const char *id, enum drive_end end)
{
	struct progress p = {
		.kind = PROGRESS_RUN_ENDED, .run_id = id, .workflow = "", .end = DRIVE_STOPPED};

	if (end == DRIVE_STOPPED || end == DRIVE_NOT_YET)
		drive->kind->progress(drive->view, &p);
}

/* The details are the driver's: kept beyond its end, for nothing is told before its locks and
 * commits are done. */
static struct ending *take_endings(const struct drive *drive)
{
	struct ending *endings = calloc(drive->count + 1, sizeof *endings);

	for (size_t i = 0; endings && i < drive->count; i++) {
		const json_t *detail = NULL;

		endings[i].end = driver_end(drive->driver, drive->ids[i], &detail);
		endings[i].detail = json_incref((json_t *)detail);
	}
	return endings;
}

int drive_finish(struct drive *drive)
{
	struct err err = ERR_INIT;
	int status = EXIT_COMPLETED;

	int looped = drive->count ? driver_loop(drive->driver, &err) : 0;
	int signal = driver_stopped_by(drive->driver);
	struct ending *endings = take_endings(drive);

	for (size_t i = 0; endings && i < drive->count; i++)
		show_end(drive, drive->ids[i], endings[i].end);
	if (drive->kind->rest)
		drive->kind->rest(drive->view);
	let_go(drive);
	if (looped < 0)
		status = complain(&err);
	for (size_t i = 0; endings && i < drive->count; i++) {
		if (!drive->update)
			tell(drive, drive->ids[i], &endings[i]);
		status = exit_worse(status, exit_of_end(endings[i].end, signal));
		json_decref(endings[i].detail);
	}
	if (!endings) {
		err_nomem(&err);
		status = complain(&err);
	}
	free(endings);
	release(drive);
	return status;
}

int drive_one(struct cli *cli, struct state *state, const char *id, bool wait)
{
	struct drive drive;
	struct err err = ERR_INIT, failed = ERR_INIT;
	int status = EXIT_COMPLETED;

	if (drive_start(&drive, cli, state, wait, false, &err) < 0)
		return complain(&err);
	if (drive_add(&drive, id, NULL, &failed) < 0)
		status = complain(&failed);
	return exit_worse(status, drive_finish(&drive));
}
