/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "cli.h"
#include "describe.h"
#include "exit.h"
#include "output.h"
#include "text.h"

#include <string.h>

/* Under cron whatever is printed becomes a mail: --quiet means the result too. */
static void print_result(const struct cli *cli, const json_t *result)
{
	json_t *null = json_null();

	if (!cli->general.quiet)
		out_value(cli, result ? result : null);
}

/* todo: what helps now, with @ for the id. */
static void say_failure(const char *id, const char *what, const json_t *error, const char *todo)
{
	const char *type = json_string_value(json_object_get(error, "type"));
	const char *message = json_string_value(json_object_get(error, "message"));
	struct buf line = BUF_INIT;

	buf_addf(&line, "run '%s' %s: ", id, what);
	if (type && message && *message &&
	    str_ends(what, type)) /* not "was terminated: terminated" */
		text_line(&line, message);
	else
		describe_failure(&line, error);
	buf_adds(&line, "; ");
	for (const char *c = todo; *c; c++) {
		if (*c == '@')
			buf_adds(&line, id);
		else
			buf_addc(&line, *c);
	}
	describe_report(&line, error);
	if (buf_ok(&line))
		say("%s", line.data);
	buf_release(&line);
}

#define LOOK "'wf show @' shows what happened"
#define MEND "'wf resume @ --with MODULE' goes on with mended code"
#define AGAIN "once that is mended, 'wf resume @' goes on"

static void say_suspended(const char *id, const json_t *waits)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "run '%s' is suspended, waits for ", id);
	describe_waits(&line, waits);
	buf_addf(&line, "; 'wf resume %s' goes on", id);
	if (buf_ok(&line))
		say("%s", line.data);
	buf_release(&line);
}

static void complain_of_end(const struct ended *e)
{
	switch (e->end) {
	case DRIVE_COMPLETED:
		break;
	case DRIVE_FAILED:
		say_failure(e->id, "failed", e->detail, LOOK);
		break;
	case DRIVE_CANCELLED:
		say_failure(e->id, "was cancelled", e->detail, LOOK);
		break;
	case DRIVE_TERMINATED:
		say_failure(e->id, "was terminated", e->detail, LOOK);
		break;
	case DRIVE_SUSPENDED:
		say_suspended(e->id, e->detail);
		break;
	case DRIVE_HALTED:
		say_failure(e->id, "is halted", e->detail, MEND);
		break;
	case DRIVE_BROKEN:
		say_failure(e->id, "could not be driven on", e->detail, AGAIN);
		break;
	case DRIVE_NOT_YET:
	case DRIVE_STOPPED:
		say("run '%s' was stopped; 'wf resume %s' goes on", e->id, e->id);
		break;
	}
}

void report_ended(struct cli *cli, struct state *state, const struct ended *e, bool result,
		  bool told)
{
	if (cli->general.json)
		report_json(cli, state, e->id);
	else if (result && e->end == DRIVE_COMPLETED)
		print_result(cli, e->detail);
	if (!told)
		complain_of_end(e);
}

int report_load(struct state *state, const char *id, struct run_summary *ret, struct err *err)
{
	return run_summarize(ret, state, id, false, err);
}

int report_json(struct cli *cli, struct state *state, const char *id)
{
	struct err err = ERR_INIT;
	struct run_summary summary;
	int status = 0;

	(void)cli;
	if (report_load(state, id, &summary, &err) < 0)
		return complain(&err);
	json_t *object = run_summary_json(&summary);
	if (object) {
		out_json(object);
	} else {
		err_nomem(&err);
		status = complain(&err);
	}
	json_decref(object);
	run_summary_release(&summary);
	return status;
}

static void complain_of_status(const struct run_summary *s)
{
	switch (s->status) {
	case STATUS_COMPLETED:
		break;
	case STATUS_FAILED:
		say_failure(s->id, "failed", s->error, LOOK);
		break;
	case STATUS_CANCELLED:
		say_failure(s->id, "was cancelled", s->error, LOOK);
		break;
	case STATUS_TERMINATED:
		say_failure(s->id, "was terminated", s->error, LOOK);
		break;
	case STATUS_HALTED:
		say_failure(s->id, "is halted", s->error, MEND);
		break;
	case STATUS_SUSPENDED:
		say_suspended(s->id, s->waiting);
		break;
	case STATUS_INTERRUPTED:
		say("run '%s' is interrupted; 'wf resume %s' goes on", s->id, s->id);
		break;
	case STATUS_RUNNING:
		say("run '%s' is driven by process %ld; 'wf wait %s' waits for its end", s->id,
		    (long)s->driver, s->id);
		break;
	}
}

int report_summary(struct cli *cli, const struct run_summary *s)
{
	if (cli->general.json) {
		json_t *object = run_summary_json(s);

		if (object)
			out_json(object);
		json_decref(object);
	} else if (s->status == STATUS_COMPLETED) {
		print_result(cli, s->result);
	}
	if (!cli->general.quiet || s->status > STATUS_COMPLETED || s->status == STATUS_HALTED)
		complain_of_status(s);
	return exit_of_status(s->status);
}
