/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/os/os.h"
#include "../lib/store/inbox.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "clock.h"
#include "command.h"
#include "describe.h"
#include "drive.h"
#include "exit.h"
#include "follow.h"
#include "output.h"
#include "payload.h"
#include "report.h"
#include "watch.h"

#include "../lib/base/buf.h"
#include "../lib/engine/secrets_guard.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_MS 5000 /* the death of a driver changes no file */
#define TRIES 5            /* a run that is being closed is looked for again */

struct update_values {
	const char *id, *wait;
	int64_t timeout;
	bool resume;
};

/* One invocation: what it has taken so far, and must give back. */
struct asking {
	struct cli *cli;
	const struct update_values *values;
	struct state state;
	struct watch watch;
	char *id; /* of the update */
	json_t *payload;
	char *message;    /* name of the message; NULL: none was sent */
	int64_t deadline; /* 0: none */
	enum run_status told;
};

static int make_id(struct asking *a, struct err *err)
{
	unsigned char chance[8];
	int rc;

	if (a->values->id) {
		if (payload_check_name("update", a->values->id, err) < 0)
			return -err->code;
		a->id = strdup(a->values->id);
		return a->id ? 0 : err_nomem(err);
	}
	rc = a->state.os->ops->random(a->state.os, chance, sizeof chance);
	if (rc < 0)
		return err_sys(err, -rc, "cannot get random bytes");
	a->id = str_format("u-%02x%02x%02x%02x%02x%02x%02x%02x", chance[0], chance[1], chance[2],
			   chance[3], chance[4], chance[5], chance[6], chance[7]);
	return a->id ? 0 : err_nomem(err);
}

static int follow(struct asking *a, struct followed *ret, struct err *err)
{
	int rc = -ERR_SYSTEM;

	for (int i = 0; i < TRIES; i++) {
		err_clear(err);
		rc = follow_update(&a->state, a->cli->args[0], a->id, a->message, ret, err);
		if (rc != -ERR_SYSTEM && rc != -ERR_DAMAGED)
			break;
	}
	return rc;
}

static int send_message(struct asking *a, struct err *err)
{
	json_t *message = json_pack("{s:s, s:s, s:s, s:O}", "kind", "update", "update", a->id,
				    "name", a->cli->args[1], "payload", a->payload);
	struct run run;
	int rc = message ? run_open(&run, &a->state, a->cli->args[0], err) : err_nomem(err);

	if (rc == 0) {
		rc = guarded_put(&run, message, &a->message, err);
		run_release(&run);
	}
	json_decref(message);
	return rc;
}

/* ---- telling */

static void tell_json(const struct asking *a, const struct followed *f, const char *word)
{
	json_t *told = json_pack("{s:s, s:s, s:s}", "id", a->cli->args[0], "update", a->id,
				 "status", word);

	if (told && f->value)
		json_object_set(told, f->state == UPDATE_COMPLETED ? "result" : "error", f->value);
	out_json(told);
	json_decref(told);
}

static void complain_of(const struct asking *a, const struct followed *f, const char *word)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "update '%s' of run '%s' %s: ", a->cli->args[1], a->cli->args[0], word);
	describe_failure(&line, f->value);
	if (buf_ok(&line))
		say("%s", line.data);
	buf_release(&line);
}

static int tell(const struct asking *a, const struct followed *f)
{
	static const char *const words[] = {"pending", "accepted", "completed", "failed",
					    "refused"};
	static const int exits[] = {EXIT_SUSPENDED, EXIT_COMPLETED, EXIT_COMPLETED, EXIT_FAILED,
				    EXIT_FAILED};

	if (a->cli->general.json)
		tell_json(a, f, words[f->state]);
	else if (f->state == UPDATE_COMPLETED)
		out_value(a->cli, f->value);
	else if (f->state == UPDATE_ACCEPTED)
		out_format("%s\n", a->id);
	if (f->state == UPDATE_FAILED)
		complain_of(a, f, "failed");
	if (f->state == UPDATE_REFUSED)
		complain_of(a, f, "was refused");
	return exits[f->state];
}

static int give_up(const struct asking *a, const struct followed *f)
{
	if (a->cli->general.json)
		tell_json(a, f, f->state == UPDATE_ACCEPTED ? "accepted" : "pending");
	say("update '%s' of run '%s' is %s; 'wf update %s %s --update-id %s' goes on waiting",
	    a->cli->args[1], a->cli->args[0],
	    f->state == UPDATE_ACCEPTED ? "accepted, and not completed" : "not accepted yet",
	    a->cli->args[0], a->cli->args[1], a->id);
	return EXIT_SUSPENDED;
}

/* ---- waiting */

static bool is_over(const struct asking *a, const struct followed *f)
{
	if (f->state == UPDATE_ACCEPTED)
		return a->values->wait && strcmp(a->values->wait, "accepted") == 0;
	return f->state != UPDATE_UNKNOWN;
}

static void watch_run(struct asking *a)
{
	static const char *const parts[] = {"", "/history", "/replies"};
	char *folder = state_path(&a->state, "open", a->cli->args[0]);

	for (size_t i = 0; folder && i < sizeof parts / sizeof *parts; i++) {
		char *path = str_format("%s%s", folder, parts[i]);
		if (path)
			watch_add(&a->watch, path);
		free(path);
	}
	free(folder);
}

/* Nothing comes from a run that is halted; and nothing soon from one that nobody drives: that is
 * told once. 0: go on waiting. */
static int check_run(struct asking *a)
{
	struct run_summary s;
	struct err err = ERR_INIT;
	int status = 0;

	if (report_load(&a->state, a->cli->args[0], &s, &err) < 0)
		return 0; /* it is being closed: seen in the next round */
	if (s.status == STATUS_HALTED)
		status = report_summary(a->cli, &s);
	else if (s.status != STATUS_RUNNING && s.status < STATUS_COMPLETED && a->told != s.status &&
		 !a->cli->general.quiet) {
		say("nobody drives run '%s'; 'wf resume %s' does", s.id, s.id);
		a->told = s.status;
	}
	run_summary_release(&s);
	return status;
}

static int64_t time_left(int64_t deadline)
{
	int64_t left = deadline ? (deadline - clock_us() + 999) / 1000 : LOOK_AGAIN_MS;

	return left < 0 ? 0 : left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS;
}

static int wait_for(struct asking *a)
{
	for (;;) {
		struct followed f;
		struct err err = ERR_INIT;
		int status;

		watch_run(a);
		if (follow(a, &f, &err) < 0)
			return complain(&err);
		if (is_over(a, &f)) {
			status = tell(a, &f);
		} else if (f.closed) {
			status = complain_usage("run '%s' has ended before update '%s' %s",
						a->cli->args[0], a->cli->args[1],
						f.state == UPDATE_ACCEPTED ? "completed"
									   : "was taken");
		} else if (a->deadline && clock_us() >= a->deadline) {
			status = give_up(a, &f);
		} else {
			status = check_run(a);
			if (!status) {
				watch_wait(&a->watch, time_left(a->deadline));
				json_decref(f.value);
				continue;
			}
		}
		json_decref(f.value);
		return status;
	}
}

/* Drive the run until the update is over and the run rests; unless somebody else does. */
static int drive_on(struct asking *a)
{
	struct err err = ERR_INIT;
	struct drive drive;

	if (drive_start(&drive, a->cli, &a->state, true, false, &err) < 0)
		return complain(&err);
	drive.update = a->id;
	drive.update_stage = a->values->wait && strcmp(a->values->wait, "accepted") == 0 ? 1 : 2;
	if (drive_add(&drive, a->cli->args[0], NULL, &err) == 0) {
		int status = drive_finish(&drive);
		return status == EXIT_SIGINT || status == EXIT_SIGTERM || status == EXIT_STATE
			       ? status
			       : 0;
	}
	drive_abandon(&drive);
	return err.code == ERR_BUSY || err.code == ERR_CLOSED ? 0 : complain(&err);
}

static int ask(struct asking *a)
{
	struct err err = ERR_INIT;
	struct followed f;
	int status;

	if (make_id(a, &err) < 0 || follow(a, &f, &err) < 0)
		return complain(&err);
	json_decref(f.value);
	if (f.state == UPDATE_UNKNOWN && send_message(a, &err) < 0)
		return complain(&err);
	if (a->values->resume && f.state <= UPDATE_ACCEPTED && !f.closed && (status = drive_on(a)))
		return status;
	return wait_for(a);
}

static int update(struct cli *cli, const void *arg)
{
	const struct update_values *values = arg;
	struct asking a = {.cli = cli, .values = values, .told = STATUS_RUNNING};
	struct err err = ERR_INIT;
	int status;

	if (values->wait && strcmp(values->wait, "accepted") != 0 &&
	    strcmp(values->wait, "completed") != 0)
		return complain_usage("--wait is 'accepted' or 'completed', not '%s'",
				      values->wait);
	if (payload_check_name("update", cli->args[1], &err) < 0 ||
	    payload_make(cli->args + 2, cli->nargs - 2, &a.payload, &err) < 0)
		return complain(&err);
	if (values->timeout)
		a.deadline = clock_us() + values->timeout * 1000;
	status = cli_need_state(cli, &a.state);
	if (!status) {
		watch_open(&a.watch);
		status = ask(&a);
		watch_close(&a.watch);
		state_release(&a.state);
	}
	json_decref(a.payload);
	free(a.id);
	free(a.message);
	return status;
}

#define AT(field) offsetof(struct update_values, field)

static const struct option_def options[] = {
	{.name = "update-id",
	 .argument = "ID",
	 .kind = OPTION_TEXT,
	 .offset = AT(id),
	 .help = "name of this update: asked for again under it, it is done once; else one is made up"},
	{.name = "wait",
	 .argument = "STAGE",
	 .kind = OPTION_TEXT,
	 .offset = AT(wait),
	 .help = "wait until it is 'accepted' or 'completed'; else completed"},
	{.name = "timeout",
	 .argument = "DURATION",
	 .kind = OPTION_DURATION,
	 .offset = AT(timeout),
	 .help = "wait no longer than this, such as 30s or 1h30m; then exit 3, the request stands"},
	{.name = "resume",
	 .kind = OPTION_FLAG,
	 .offset = AT(resume),
	 .help = "drive the run meanwhile in the foreground, unless somebody does"},
	{.name = NULL},
};

const struct cmd cmd_update = {
	.name = "update",
	.summary = "change a run, and get its answer",
	.arguments = "ID NAME [JSON|@FILE|-] [KEY=VALUE ...]",
	.details =
		"The answer goes to standard output as JSON. An update that the run refuses leaves no trace "
		"in its history.",
	.options = options,
	.values_size = sizeof(struct update_values),
	.least = 2,
	.most = MANY,
	.uses = USE_DRIVE,
	.first = WORDS_OPEN_RUN,
	.run = update,
};
