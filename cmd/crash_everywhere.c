/* SPDX-License-Identifier: MIT */
#include "crash_everywhere.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/fault.h"
#include "../lib/engine/status.h"
#include "../lib/model/dump.h"
#include "../lib/os/file.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "clock.h"
#include "crash_child.h"
#include "exit.h"
#include "new_run.h"
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct outcome {
	char *status;  /* owned */
	json_t *value; /* result or error; owned, may be NULL */
};

struct trial {
	struct cli *cli;
	struct new_run *new_run;
	struct fault *fault;
	char *root; /* folder of the scratch state directories */
	struct outcome undisturbed;
	uint64_t events, cases, different;
	bool wait;
};

static void outcome_release(struct outcome *outcome)
{
	free(outcome->status);
	json_decref(outcome->value);
	*outcome = (struct outcome){0};
}

static bool outcome_equal(const struct outcome *a, const struct outcome *b)
{
	if (strcmp(a->status, b->status) != 0)
		return false;
	return a->value && b->value ? json_equal(a->value, b->value) : a->value == b->value;
}

static int read_outcome(struct state *state, const char *id, struct outcome *ret, struct err *err)
{
	struct run_summary summary;
	int r = run_summarize(&summary, state, id, false, err);

	if (r < 0)
		return r;
	ret->status = strdup(run_status_name(summary.status));
	ret->value = json_incref(summary.result ? summary.result : summary.error);
	run_summary_release(&summary);
	return ret->status ? 0 : err_nomem(err);
}

/* The path of a case's state directory. New. */
static char *case_path(const struct trial *t, uint64_t at, bool after)
{
	return str_format("%s/%" PRIu64 "%s", t->root, at, after ? "+" : "");
}

/* Drive the run until its driver is not killed any more. 0, an exit status, or negative. */
static int drive_through(struct trial *t, struct state *state, const char *id, struct err *err)
{
	struct crash_child child = {.cli = t->cli,
				    .state = state,
				    .id = id,
				    .fault = t->fault,
				    .wait = t->wait,
				    .silent = true};
	int status = crash_drive(&child, err);

	if (status == CRASH_KILLED) {
		*t->fault = (struct fault){0};
		status = crash_drive(&child, err);
	}
	if (status == CRASH_KILLED)
		return err_set(err, ERR_SYSTEM, "the driver was killed by somebody else");
	if (status == EXIT_SIGINT || status == EXIT_SIGTERM || status == EXIT_STATE)
		return status;
	return status < 0 ? status : 0;
}

/* One run from its beginning to its end, with a death on the way (at 0: none). */
static int try_case(struct trial *t, uint64_t at, bool after, struct outcome *ret, struct err *err)
{
	struct state state;
	char *path = case_path(t, at, after), *id = NULL;
	int r = path ? state_open(&state, os_system(), path, true, err) : err_nomem(err);

	free(path);
	if (r < 0)
		return r;
	*t->fault = (struct fault){.at = at, .after = after};
	if (!t->new_run->module)
		r = new_run_load(t->new_run, &state, err);
	if (r == 0)
		r = new_run_create(t->new_run, &state, &id, err);
	if (r == 0)
		r = drive_through(t, &state, id, err);
	if (r == 0)
		r = read_outcome(&state, id, ret, err);
	free(id);
	state_release(&state);
	return r;
}

static void remove_case(const struct trial *t, uint64_t at, bool after)
{
	struct err err = ERR_INIT;
	char *path = case_path(t, at, after);

	if (path && os_remove_tree(os_system(), path, &err) < 0)
		warn("%s", err.text);
	free(path);
}

static void print_outcome(const char *who, const struct outcome *outcome)
{
	char *text = outcome->value ? dump_json(outcome->value, JSON_COMPACT | JSON_ENCODE_ANY)
				    : NULL;

	out_format("    %s: %s%s%s\n", who, outcome->status, text ? " " : "", text ? text : "");
	free(text);
}

static void print_json(const struct trial *t, const char *at, bool same, const struct outcome *o,
		       const char *path)
{
	json_t *line = json_pack("{s:s, s:b, s:s, s:O?, s:s*}", "crash", at, "same", same, "status",
				 o->status, "value", o->value, "state", same ? NULL : path);

	(void)t;
	if (line)
		out_json(line);
	json_decref(line);
}

static void report_case(struct trial *t, uint64_t at, bool after, const struct outcome *outcome)
{
	bool same = outcome_equal(&t->undisturbed, outcome);
	char *path = case_path(t, at, after);
	const char *label = path ? path + strlen(t->root) + 1 : "?";

	t->cases++;
	if (t->cli->general.json) {
		print_json(t, label, same, outcome, path);
	} else {
		out_format("%6s  %s\n", label, same ? "same" : "DIFFERENT");
		if (!same) {
			print_outcome("undisturbed", &t->undisturbed);
			print_outcome("crashed", outcome);
			out_format("    its state directory: %s\n", path ? path : "?");
		}
	}
	out_flush();
	t->different += !same;
	free(path);
	if (same)
		remove_case(t, at, after);
}

static int try_all(struct trial *t, struct err *err)
{
	struct outcome outcome = {0};
	int r = try_case(t, 0, false, &t->undisturbed, err);

	if (r)
		return r;
	t->events = t->fault->count;
	if (!t->cli->general.json)
		out_format("undisturbed: %s after %" PRIu64 " events\n", t->undisturbed.status,
			   t->events);
	for (uint64_t i = 0; r == 0 && i < 2 * t->events && !out_broken(); i++) {
		r = try_case(t, i / 2 + 1, i % 2, &outcome, err);
		if (r == 0)
			report_case(t, i / 2 + 1, i % 2, &outcome);
		outcome_release(&outcome);
	}
	return r;
}

/* What must be the same in every case, or results could differ by chance. */
static int prepare(struct trial *t, uint8_t seed[32], struct err *err)
{
	const char *folder = getenv("TMPDIR");
	int r = os_system()->ops->random(os_system(), seed, 32);

	if (r < 0)
		return err_sys(err, -r, "cannot get random bytes");
	t->new_run->seed = seed;
	t->new_run->created = clock_now();
	if (!t->new_run->id)
		t->new_run->id = "crashed";
	t->root = str_format("%s/wf-crash-XXXXXX", folder && *folder ? folder : "/tmp");
	if (!t->root)
		return err_nomem(err);
	if (!mkdtemp(t->root))
		return err_sys(err, errno, "cannot create '%s'", t->root);
	t->fault = crash_share(err);
	return t->fault ? 0 : -err->code;
}

static int conclude(struct trial *t)
{
	if (!t->cli->general.json)
		out_format("%" PRIu64 " crashes: %s\n", t->cases,
			   t->different ? "not all ended as the undisturbed run"
					: "all ended as the undisturbed run");
	return t->different ? EXIT_FAILED : EXIT_COMPLETED;
}

int crash_everywhere(struct cli *cli, struct new_run *new_run, bool wait)
{
	struct trial t = {.cli = cli, .new_run = new_run, .wait = wait};
	struct err err = ERR_INIT, ignored = ERR_INIT;
	uint8_t seed[32];
	int r = prepare(&t, seed, &err), status;

	if (r == 0)
		r = try_all(&t, &err);
	status = r < 0 ? complain(&err) : r ? r : conclude(&t);
	if (r > 0)
		say("stopped after %" PRIu64 " crashes", t.cases);
	if (t.root && !t.different)
		os_remove_tree(os_system(), t.root, &ignored);
	else if (t.root)
		remove_case(&t, 0, false);
	outcome_release(&t.undisturbed);
	crash_unshare(t.fault);
	free(t.root);
	new_run->seed = NULL;
	return status;
}
