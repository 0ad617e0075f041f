/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include "../base/buf.h"
#include "../base/mask.h"
#include "../model/step.h"
#include "attempt_run.h"
#include "command_step.h"
#include "pool_text.h"
#include "protocol.h"
#include "secrets.h"
#include "worker_output.h"
#include "worker_spent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES 65536
#define KEEP_BYTES (1024 * 1024) /* a buffer that grew larger is given back */
#define BEAT_US 50000
#define LOOK_EVERY 16 /* attempts, at what they have leaked; and after each that failed */
#define BEAT_DETAILS_BYTES (1024 * 1024)

struct worker {
	struct worker_setup setup;
	pid_t self;
	struct buf in, out;
	size_t at; /* what of in was served */
	/* the attempt that runs */
	struct request_head head;
	const char *text[REQUEST_TEXTS];
	struct slot *slot;
	int64_t began, beat, beat_every;
	json_t *secrets;  /* that it is given; NULL: none */
	struct mask mask; /* of those */
	bool completed;   /* the last one did */
	bool ran_code;    /* a step function has run: it may have changed the process */
	bool outside;     /* it says that somebody outside completes it */
	struct command_logs logs;
	struct command_base base;
	struct buf unsaid; /* heartbeat details that were not sent, for being too soon */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Nobody is there any more who would want anything: the whole group goes. */
static _Noreturn void leave(void)
{
	kill(0, SIGKILL);
	_exit(0);
}

/* ---- answers ---- */

static void send_all(struct worker *w, const char *data, size_t n)
{
	while (n) {
		ssize_t sent = send(w->setup.socket, data, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			leave();
		data += sent;
		n -= (size_t)sent;
	}
}

static void begin_answer(struct buf *out)
{
	struct answer_head head = {0};

	buf_clear(out);
	buf_add(out, &head, sizeof head);
}

static void send_answer(struct worker *w, enum answer_kind kind, struct buf *out)
{
	struct answer_head head = {
		.magic = PROTOCOL_ANSWER,
		.kind = (uint16_t)kind,
		.slot = (uint16_t)w->head.slot,
		.serial = w->head.serial,
		.size = out->len - sizeof head,
		.us = now_us() - w->began,
	};

	if (!buf_ok(out) || out->len < sizeof head)
		_exit(ENOMEM);
	memcpy(out->data, &head, sizeof head);
	send_all(w, out->data, out->len);
	if (out->cap > KEEP_BYTES)
		buf_release(out);
}

static void say_unsaid(struct worker *w)
{
	if (w->unsaid.len && buf_ok(&w->unsaid))
		send_answer(w, ANSWER_HEARTBEAT, &w->unsaid);
	buf_clear(&w->unsaid);
}

static void on_heartbeat(void *arg, const json_t *details)
{
	struct worker *w = arg;
	int64_t now = now_us();
	size_t size;

	if (details || !w->unsaid.len)
		begin_answer(&w->unsaid);
	if (details)
		text_add_json(&w->unsaid, details, BEAT_DETAILS_BYTES, &size);
	if (w->beat && now - w->beat < w->beat_every)
		return;
	w->beat = now;
	say_unsaid(w);
}

static bool is_cancelled(void *arg)
{
	struct worker *w = arg;

	return atomic_load_explicit(&w->slot->cancel, memory_order_relaxed) != 0;
}

/* ---- one attempt ---- */

static bool run_function(struct worker *w)
{
	struct attempt_call call = {
		.step = w->head.step,
		.attempt = w->head.attempt,
		.run_id = w->text[TEXT_RUN_ID],
		.key = w->text[TEXT_KEY],
		.details = w->text[TEXT_DETAILS],
		.secrets = w->secrets,
		.max_result = w->setup.max_result,
		.heartbeat = on_heartbeat,
		.cancelled = is_cancelled,
		.arg = w,
		.cmd = w->head.cmd,
		.ret_outside = &w->outside,
	};
	json_error_t problem;
	bool completed;

	w->ran_code = true;
	memcpy(call.nonce, w->head.nonce, sizeof call.nonce);
	call.input = json_loadb(w->text[TEXT_INPUT], w->head.length[TEXT_INPUT],
				JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
	if (!call.input) {
		text_add_failure(&w->out, "bad_input", problem.text, true, NULL, 0);
		return false;
	}
	completed = attempt_run(&call, &w->out);
	json_decref(call.input);
	return completed;
}

static bool run_command(struct worker *w)
{
	struct command_call call = {
		.step = w->text[TEXT_STEP],
		.run_id = w->text[TEXT_RUN_ID],
		.key = w->text[TEXT_KEY],
		.input = w->text[TEXT_INPUT],
		.input_len = w->head.length[TEXT_INPUT],
		.log_base = w->text[TEXT_LOG_BASE],
		.log_is_new = w->head.log_is_new,
		.signals_changed = w->ran_code,
		.directory = w->text[TEXT_DIRECTORY],
		.environment = w->text[TEXT_ENVIRONMENT],
		.secrets = w->secrets,
		.mask = &w->mask,
		.attempt = w->head.attempt,
		.any_exit = w->head.any_exit,
		.capture = w->head.capture,
		.scratch_out = w->setup.scratch_out,
		.scratch_err = w->setup.scratch_err,
		.logs = &w->logs,
		.base = &w->base,
		.slot = w->slot,
	};
	bool completed = command_run(&call, &w->out);
	size_t size = w->out.len - sizeof(struct answer_head);
	char message[100];

	if (!completed || !w->setup.max_result || size <= w->setup.max_result)
		return completed;
	w->out.len = sizeof(struct answer_head);
	snprintf(message, sizeof message, "the outcome has %zu bytes, and at most %zu are allowed",
		 size, w->setup.max_result);
	text_add_failure(&w->out, "result_too_large", message, true, NULL, 0);
	return false;
}

static void take_secrets(struct worker *w)
{
	const char *text = w->text[TEXT_SECRETS];

	json_decref(w->secrets);
	mask_release(&w->mask);
	w->secrets = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
	if (text && (!w->secrets || secrets_mask_of(w->secrets, &w->mask) < 0))
		_exit(ENOMEM);
}

static void begin(struct worker *w)
{
	w->beat = 0;
	w->outside = false;
	w->beat_every = w->head.heartbeat_ms && w->head.heartbeat_ms * 250 < BEAT_US
				? w->head.heartbeat_ms * 250
				: BEAT_US;
	buf_clear(&w->unsaid);
	begin_answer(&w->out);
	take_secrets(w);
}

static void end(struct worker *w, bool completed)
{
	w->completed = completed;
	if (getpid() != w->self)
		_exit(255); /* a step forked, and its child came back here */
	fflush(stdout);
	fflush(stderr);
	scratch_collect(w->setup.scratch_out, w->text[TEXT_LOG_BASE], "out", &w->mask);
	scratch_collect(w->setup.scratch_err, w->text[TEXT_LOG_BASE], "err", &w->mask);
	if (!completed)
		say_unsaid(w);
	send_answer(w,
		    w->outside  ? ANSWER_OUTSIDE
		    : completed ? ANSWER_COMPLETED
				: ANSWER_FAILED,
		    &w->out);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	command_rest(&w->logs);
}

static void serve(struct worker *w)
{
	uint32_t sent = SLOT_SENT;

	w->slot = &w->setup.slots[w->head.slot];
	w->began = now_us();
	atomic_store_explicit(&w->slot->claimed_us, w->began, memory_order_relaxed);
	if (!atomic_compare_exchange_strong(&w->slot->state, &sent, SLOT_CLAIMED)) {
		atomic_store(&w->slot->state, SLOT_FREE);
		return;
	}
	begin(w);
	end(w, w->head.kind == STEP_FUNCTION ? run_function(w) : run_command(w));
}

/* ---- requests ---- */

/* A process that sleeps in read is woken also when the driver takes an answer out of the socket;
 * one that sleeps in poll is not. */
static void await_request(int socket)
{
	struct pollfd request = {.fd = socket, .events = POLLIN};

	poll(&request, 1, -1);
}

/* Read until n bytes that were not served are there. */
static void need(struct worker *w, size_t n)
{
	while (w->in.len - w->at < n) {
		size_t missing = n - (w->in.len - w->at),
		       room = missing > READ_BYTES ? missing : READ_BYTES;
		ssize_t got;
		char *to;

		if (w->at) {
			buf_consume(&w->in, w->at);
			w->at = 0;
		}
		to = buf_reserve(&w->in, room);
		if (!to)
			_exit(ENOMEM);
		await_request(w->setup.socket);
		got = read(w->setup.socket, to, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			leave();
		w->in.len += (size_t)got;
	}
}

static void read_request(struct worker *w)
{
	const char *text;

	if (w->at == w->in.len && w->in.cap > KEEP_BYTES) {
		buf_release(&w->in);
		w->at = 0;
	}
	need(w, sizeof w->head);
	memcpy(&w->head, w->in.data + w->at, sizeof w->head);
	need(w, sizeof w->head + w->head.size);
	text = w->in.data + w->at + sizeof w->head;
	for (int i = 0; i < REQUEST_TEXTS; i++) {
		bool there = w->head.length[i] != PROTOCOL_ABSENT;
		w->text[i] = there ? text : NULL;
		text += there ? (size_t)w->head.length[i] + 1 : 0;
	}
}

_Noreturn void worker_main(const struct worker_setup *setup)
{
	struct worker w = {.setup = *setup, .self = getpid(), .logs = COMMAND_LOGS_INIT};

	if (worker_become(&w.setup) < 0)
		_exit(126);
	for (unsigned n = 1;; n++) {
		read_request(&w);
		serve(&w);
		w.at += sizeof w.head + w.head.size;
		if ((!w.completed || n % LOOK_EVERY == 0) && worker_is_spent())
			_exit(WORKER_SPENT);
	}
}
