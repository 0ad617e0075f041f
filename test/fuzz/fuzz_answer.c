/* SPDX-License-Identifier: MIT */
/*
 * What other processes of a run say to its driver. What a worker answers, after a step wrote where
 * it should not: any bytes on the socket. Three attempts are at the worker. Nothing is believed
 * that does not fit.
 */
#include "base/error.h"
#include "engine/pool_private.h"
#include "fuzz.h"
#include "model/module.h"
#include "model/step.h"
#include "store/line.h"

#include <sys/socket.h>
#include <unistd.h>

enum { ATTEMPTS = 3 };

static int outcomes;

static void on_outcome(void *arg, const struct pool_outcome *o)
{
	(void)arg;
	must(o->text || !o->len);
	outcomes++;
}

static void on_beat(void *arg, void *owner, uint64_t id, const char *details, size_t n)
{
	(void)arg;
	(void)id;
	must(owner && details && n > 0);
}

static struct attempt *at_worker(struct pool *pool, struct pool_worker *w, uint64_t id)
{
	struct module_entry entry = {.kind = WF_KIND_STEP, .name = "tried"};
	struct module module = {.count = 1, .entries = &entry};
	struct step step = {.kind = STEP_FUNCTION, .name = (char *)"tried", .grace = 5000};
	struct pool_request request = {.owner = w,
				       .id = id,
				       .step = &step,
				       .module = &module,
				       .attempt = 1,
				       .run_id = "r",
				       .key = "r.1.k"};
	struct err err = ERR_INIT;
	struct attempt *a = attempt_new(pool, &request, &err);

	must(a && attempt_index(pool, a) == 0);
	pool->active++;
	a->worker = w;
	a->serial = id;
	attempt_head(a)->slot = (uint32_t)id;
	w->sent[id] = a;
	atomic_store(&w->slots[id].state, SLOT_CLAIMED);
	w->count++;
	w->tail = (unsigned)id + 1;
	return a;
}

void fuzz_answer(const uint8_t *data, size_t n)
{
	struct pool_callbacks callbacks = {.outcome = on_outcome, .heartbeat = on_beat};
	struct pool_worker w = {
		.state = WORKER_DYING, .scratch_out = -1, .scratch_err = -1, .kill_at = POOL_NEVER};
	static struct slot slots[PROTOCOL_SLOTS];
	struct err err = ERR_INIT;
	struct attempt *a;
	uv_loop_t loop;
	int pair[2];

	if (n > 60000) /* what the socket takes without a reader */
		return;
	outcomes = 0;
	memset(slots, 0, sizeof slots);
	must(uv_loop_init(&loop) == 0 &&
	     socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	must(pool_new(&w.pool, &loop, 1, 1 << 20, &callbacks, &err) == 0);
	w.fd = pair[0];
	w.slots = slots;
	w.pid = 0; /* none: nothing is there to be killed */
	for (uint64_t i = 0; i < ATTEMPTS; i++)
		at_worker(w.pool, &w, i);
	must(n == 0 || write(pair[1], data, n) == (ssize_t)n);
	close(pair[1]);
	worker_read(&w);
	uv_run(&loop, UV_RUN_NOWAIT);
	must(outcomes <= ATTEMPTS);
	for (uint64_t i = 0; i < ATTEMPTS; i++)
		if ((a = w.sent[i]))
			worker_let_go(&w, a);
	buf_release(&w.in);
	close(pair[0]);
	pool_free(w.pool);
	uv_run(&loop, UV_RUN_DEFAULT);
	must(uv_loop_close(&loop) == 0);
}

/* What a committer says: lines of JSON, or the connection counts as closed. */
void fuzz_line(const uint8_t *data, size_t n)
{
	struct line_socket s;
	json_t *line;
	int pair[2];

	if (n > 60000)
		return;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	must(n == 0 || write(pair[1], data, n) == (ssize_t)n);
	close(pair[1]);
	line_init(&s, pair[0]);
	line_turn(&s, 0);
	must(s.closed);
	for (size_t lines = 0; (line = line_next(&s)); lines++) {
		must(lines < n);
		json_decref(line);
	}
	must(line_take_fd(&s) == -1);
	line_release(&s);
	close(pair[0]);
}
