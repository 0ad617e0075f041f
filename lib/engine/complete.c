/* SPDX-License-Identifier: MIT */
#include "complete.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../store/history.h"
#include "../store/inbox.h"
#include "../store/run.h"
#include "../store/state.h"
#include "secrets_guard.h"
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What a run's files say of its steps that are completed from outside. */
struct look {
	struct run run;
	json_t *waiting; /* command number as text -> {"step", "attempt"} */
	json_t *over;    /* the same, of those with an outcome */
	json_t *sent;    /* command number -> true: a completion lies in the inbox */
	json_t *attempts;
	uint64_t cmd; /* that the token is for; 0: no token */
	char nonce[TOKEN_NONCE];
	bool cmd_over; /* it has an outcome */
};

struct target {
	uint64_t cmd;
	json_int_t attempt;
	const char *step; /* borrowed from the look; NULL: not known yet */
};

static void key_of(uint64_t cmd, char ret[24])
{
	snprintf(ret, 24, "%llu", (unsigned long long)cmd);
}

static int note_event(struct look *look, const struct event *event)
{
	char key[24];
	json_t *step;

	key_of(event->cmd, key);
	if (event->type == EVENT_STEP_STARTED &&
	    json_is_true(json_object_get(event->body, "outside"))) {
		step = json_pack("{s:O, s:O}", "step", json_object_get(event->body, "step"),
				 "attempt", json_object_get(event->body, "attempt"));
		return json_object_set_new(look->waiting, key, step);
	}
	if (event->type != EVENT_STEP_COMPLETED && event->type != EVENT_STEP_FAILED)
		return 0;
	look->cmd_over = look->cmd_over || event->cmd == look->cmd;
	step = json_object_get(look->waiting, key);
	if (!step)
		return 0;
	if (json_object_set(look->over, key, step) < 0)
		return -1;
	return json_object_del(look->waiting, key);
}

static int read_history(struct look *look, struct err *err)
{
	struct history_options options = {.run = look->run.id};
	char *dir = str_format("%s/history", look->run.path);
	struct history *history = NULL;
	struct event event;
	int rc = dir ? history_open(&history, look->run.state->os, dir, &options, err)
		     : err_nomem(err);

	free(dir);
	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		rc = note_event(look, &event) < 0 ? err_nomem(err) : 0;
		event_release(&event);
	}
	history_close(history);
	return rc;
}

static int note_message(void *arg, const char *name, json_t *message)
{
	struct look *look = arg;
	const char *kind = json_string_value(json_object_get(message, "kind"));
	char key[24];

	(void)name;
	if (!kind || strcmp(kind, "complete") != 0 ||
	    json_is_true(json_object_get(message, "heartbeat")))
		return 0;
	key_of((uint64_t)json_integer_value(json_object_get(message, "cmd")), key);
	return json_object_set(look->sent, key, json_object_get(message, "attempt")) < 0
		       ? -ERR_NOMEM
		       : 0;
}

static int no_step(const struct look *look, const char *step, const char *what, struct err *err)
{
	char *quoted = str_quote(step, strlen(step));

	err_set(err, ERR_USAGE, "step %s of run '%s' %s", quoted ? quoted : "?", look->run.id,
		what);
	free(quoted);
	return -err->code;
}

static bool is_number(const char *step)
{
	return *step && step[strspn(step, "0123456789")] == '\0';
}

static const char *step_name(const json_t *of)
{
	const char *name = json_string_value(json_object_get(of, "step"));

	return name ? name : "";
}

/* Whether a step of a table is the one that is meant. */
static bool is_meant(const char *step, const char *key, const json_t *of)
{
	return strcmp(is_number(step) ? key : step_name(of), step) == 0;
}

static bool is_over(const struct look *look, const char *step)
{
	const char *key;
	json_t *of;

	json_object_foreach (look->over, key, of)
		if (is_meant(step, key, of))
			return true;
	return false;
}

/* A completion of this very attempt lies in the inbox. */
static bool was_sent(const struct look *look, const char *key, const json_t *of)
{
	const json_t *sent = json_object_get(look->sent, key);

	return sent && json_equal(sent, json_object_get(of, "attempt"));
}

static int find_step(const struct look *look, const char *step, struct target *ret, struct err *err)
{
	const char *key;
	char keys[100] = "";
	bool sent = false;
	int found = 0;
	json_t *of;

	json_object_foreach (look->waiting, key, of) {
		size_t n = strlen(keys);
		if (!is_meant(step, key, of))
			continue;
		if (was_sent(look, key, of)) {
			sent = true;
			continue;
		}
		snprintf(keys + n, sizeof keys - n, "%s%s", found++ ? ", " : "", key);
		ret->cmd = strtoull(key, NULL, 10);
		ret->attempt = json_integer_value(json_object_get(of, "attempt"));
		ret->step = step_name(of);
	}
	if (found == 1)
		return 0;
	if (found > 1) {
		char what[200];
		snprintf(what, sizeof what,
			 "waits %d times to be completed; say which by its number: %s", found,
			 keys);
		return no_step(look, step, what, err);
	}
	return no_step(look, step,
		       sent                  ? "has been completed already"
		       : is_over(look, step) ? "has its outcome already"
					     : "does not wait to be completed",
		       err);
}

/* By the token alone. The attempt may have given it away before it ended: then the history does not
 * know of it yet. */
static int find_token(const struct look *look, struct target *ret, struct err *err)
{
	char key[24], nonce[TOKEN_NONCE];
	json_t *of;

	key_of(look->cmd, key);
	of = json_object_get(look->waiting, key);
	ret->cmd = look->cmd;
	ret->step = of ? step_name(of) : NULL;
	if (look->cmd_over)
		return no_step(look, key, "has its outcome already", err);
	if (!of)
		of = json_object_get(look->attempts, key);
	ret->attempt = of ? json_integer_value(json_object_get(of, "attempt")) : 1;
	token_nonce(look->run.info.seed, ret->cmd, (int)ret->attempt, nonce);
	if (strcmp(nonce, look->nonce) != 0)
		return err_set(
			err, ERR_USAGE,
			"the token is not valid: it is of another run, or of an attempt that is over");
	return 0;
}

static int find(const struct look *look, const struct completion *c, struct target *ret,
		struct err *err)
{
	struct target by_step = {0, 0, NULL};
	char key[24];
	int rc = c->step ? find_step(look, c->step, &by_step, err) : 0;

	*ret = by_step;
	if (rc == 0 && c->token)
		rc = find_token(look, ret, err);
	if (rc == 0 && c->step && c->token && ret->cmd != by_step.cmd)
		rc = no_step(look, c->step, "is not the one that the token is for", err);
	if (rc < 0)
		return rc;
	key_of(ret->cmd, key);
	if (json_integer_value(json_object_get(look->sent, key)) == ret->attempt)
		return no_step(look, ret->step ? ret->step : key, "has been completed already",
			       err);
	return 0;
}

static int send(struct look *look, const struct completion *c, const struct target *target,
		struct err *err)
{
	json_t *null = json_null(), *value = c->value ? c->value : null;
	json_t *message = json_pack("{s:s, s:I, s:I, s:s*}", "kind", "complete", "cmd",
				    (json_int_t)target->cmd, "attempt", target->attempt, "step",
				    target->step);
	int rc = message ? 0 : -1;

	if (rc == 0 && c->heartbeat) {
		rc = json_object_set_new(message, "heartbeat", json_true());
		if (rc == 0 && c->value)
			rc = json_object_set(message, "details", c->value);
	} else if (rc == 0) {
		rc = json_object_set(message, c->error ? "error" : "result",
				     c->error ? c->error : value);
	}
	rc = rc < 0 ? err_nomem(err) : guarded_put(&look->run, message, NULL, err);
	json_decref(message);
	return rc;
}

/* Several at once: one after the other. The driver takes no part in this; a message is gone from
 * the inbox only when the history has it, hence the order of looking. */
static int look_and_send(struct look *look, const struct completion *c, struct err *err)
{
	struct target target = {0, 0, NULL};
	int rc = inbox_each(&look->run, note_message, look, err);

	if (rc == -ERR_NOMEM)
		rc = err_nomem(err);
	if (rc == 0)
		rc = read_history(look, err);
	if (rc == 0)
		rc = run_attempts(&look->run, &look->attempts, err);
	if (rc == 0)
		rc = find(look, c, &target, err);
	return rc < 0 ? rc : send(look, c, &target, err);
}

static int with_lock(struct look *look, const struct completion *c, struct err *err)
{
	int fd = open(look->run.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), rc;

	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", look->run.path);
	do
		rc = flock(fd, LOCK_EX);
	while (rc < 0 && errno == EINTR);
	rc = rc < 0 ? err_sys(err, errno, "cannot lock '%s'", look->run.path)
		    : look_and_send(look, c, err);
	close(fd);
	return rc;
}

int completion_run(const char *token, char **ret_id, struct err *err)
{
	char nonce[TOKEN_NONCE];
	uint64_t cmd;

	if (token_parse(token, ret_id, &cmd, nonce) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "that is no token: it is RUN/NUMBER/16 hexadecimal digits");
}

static int take_token(struct look *look, const struct completion *c, struct err *err)
{
	char *id = NULL;
	int rc = 0;

	if (!c->token)
		return 0;
	if (token_parse(c->token, &id, &look->cmd, look->nonce) < 0)
		rc = completion_run(c->token, &id, err);
	else if (strcmp(id, look->run.id) != 0)
		rc = err_set(err, ERR_USAGE, "the token is of run '%s'", id);
	free(id);
	return rc;
}

int run_complete(struct state *state, const char *id, const struct completion *completion,
		 bool *ret_driven, struct err *err)
{
	struct look look = {.waiting = json_object(), .over = json_object(), .sent = json_object()};
	pid_t driver = 0;
	int rc = run_open(&look.run, state, id, err);

	if (rc == 0) {
		rc = !look.waiting || !look.over || !look.sent ? err_nomem(err) : 0;
		if (rc == 0 && look.run.closed)
			rc = err_set(err, ERR_CLOSED, "run '%s' has ended", id);
		if (rc == 0)
			rc = take_token(&look, completion, err);
		if (rc == 0)
			rc = with_lock(&look, completion, err);
		if (rc == 0)
			rc = run_driver(&look.run, &driver, err);
		run_release(&look.run);
	}
	*ret_driven = driver != 0;
	json_decref(look.waiting);
	json_decref(look.over);
	json_decref(look.sent);
	json_decref(look.attempts);
	return rc;
}
