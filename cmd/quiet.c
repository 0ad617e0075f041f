/* SPDX-License-Identifier: MIT */
/* Says nothing; when a run fails, one block that somebody who reads mail in the morning can act on.
 */
#include "view.h"

#include "../lib/base/buf.h"
#include "cli.h"
#include "command.h"
#include "describe.h"
#include "logs.h"
#include "output.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAIL_BYTES 4096
#define TAIL_LINES 20

/* The last failed attempt of a run. */
struct failed {
	char *run_id, *step, *text;
	uint64_t cmd;
	int attempt;
	struct failed *next;
};

struct quiet {
	const struct cli *cli;
	struct failed *failed;
};

static void *quiet_open(const struct cli *cli, bool many)
{
	struct quiet *quiet = calloc(1, sizeof *quiet);

	(void)many;
	if (quiet)
		quiet->cli = cli;
	return quiet;
}

static struct failed *find(struct quiet *quiet, const char *run_id)
{
	struct failed *f = quiet->failed;

	while (f && strcmp(f->run_id, run_id) != 0)
		f = f->next;
	return f;
}

static struct failed *find_or_add(struct quiet *quiet, const char *run_id)
{
	struct failed *f = find(quiet, run_id);

	if (f || !(f = calloc(1, sizeof *f)))
		return f;
	f->run_id = strdup(run_id);
	if (!f->run_id) {
		free(f);
		return NULL;
	}
	f->next = quiet->failed;
	quiet->failed = f;
	return f;
}

static void quiet_progress(void *view, const struct progress *p)
{
	if (p->kind != PROGRESS_STEP_FAILED && p->kind != PROGRESS_STEP_RETRY)
		return;
	struct failed *f = find_or_add(view, p->run_id);

	if (!f)
		return;
	free(f->step);
	free(f->text);
	f->step = strdup(p->step ? p->step : "");
	f->text = strdup(p->text ? p->text : "");
	f->cmd = p->cmd;
	f->attempt = p->attempt;
}

static void indented(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = strndup(text, n);

		buf_adds(out, "    ");
		text_line(out, line ? line : "");
		buf_addc(out, '\n');
		free(line);
		text += n + (text[n] == '\n');
	}
}

static void command_line(struct buf *out, const struct ended *e, const char *command)
{
	buf_adds(out, "wf --state ");
	text_shell(out, e->state);
	buf_addf(out, " %s ", command);
	text_shell(out, e->id);
	buf_addc(out, '\n');
}

/* How to go on: with the same run where that is possible, else with a new one. */
static void next_command(struct buf *out, const struct quiet *quiet, const struct ended *e)
{
	char *folder;

	if (!e->closed) {
		buf_adds(out, "  resume:   ");
		command_line(out, e, "resume");
		return;
	}
	if (strcmp(quiet->cli->command->name, "run") != 0 || !(folder = getcwd(NULL, 0)))
		return;
	buf_adds(out, "  again:    cd ");
	text_shell(out, folder);
	buf_adds(out, " &&");
	for (char *const *word = quiet->cli->argv; *word; word++) {
		buf_addc(out, ' ');
		text_shell(out, *word);
	}
	buf_adds(out, quiet->cli->has_id ? "    (with another --id: this one has ended)\n" : "\n");
	free(folder);
}

static void stderr_lines(struct buf *out, const struct failed *f, const char *run_path)
{
	struct buf tail = BUF_INIT;

	logs_tail(&tail, run_path, f->cmd, f->attempt, TAIL_BYTES, TAIL_LINES);
	if (buf_ok(&tail) && tail.len) {
		buf_adds(out, "  stderr:\n");
		indented(out, tail.data);
	}
	buf_release(&tail);
}

static void failed_lines(struct buf *out, const struct failed *f, const char *run_path)
{
	buf_adds(out, "  step:     ");
	text_line(out, f->step ? f->step : "");
	buf_addf(out, " (attempt %d)\n", f->attempt);
	if (f->text && *f->text) {
		buf_adds(out, "  failure:  ");
		text_line(out, f->text);
		buf_addc(out, '\n');
	}
	if (run_path)
		stderr_lines(out, f, run_path);
}

static const char *word_of(enum drive_end end)
{
	switch (end) {
	case DRIVE_FAILED:
		return "failed";
	case DRIVE_CANCELLED:
		return "was cancelled";
	case DRIVE_TERMINATED:
		return "was terminated";
	case DRIVE_HALTED:
		return "is halted";
	case DRIVE_BROKEN:
		return "could not be driven on";
	default:
		return "was stopped";
	}
}

static bool quiet_ended(void *view, const struct ended *e)
{
	struct quiet *quiet = view;
	struct failed *f = find(quiet, e->id);
	struct buf out = BUF_INIT;

	if (e->end == DRIVE_COMPLETED || e->end == DRIVE_SUSPENDED)
		return true;
	buf_addf(&out, "wf: run '%s' %s\n  workflow: %s\n", e->id, word_of(e->end), e->workflow);
	if (e->detail && (json_is_object(e->detail) || json_is_string(e->detail))) {
		buf_adds(&out, "  error:    ");
		describe_failure(&out, e->detail);
		describe_report(&out, e->detail);
		buf_addc(&out, '\n');
	}
	if (f)
		failed_lines(&out, f, e->path);
	buf_adds(&out, "  look:     ");
	command_line(&out, e, "show");
	next_command(&out, quiet, e);
	if (buf_ok(&out))
		err_write(out.data, out.len);
	buf_release(&out);
	return true;
}

static void quiet_close(void *view)
{
	struct quiet *quiet = view;

	while (quiet && quiet->failed) {
		struct failed *f = quiet->failed;

		quiet->failed = f->next;
		free(f->run_id);
		free(f->step);
		free(f->text);
		free(f);
	}
	free(quiet);
}

const struct view_kind view_quiet = {
	.open = quiet_open,
	.progress = quiet_progress,
	.ended = quiet_ended,
	.close = quiet_close,
};
