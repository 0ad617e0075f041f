/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include "../base/str.h"
#include "../core/core.h"
#include "../model/event.h"
#include "../model/module.h"
#include "../store/history.h"
#include "../store/state.h"
#include "generation.h"
#include "markers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the events come from. */
struct source {
	const struct recording *r;
	struct history *history; /* NULL: from r->events */
	size_t next;
};

static int payload_of(void *arg, const char *name, json_t **ret, struct err *err)
{
	const struct recording *r = arg;
	json_t *value;

	if (r->run)
		return run_get_payload(r->run, name, ret, err);
	value = json_object_get(r->payloads, name);
	if (!value)
		return err_set(err, ERR_USAGE, "the history of '%s' lacks the payload '%s'",
			       r->info.id, name);
	*ret = json_incref(value);
	return 0;
}

/* 1, 0 at the end, or negative. */
static int next_event(struct source *s, struct event *ret, struct err *err)
{
	int rc;

	if (s->history)
		rc = history_read(s->history, ret, err);
	else if (s->next == json_array_size(s->r->events))
		rc = 0;
	else
		rc = event_of_json(ret, json_array_get(s->r->events, s->next++), err) < 0
			     ? -err->code
			     : 1;
	if (rc > 0 && s->r->upto && ret->seq > s->r->upto) {
		event_release(ret);
		return 0;
	}
	return rc;
}

static int load_markers(const struct recording *r, struct core *core, uint64_t from,
			struct err *err)
{
	struct markers markers = {.core = core, .from = from};
	struct source s = {.r = r};
	struct event event;
	char *dir;
	int rc;

	if (r->run) {
		dir = str_format("%s/history", r->run->path);
		rc = dir ? markers_load(core, r->run->state->os, dir, from, err) : err_nomem(err);
		free(dir);
		return rc;
	}
	while ((rc = next_event(&s, &event, err)) > 0) {
		rc = markers_see(&markers, &event, err);
		event_release(&event);
		if (rc < 0)
			return rc;
	}
	markers_seen(&markers);
	return rc;
}

/* In memory: what run_started keeps outside its line is put into it. */
static int whole_started(const struct recording *r, struct event *event, struct err *err)
{
	static const char *const members[][2] = {{"input_file", "input"}, {"told_file", "told"}};
	json_t *body = r->run || event->type != EVENT_RUN_STARTED ? NULL : json_copy(event->body);

	for (size_t i = 0; body && i < 2; i++) {
		const char *name = json_string_value(json_object_get(body, members[i][0]));

		if (name &&
		    json_object_set(body, members[i][1], json_object_get(r->payloads, name)) < 0)
			return err_set(err, ERR_USAGE, "the history of '%s' lacks the payload '%s'",
				       r->info.id, name);
	}
	if (body) {
		json_decref(event->body);
		event->body = body;
	}
	return 0;
}

static int new_core(const struct recording *r, const struct module *module, struct event *event,
		    unsigned rules, struct core **ret, struct err *err)
{
	struct core_options options = {
		.module = module,
		.workflow = module_find(module, WF_KIND_WORKFLOW, r->info.workflow),
		.rules = rules,
		.payload = payload_of,
		.payload_arg = (void *)(uintptr_t)r,
	};
	struct run run = {.id = r->info.id, .info = r->info, .lock_fd = -1};
	struct generation generation;
	int rc = whole_started(r, event, err);

	if (r->run) {
		run = *r->run;
		run.info = r->info;
	}
	if (options.workflow < 0)
		return err_set(err, ERR_MODULE, "module '%s' has no workflow '%s'", module->path,
			       r->info.workflow);
	if (rc == 0)
		rc = generation_begin(&generation, &options, &run, event, err);
	if (rc < 0)
		return rc;
	rc = core_new(ret, &options, err);
	generation_release(&generation);
	return rc < 0 ? rc : load_markers(r, *ret, event->seq, err);
}

static unsigned rules_of(const struct event *event)
{
	const json_t *rules = json_object_get(event->body, "rules");

	return event->type == EVENT_RUN_STARTED && rules ? (unsigned)json_integer_value(rules)
							 : CORE_RULES;
}

static int feed_all(struct source *s, const struct module *module, struct replay_verdict *ret)
{
	struct err *err = &ret->why;
	struct core *core = NULL;
	struct event event;
	bool continued = false;
	int rc;

	while ((rc = next_event(s, &event, err)) > 0) {
		rc = 0;
		if (continued && event.type == EVENT_RUN_STARTED) {
			core_free(core);
			core = NULL;
		}
		if (event.type == EVENT_RUN_STARTED || event.type == EVENT_RUN_CONTINUED)
			continued = event.type == EVENT_RUN_CONTINUED;
		if (!core && !event_is_note(event.type))
			rc = new_core(s->r, module, &event, rules_of(&event), &core, err);
		if (rc == 0 && !event_is_note(event.type))
			rc = core_feed(core, &event, err);
		event_release(&event);
		if (rc < 0)
			break;
		ret->events++;
	}
	core_free(core);
	return rc;
}

static void replay_here(const struct recording *r, const struct module *module,
			struct replay_verdict *ret)
{
	struct history_options options = {.run = r->info.id};
	struct source s = {.r = r};
	char *dir = NULL;
	int rc = 0;

	if (r->run) {
		dir = str_format("%s/history", r->run->path);
		rc = dir ? history_open(&s.history, r->run->state->os, dir, &options, &ret->why)
			 : err_nomem(&ret->why);
	}
	if (rc == 0)
		feed_all(&s, module, ret);
	history_close(s.history);
	free(dir);
}

/* ---- in a child, for the code is what is on trial */

static int receive(int fd, struct replay_verdict *ret)
{
	size_t have = 0;

	while (have < sizeof *ret) {
		ssize_t n = read(fd, (char *)ret + have, sizeof *ret - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		have += (size_t)n;
	}
	return 0;
}

static _Noreturn void try_it(const struct recording *r, const struct module *module, int fd)
{
	struct replay_verdict verdict = {.why = ERR_INIT};
	const char *at = (const char *)&verdict;
	size_t left = sizeof verdict;

	replay_here(r, module, &verdict);
	while (left) {
		ssize_t n = write(fd, at, left);
		if (n < 0 && errno != EINTR)
			_exit(1);
		if (n > 0) {
			at += n;
			left -= (size_t)n;
		}
	}
	close(fd);
	_exit(0);
}

static void describe_death(const struct recording *r, int status, struct replay_verdict *ret)
{
	memset(ret, 0, sizeof *ret);
	if (WIFSIGNALED(status))
		err_set(&ret->why, ERR_NONDETERMINISTIC,
			"workflow '%s' crashed with SIG%s while it was replayed", r->info.workflow,
			sigabbrev_np(WTERMSIG(status)));
	else
		err_set(&ret->why, ERR_NONDETERMINISTIC,
			"workflow '%s' left the process with exit status %d while it was replayed",
			r->info.workflow, WEXITSTATUS(status));
}

int replay_recording(const struct recording *r, const struct module *module,
		     struct replay_verdict *ret, struct err *err)
{
	struct replay_verdict verdict;
	int pair[2], status = 0, got;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		int sys = errno;
		close(pair[0]);
		close(pair[1]);
		return err_sys(err, sys, "cannot start a process");
	}
	if (pid == 0) {
		close(pair[0]);
		try_it(r, module, pair[1]);
	}
	close(pair[1]);
	got = receive(pair[0], &verdict);
	close(pair[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (got < 0)
		describe_death(r, status, &verdict);
	if (verdict.why.code && verdict.why.code != ERR_NONDETERMINISTIC &&
	    verdict.why.code != ERR_MODULE)
		return err_set(err, verdict.why.code, "%s", verdict.why.text);
	*ret = verdict;
	return 0;
}
