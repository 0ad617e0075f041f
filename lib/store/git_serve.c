/* SPDX-License-Identifier: MIT */
#include "git_serve.h"
#include "git_aside.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../model/config.h"
#include "../os/os.h"
#include "git_fold.h"
#include "git_packs.h"
#include "git_point.h"
#include "git_prune.h"
#include "git_queue.h"
#include "git_repo.h"
#include "git_restore.h"
#include "git_settings.h"
#include "line.h"
#include "notes.h"

#include <stdlib.h>
#include <string.h>

struct serve {
	struct repo repo;
	struct config config; /* of the state directory */
	struct queue *queue;
	struct line_socket line;
	uint64_t tidied; /* commits at that time */
};

struct verb {
	const char *name;
	bool about_run;
	void (*handle)(struct serve *s, const char *run, const json_t *request, struct err *err);
};

static void report(void *arg, const char *id, uint64_t seq, const struct err *err)
{
	struct serve *s = arg;

	if (err->code)
		line_send(&s->line, json_pack("{s:s, s:s}", "error", err->text, "run", id));
	line_send(&s->line, json_pack("{s:s, s:I}", "ready", id, "seq", (json_int_t)seq));
}

static uint64_t number(const json_t *request, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(request, name));

	return n < 0 ? 0 : (uint64_t)n;
}

static int add_note(struct notes *notes, const json_t *message, struct err *err)
{
	if (!json_is_string(message))
		return 0;
	return notes_add(notes, json_string_value(message), json_string_length(message), err);
}

/* "message", or "messages" of which "skipped" were left out before the last NOTES_LAST. */
static int read_notes(const json_t *request, struct notes *notes, struct err *err)
{
	const json_t *all = json_object_get(request, "messages");
	uint64_t skipped = number(request, "skipped");
	size_t n = json_array_size(all);
	int rc = add_note(notes, json_object_get(request, "message"), err);

	for (size_t i = 0; i < n && !rc; i++) {
		if (skipped && i + NOTES_LAST == n)
			notes_skip(notes, skipped);
		rc = add_note(notes, json_array_get(all, i), err);
	}
	return rc;
}

static void do_commit(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	struct branch_point point = {
		.seq = number(request, "seq"),
		.offset = number(request, "offset"),
		.segment = (unsigned)number(request, "segment"),
		.closed = json_is_true(json_object_get(request, "closed")),
	};
	struct notes notes = {0};

	if (read_notes(request, &notes, err) == 0)
		queue_tell(s->queue, run, &point, &notes, err);
	notes_release(&notes);
}

static void do_hold(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	int fd = line_take_fd(&s->line);

	(void)request;
	if (fd < 0)
		err_set(err, ERR_USAGE, "no lock came with the request");
	else
		queue_hold(s->queue, run, fd, err);
}

static void do_release(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	(void)request;
	(void)err;
	queue_release(s->queue, run);
}

static void do_flush(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	(void)run;
	(void)err;
	queue_commit(s->queue, true);
	line_send(&s->line,
		  json_pack("{s:b, s:O?}", "flushed", 1, "ask", json_object_get(request, "ask")));
}

/* Send what was asked for; steals it. */
static void answer(struct serve *s, const json_t *request, json_t *object)
{
	json_object_set(object, "ask", json_object_get(request, "ask"));
	line_send(&s->line, object);
}

static void do_restore(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	json_t *object;

	if (git_restore(&s->repo, run, request, &object, err) == 0)
		answer(s, request, object);
}

static void do_verify(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	json_t *object;

	if (git_verify(&s->repo, run, &object, err) == 0)
		answer(s, request, object);
}

static void do_list(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	json_t *object;

	(void)run;
	if (git_list(&s->repo, json_is_true(json_object_get(request, "all")), &object, err) == 0)
		answer(s, request, object);
}

/* "commit": branch main is to have config.yaml as it is. */
static void do_settings(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	bool same;

	(void)run;
	if (git_settings(&s->repo, json_is_true(json_object_get(request, "commit")), &same, err) ==
		    0 &&
	    json_object_get(request, "ask"))
		answer(s, request, json_pack("{s:b}", "same", same));
}

/* "all": down to one pack. "keep": branches of closed runs that stay. */
static void do_maintain(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	const json_t *keep = json_object_get(request, "keep");
	size_t folded = 0;

	(void)run;
	queue_commit(s->queue, true);
	packs_sweep(&s->repo);
	if (fold_runs(&s->repo, keep ? number(request, "keep") : s->config.keep_refs, &folded,
		      err) == 0 &&
	    packs_tidy(&s->repo, json_is_true(json_object_get(request, "all")), err) == 0)
		answer(s, request, json_pack("{s:I}", "folded", (json_int_t)folded));
}

static void do_reset(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	json_t *object;

	queue_commit(s->queue, true);
	if (git_go_back(&s->repo, run, request, &object, err) == 0)
		answer(s, request, object);
}

static void do_fork(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	json_t *object;

	queue_commit(s->queue, true);
	if (git_go_apart(&s->repo, run, request, &object, err) == 0)
		answer(s, request, object);
}

static void do_aside(struct serve *s, const char *run, const json_t *request, struct err *err)
{
	queue_commit(s->queue, true);
	if (git_set_aside(&s->repo, run, err) == 0)
		answer(s, request, json_object());
}

static const struct verb verbs[] = {
	{"reset", true, do_reset},        {"fork", true, do_fork},
	{"commit", true, do_commit},      {"hold", true, do_hold},
	{"release", true, do_release},    {"flush", false, do_flush},
	{"restore", true, do_restore},    {"verify", true, do_verify},
	{"list", false, do_list},         {"maintain", false, do_maintain},
	{"settings", false, do_settings}, {"aside", true, do_aside},
};

static void handle(struct serve *s, const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "do"));
	const char *run = json_string_value(json_object_get(request, "run"));
	struct err err = ERR_INIT;
	const struct verb *verb = NULL;

	for (size_t i = 0; what && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, what) == 0)
			verb = &verbs[i];
	if (!verb)
		err_set(&err, ERR_USAGE, "unknown request '%s'", what ? what : "");
	else if (verb->about_run && (!run || str_id_problem(run)))
		err_set(&err, ERR_USAGE, "the run '%s': %s", run ? run : "",
			run ? str_id_problem(run) : "no id");
	else
		verb->handle(s, run, request, &err);
	if (err.code)
		line_send(&s->line,
			  json_pack("{s:s, s:i, s:s?, s:O?}", "error", err.text, "code", err.code,
				    "run", run, "ask", json_object_get(request, "ask")));
}

/* While nothing is due: keep packs, files of closed runs and branches few. A failure is tried again
 * later, and fsck shows what it is.
 */
static void tidy(struct serve *s)
{
	struct err quiet = ERR_INIT;
	size_t folded;

	if (queue_commits(s->queue) == s->tidied || queue_wait(s->queue) == 0)
		return;
	s->tidied = queue_commits(s->queue);
	queue_save(s->queue, &quiet);
	packs_tidy(&s->repo, false, &quiet);
	if (s->config.keep_closed != CONFIG_KEEP_ALL)
		prune_closed(&s->repo, s->config.keep_closed, &quiet);
	if (fold_is_due(&s->repo, s->config.keep_refs)) {
		packs_sweep(&s->repo);
		fold_runs(&s->repo, s->config.keep_refs, &folded, &quiet);
	}
}

static void loop(struct serve *s)
{
	json_t *request;

	while (!s->line.closed) {
		line_turn(&s->line, queue_wait(s->queue));
		while ((request = line_next(&s->line))) {
			handle(s, request);
			json_decref(request);
		}
		if (!s->line.closed)
			queue_commit(s->queue, false);
		if (!s->line.closed)
			tidy(s);
	}
	queue_commit(s->queue, true);
}

/* A driver does not begin where they cannot be read; whoever else asks gets the defaults. */
static int read_config(struct config *ret, struct os *os, const char *state, struct err *err)
{
	struct err ignored = ERR_INIT;
	char *path = str_format("%s/config.yaml", state);
	int rc = path ? config_read(ret, os, path, &ignored) : -ERR_NOMEM;

	free(path);
	return rc < 0 ? config_parse(ret, "", 0, "", err) : 0;
}

static char *author_of(const struct config *config)
{
	return str_format("%s <%s>", config->author_name ? config->author_name : "wf",
			  config->author_email ? config->author_email : "wf@localhost");
}

static int open_repo(struct serve *s, struct os *os, const char *state, struct err *err)
{
	char *author;
	int rc = read_config(&s->config, os, state, err);

	if (rc < 0)
		return rc;
	author = author_of(&s->config);
	rc = author ? repo_open(&s->repo, os, state, author, err) : err_nomem(err);
	free(author);
	return rc;
}

int git_serve(struct os *os, const char *state, int socket, struct err *err)
{
	struct serve s = {.queue = NULL};
	int rc;

	line_init(&s.line, socket);
	rc = open_repo(&s, os, state, err);
	if (rc < 0) {
		line_send(&s.line, json_pack("{s:s, s:b}", "error", err->text, "fatal", 1));
	} else {
		rc = queue_new(&s.queue, &s.repo, report, &s, err);
		if (!rc)
			loop(&s);
		queue_free(s.queue);
		repo_release(&s.repo);
	}
	line_release(&s.line);
	config_release(&s.config);
	return rc;
}
