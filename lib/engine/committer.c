/* SPDX-License-Identifier: MIT */
#include "committer.h"

#include "../base/error.h"
#include "../base/sorted.h"
#include "../store/history.h"
#include "../store/line.h"
#include "../store/notes.h"
#include "../store/state.h"
#include "committer_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a run told. */
struct told {
	char *id;                         /* owned */
	struct history_position position; /* the newest */
	struct notes notes;               /* not sent */
	bool waiting;                     /* position is not sent */
	uint64_t sent;                    /* sent and not confirmed; 0: nothing is */
	bool releasing;
};

struct committer {
	char *state_path; /* owned */
	pid_t pid;        /* 0: none */
	int socket;       /* -1: none */
	bool restarted;
	struct line_socket line;
	struct told *runs; /* sorted by id */
	size_t count, cap;
	json_int_t asked;
	struct err complaint;
};

static int start(struct committer *c, struct err *err)
{
	if (committer_spawn(c->state_path, &c->pid, &c->socket, err) < 0)
		return -err->code;
	line_init(&c->line, c->socket);
	return 0;
}

int committer_start(struct committer **ret, struct state *state, struct err *err)
{
	struct committer *c = calloc(1, sizeof *c);

	if (!c)
		return err_nomem(err);
	c->socket = -1;
	c->state_path = strdup(state->path);
	if (!c->state_path)
		err_nomem(err);
	if (err->code || start(c, err) < 0) {
		free(c->state_path);
		free(c);
		return -err->code;
	}
	*ret = c;
	return 0;
}

int committer_settings(struct committer *c, struct err *err)
{
	json_t *request = json_pack("{s:s, s:b}", "do", "settings", "commit", 1);

	if (!request)
		return err_nomem(err);
	if (c->socket >= 0)
		line_send(&c->line, request);
	else
		json_decref(request);
	return 0;
}

/* Close the socket, and wait for what it still commits. Returns how it ended, as waitpid says. */
static int stop(struct committer *c)
{
	int status = 0;

	if (c->socket >= 0) {
		line_release(&c->line);
		close(c->socket);
		c->socket = -1;
	}
	if (c->pid > 0)
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			;
	c->pid = 0;
	return status;
}

static int by_id(const void *id, const void *item)
{
	const struct told *told = item;

	return strcmp(id, told->id);
}

static size_t place(const struct committer *c, const char *id, bool *ret_found)
{
	return sorted_place(c->runs, c->count, sizeof *c->runs, id, by_id, ret_found);
}

static struct told *find_or_add(struct committer *c, const char *id)
{
	bool found;
	size_t at = place(c, id, &found);
	struct told *runs;
	char *copy;

	if (found)
		return &c->runs[at];
	copy = strdup(id);
	runs = copy ? sorted_room(c->runs, c->count, &c->cap, sizeof *runs, at) : NULL;
	if (!runs) {
		free(copy);
		return NULL;
	}
	c->runs = runs;
	runs[at] = (struct told){.id = copy};
	c->count++;
	return &c->runs[at];
}

static void drop(struct committer *c, struct told *told)
{
	size_t at = (size_t)(told - c->runs);

	free(told->id);
	notes_release(&told->notes);
	c->count--;
	memmove(told, told + 1, (c->count - at) * sizeof *told);
}

static void send_position(struct committer *c, struct told *told)
{
	json_t *messages = json_array();
	json_int_t skipped = notes_each(&told->notes, messages);
	const struct history_position *p = &told->position;

	if (line_send(&c->line,
		      json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:I}", "do", "commit", "run",
				told->id, "segment", (json_int_t)p->segment, "offset",
				(json_int_t)p->offset, "seq", (json_int_t)p->seq, "messages",
				messages, "skipped", skipped)) < 0)
		err_nomem(&c->complaint);
	notes_release(&told->notes);
	told->sent = p->seq;
	told->waiting = false;
}

static void send_release(struct committer *c, const struct told *told)
{
	line_send(&c->line, json_pack("{s:s, s:s}", "do", "release", "run", told->id));
}

static void confirmed(struct committer *c, const char *id, uint64_t seq)
{
	bool found;
	struct told *told = c->runs + place(c, id, &found);

	if (!found || seq < told->sent)
		return;
	told->sent = 0;
	if (told->waiting)
		send_position(c, told);
	else if (told->releasing)
		drop(c, told);
}

/* Take in the lines that are there. ret: the answer to the request `ask`, new; NULL when it is not
 * there. */
static json_t *take_lines(struct committer *c, json_int_t ask)
{
	json_t *line, *found = NULL;

	while (!found && (line = line_next(&c->line))) {
		const char *ready = json_string_value(json_object_get(line, "ready"));
		const char *error = json_string_value(json_object_get(line, "error"));
		const char *run = json_string_value(json_object_get(line, "run"));

		if (ready)
			confirmed(c, ready,
				  (uint64_t)json_integer_value(json_object_get(line, "seq")));
		else if (ask && json_integer_value(json_object_get(line, "ask")) == ask)
			found = json_incref(line);
		else if (error)
			err_set(&c->complaint, ERR_SYSTEM, "cannot commit%s%s: %s",
				run ? " run " : "", run ? run : "", error);
		json_decref(line);
	}
	return found;
}

/* A descriptor of another number: who polls the old one can tell that it is gone. */
static void renumber(struct committer *c, int old)
{
	int fd = c->socket == old ? fcntl(old, F_DUPFD_CLOEXEC, old + 1) : -1;

	if (fd < 0)
		return;
	close(old);
	c->socket = c->line.fd = fd;
}

/* It died, or talked nonsense. */
static void lost(struct committer *c)
{
	struct err err = ERR_INIT;
	int old = c->socket;

	line_turn(&c->line, 0); /* its last words, when we found out by talking to it */
	take_lines(c, 0);
	stop(c);
	if (c->restarted || start(c, &err) < 0) {
		err_set(&c->complaint, ERR_SYSTEM,
			"the committer stopped%s%s, so branches stay behind the files",
			err.code ? ": " : "", err.text);
		return;
	}
	c->restarted = true;
	renumber(c, old);
	for (size_t i = 0; i < c->count; i++)
		if (c->runs[i].waiting || c->runs[i].sent)
			send_position(c, &c->runs[i]);
}

void committer_turn(struct committer *c)
{
	if (c->socket < 0)
		return;
	line_turn(&c->line, 0);
	take_lines(c, 0);
	if (c->line.closed)
		lost(c);
}

int committer_fd(const struct committer *c)
{
	return c->socket;
}

void committer_commit(struct committer *c, const char *run_id,
		      const struct history_position *position, const char *message)
{
	struct told *told = find_or_add(c, run_id);

	if (!told) {
		err_nomem(&c->complaint);
		return;
	}
	told->position = *position;
	told->waiting = true;
	told->releasing = false;
	if (message)
		notes_add(&told->notes, message, strlen(message), &c->complaint);
	if (c->socket < 0)
		return;
	if (!told->sent)
		send_position(c, told);
	else if (c->line.out.len)
		committer_turn(c);
}

int committer_hold(struct committer *c, const char *run_id, int lock_fd, struct err *err)
{
	int rc = 0;

	while (c->socket >= 0) {
		rc = line_send_fd(&c->line, json_pack("{s:s, s:s}", "do", "hold", "run", run_id),
				  lock_fd);
		if (rc != -EPIPE && rc != -ECONNRESET)
			break;
		lost(c);
	}
	return c->socket >= 0 && rc < 0
		       ? err_sys(err, -rc, "cannot hand the lock of run %s to the committer",
				 run_id)
		       : 0;
}

void committer_release(struct committer *c, const char *run_id)
{
	struct told *told = find_or_add(c, run_id);

	if (!told || c->socket < 0)
		return;
	if (told->waiting)
		send_position(c, told);
	send_release(c, told);
	told->releasing = true;
	if (!told->sent)
		drop(c, told);
}

/* Send a request and wait for its answer. NULL: there is no committer, or not enough memory. */
static json_t *converse(struct committer *c, json_t *request)
{
	json_t *answer = NULL;

	if (json_object_set_new(request, "ask", json_integer(++c->asked)) < 0)
		return NULL;
	while (c->socket >= 0 && !answer) {
		line_send(&c->line, json_incref(request));
		while (!(answer = take_lines(c, c->asked)) && !c->line.closed)
			line_turn(&c->line, -1);
		if (!answer)
			lost(c);
	}
	return answer;
}

static int complain(struct committer *c, struct err *err)
{
	int code = c->complaint.code;

	if (code)
		err_set(err, code, "%s", c->complaint.text);
	err_clear(&c->complaint);
	return -code;
}

static void send_waiting(struct committer *c)
{
	for (size_t i = 0; i < c->count && c->socket >= 0; i++)
		if (c->runs[i].waiting)
			send_position(c, &c->runs[i]);
}

void committer_hurry(struct committer *c)
{
	send_waiting(c);
	if (c->socket >= 0)
		line_send(&c->line, json_pack("{s:s}", "do", "flush"));
}

int committer_flush(struct committer *c, struct err *err)
{
	json_t *request = json_pack("{s:s}", "do", "flush"), *answer;

	if (!request)
		return err_nomem(err);
	send_waiting(c);
	answer = converse(c, request);
	json_decref(request);
	if (!answer && !c->complaint.code)
		err_set(&c->complaint, ERR_SYSTEM, "the committer is gone");
	json_decref(answer);
	return complain(c, err);
}

int committer_ask(struct committer *c, json_t *request, json_t **ret_answer, struct err *err)
{
	json_t *copy = json_copy(request), *answer;
	const char *error;

	if (!copy)
		return err_nomem(err);
	answer = converse(c, copy);
	json_decref(copy);
	if (!answer)
		return err_set(err, ERR_SYSTEM, "the committer is gone");
	error = json_string_value(json_object_get(answer, "error"));
	if (error) {
		err_set(err, (int)json_integer_value(json_object_get(answer, "code")), "%s", error);
		json_decref(answer);
		return -err->code;
	}
	*ret_answer = answer;
	return 0;
}

int committer_finish(struct committer *c, struct err *err)
{
	int rc, status;

	if (!c)
		return 0;
	rc = committer_flush(c, err);
	status = stop(c);
	if (status && !rc)
		rc = err_set(err, ERR_SYSTEM, "the committer ended with status %d", status);
	for (size_t i = c->count; i > 0; i--)
		drop(c, &c->runs[i - 1]);
	free(c->runs);
	free(c->state_path);
	free(c);
	return rc;
}

void committer_abandon(struct committer *c)
{
	int saved = errno;

	if (c->socket >= 0)
		shutdown(c->socket, SHUT_RDWR);
	if (c->pid > 0)
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	errno = saved;
}
