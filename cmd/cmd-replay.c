/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/module.h"
#include "../lib/engine/replay.h"
#include "../lib/os/file.h"
#include "../lib/os/os.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "named.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MOST ((size_t)1 << 30)

struct replay_values {
	bool open, closed;
};

struct replaying {
	struct cli *cli;
	struct state *state; /* NULL: there is none */
	struct module *module;
	const char *only; /* --open, --closed: other workflows than the module's are passed over */
	size_t replayed, diverged, passed;
	int status;
};

static void print_object(const struct recording *r, const struct replay_verdict *v)
{
	json_t *object = json_pack("{s:s, s:s, s:b, s:I}", "id", r->info.id, "workflow",
				   r->info.workflow, "fits", !v->why.code, "events",
				   (json_int_t)v->events);

	if (object && v->why.code)
		json_object_set_new(object, "divergence", json_string(v->why.text));
	if (object)
		out_json(object);
	json_decref(object);
}

static int judge(void *arg, const struct recording *r)
{
	struct replaying *re = arg;
	struct replay_verdict verdict;
	struct err err = ERR_INIT;

	if (re->only && module_find(re->module, WF_KIND_WORKFLOW, r->info.workflow) < 0) {
		re->passed++;
		return 0;
	}
	if (replay_recording(r, re->module, &verdict, &err) < 0) {
		err_context(&err, "run '%s'", r->info.id);
		re->status = exit_worse(re->status, complain(&err));
		return 0;
	}
	re->replayed++;
	re->diverged += verdict.why.code != 0;
	if (re->cli->general.json)
		print_object(r, &verdict);
	else if (verdict.why.code)
		out_format("%s%s%s: %s\n", tint(re->cli->out_color, TINT_RED), r->info.id,
			   tint(re->cli->out_color, TINT_NONE), verdict.why.text);
	return out_broken();
}

static int judge_run(void *arg, const char *id, bool closed)
{
	struct replaying *re = arg;
	struct recording recording;
	struct err err = ERR_INIT;

	(void)closed;
	if (recording_of_run(&recording, re->state, id, 0, &err) < 0) {
		if (!re->only || err.code != ERR_NOT_FOUND)
			re->status = exit_worse(re->status, complain(&err));
		return 0;
	}
	judge(re, &recording);
	recording_release(&recording);
	return out_broken();
}

static int read_all(int fd, struct buf *text, struct err *err)
{
	for (;;) {
		char *room = buf_reserve(text, 65536);
		ssize_t n = room ? read(fd, room, 65536) : 0;

		if (!room)
			return err_nomem(err);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read standard input");
		if (n == 0)
			return 0;
		text->len += (size_t)n;
		if (text->len > FILE_MOST)
			return err_set(err, ERR_USAGE, "standard input is longer than 1 GiB");
	}
}

static void judge_file(struct replaying *re, const char *name)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	bool input = strcmp(name, "-") == 0;
	int r = input ? read_all(STDIN_FILENO, &text, &err)
		      : os_read_file(os_system(), name, FILE_MOST, &text, &err);

	if (r == 0)
		r = recordings_of_text(text.data ? text.data : "", text.len,
				       input ? "standard input" : name, judge, re, &err);
	if (r < 0)
		re->status = exit_worse(re->status, err.code == ERR_DAMAGED
							    ? complain_usage("%s", err.text)
							    : complain(&err));
	buf_release(&text);
}

static bool is_file(const char *word)
{
	return strcmp(word, "-") == 0 || strchr(word, '/') || str_ends(word, ".jsonl");
}

static int open_state(struct replaying *re, struct state *state)
{
	int status = re->state ? 0 : cli_need_state(re->cli, state);

	if (!status)
		re->state = state;
	return status;
}

static int judge_all(struct replaying *re, const struct replay_values *values, struct state *state)
{
	bool all = values->open || values->closed || re->cli->nargs == 1;
	struct err err = ERR_INIT;
	int status;

	for (size_t i = 1; i < re->cli->nargs; i++) {
		const char *word = re->cli->args[i];

		if (is_file(word)) {
			judge_file(re, word);
			continue;
		}
		if ((status = open_state(re, state)))
			return status;
		judge_run(re, word, false);
	}
	if (!all)
		return 0;
	if ((status = open_state(re, state)))
		return status;
	re->only = "all";
	if (state_each_run(state, values->open || !values->closed, values->closed, judge_run, re,
			   &err) < 0)
		return complain(&err);
	return 0;
}

static void sum_up(const struct replaying *re)
{
	if (re->cli->general.json) {
		json_t *sum = json_pack("{s:s, s:I, s:I, s:I}", "type", "summary", "replayed",
					(json_int_t)re->replayed, "diverged",
					(json_int_t)re->diverged, "passed_over",
					(json_int_t)re->passed);
		if (sum)
			out_json(sum);
		json_decref(sum);
	} else if (!re->cli->general.quiet) {
		out_format("%zu %s replayed, %zu diverged", re->replayed,
			   re->replayed == 1 ? "history" : "histories", re->diverged);
		if (re->passed)
			out_format("; %zu of workflows that are not in the module", re->passed);
		out_text("\n", 1);
	}
}

/* C is compiled into the cache of the state directory. */
static int load_module(struct replaying *re, struct state *state, struct err *err)
{
	struct named named = {0};
	char *file = NULL;
	int r = named_parse(&named, re->cli->args[0], err);

	if (r == 0)
		r = named_locate(&named, err);
	if (r == 0 && named_needs_compiler(&named)) {
		r = cli_open_state(re->cli, state, true, err);
		if (r == 0) {
			re->state = state;
			r = module_compile(state, named.file, &file, err);
		}
	}
	if (r == 0)
		r = module_load_made(file ? file : named.file, named.file, &re->module, err);
	free(file);
	named_release(&named);
	return r;
}

static int replay(struct cli *cli, const void *arg)
{
	const struct replay_values *values = arg;
	struct replaying re = {.cli = cli};
	struct state state;
	struct err err = ERR_INIT;
	int status = load_module(&re, &state, &err) < 0 ? complain(&err)
							: judge_all(&re, values, &state);

	status = exit_worse(status, re.status);
	if (re.module)
		sum_up(&re);
	if (re.diverged)
		status = exit_worse(status, EXIT_HALTED);
	module_free(re.module);
	if (re.state)
		state_release(&state);
	return status;
}

#define AT(field) offsetof(struct replay_values, field)

static const struct option_def options[] = {
	{.name = "open",
	 .kind = OPTION_FLAG,
	 .offset = AT(open),
	 .help = "all open runs of the module's workflows; so without ID and FILE too"},
	{.name = "closed",
	 .kind = OPTION_FLAG,
	 .offset = AT(closed),
	 .help = "all closed runs of the module's workflows"},
	{.name = NULL},
};

const struct cmd cmd_replay = {
	.name = "replay",
	.summary = "check code against recorded histories; nothing is changed",
	.arguments = "MODULE [ID ...|FILE.jsonl ...]",
	.details =
		"FILE.jsonl, or - for standard input, holds what wf show ID --json printed. Exits with 6 if a "
		"history does not fit the code, and tells the first divergence of each.",
	.options = options,
	.values_size = sizeof(struct replay_values),
	.least = 1,
	.most = MANY,
	.uses = USE_LOOK | USE_QUIET,
	.first = WORDS_WORKFLOW,
	.others = WORDS_RUN,
	.run = replay,
};
