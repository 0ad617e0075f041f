/* SPDX-License-Identifier: MIT */
/* Life and death of workers. */
#include "pool_private.h"

#include "../base/mask.h"
#include "secrets.h"
#include "worker.h"
#include "worker_output.h"
#include "worker_spent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_BYTES 4096
#define STATUS_TAKEN (255 << 8)

static const char stderr_is[] = ",\"stderr\":";

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle);
}

/* Everything of a process that is gone, but for the attempts. */
static void release(struct pool_worker *w)
{
	if (w->poll)
		uv_close((uv_handle_t *)w->poll, on_poll_closed);
	w->poll = NULL;
	w->polled = 0;
	close_fd(&w->fd);
	close_fd(&w->scratch_out);
	close_fd(&w->scratch_err);
	buf_release(&w->in);
	buf_release(&w->out);
	w->out_at = 0;
	w->state = WORKER_NONE;
	w->stopping = w->full = w->ended = w->taken = false;
	w->killed_for = NULL;
	w->kill_at = POOL_NEVER;
}

/* ---- birth ---- */

static int get_slots(struct pool_worker *w)
{
	size_t size = PROTOCOL_SLOTS * sizeof(struct slot);

	if (!w->slots) {
		void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				0);
		if (at == MAP_FAILED)
			return -1;
		w->slots = at;
	}
	memset((void *)w->slots, 0, size);
	w->head = w->tail = 0;
	return 0;
}

static int get_sockets(struct pool_worker *w, int *ret_theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	w->fd = fd_above_stdio(pair[0]);
	*ret_theirs = fd_above_stdio(pair[1]);
	return w->fd < 0 || *ret_theirs < 0 ? -1 : 0;
}

static int watch(struct pool_worker *w)
{
	int rc;

	w->poll = malloc(sizeof *w->poll);
	if (!w->poll) {
		errno = ENOMEM;
		return -1;
	}
	rc = uv_poll_init(w->pool->loop, w->poll, w->fd);
	if (rc < 0) {
		free(w->poll);
		w->poll = NULL;
		errno = -rc;
		return -1;
	}
	w->poll->data = w;
	uv_unref((uv_handle_t *)w->poll);
	return 0;
}

static pid_t fork_off(struct pool *pool, struct pool_worker *w, int socket)
{
	struct worker_setup setup = {
		.driver = getpid(),
		.socket = socket,
		.scratch_out = w->scratch_out,
		.scratch_err = w->scratch_err,
		.keep = pool->keep,
		.keep_count = pool->keep_count,
		.slots = w->slots,
		.max_result = pool->max_result,
	};
	sigset_t all, before;
	pid_t pid;
	int sys;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		worker_main(&setup);
	sys = errno;
	if (pid > 0)
		setpgid(pid, pid);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = sys;
	return pid;
}

int worker_fork(struct pool *pool, struct pool_worker *w, const struct attempt *first)
{
	const char *log_base = pool->secluded ? NULL : attempt_log_base(first);
	int theirs = -1, sys;

	w->scratch_out = scratch_open(log_base);
	w->scratch_err = scratch_open(log_base);
	if (w->scratch_out < 0 || w->scratch_err < 0 || get_slots(w) < 0 ||
	    get_sockets(w, &theirs) < 0 || watch(w) < 0)
		goto fail;
	w->pid = fork_off(pool, w, theirs);
	if (w->pid < 0)
		goto fail;
	close(theirs);
	w->generation = pool->generation;
	w->state = WORKER_LIVE;
	worker_poll(w);
	return 0;
fail:
	sys = errno;
	close_fd(&theirs);
	release(w);
	errno = sys;
	return -1;
}

/* ---- death ---- */

void worker_kill(struct pool_worker *w, const char *why)
{
	if (w->state != WORKER_LIVE)
		return;
	w->state = WORKER_DYING;
	w->killed_for = why;
	kill(-w->pid, SIGKILL);
	kill(w->pid, SIGKILL);
}

static void describe(const struct pool_worker *w, int status, char *ret, size_t size)
{
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	if (w->taken)
		snprintf(ret, size,
			 "ended; the program has waited for it, and knows how, elsewhere");
	else if (w->killed_for && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		snprintf(ret, size, "%s", w->killed_for);
	else if (WIFEXITED(status))
		snprintf(ret, size, "exited with status %d during the step", WEXITSTATUS(status));
	else if (name)
		snprintf(ret, size, "killed by SIG%s", name);
	else
		snprintf(ret, size, "killed by signal %d", WTERMSIG(status));
}

/* What masks the secrets that it was given. -1: no memory. */
static int mask_of(const struct attempt *a, struct mask *ret)
{
	json_t *values = a->secrets ? json_loads(a->frame + a->secrets, JSON_ALLOW_NUL, NULL)
				    : NULL;
	int rc = a->secrets && !values ? -1 : secrets_mask_of(values, ret);

	json_decref(values);
	return rc;
}

static int open_log(const struct attempt *a, const char *end, char **ret_path)
{
	const char *base = attempt_log_base(a);

	*ret_path = NULL;
	if (!base || asprintf(ret_path, "%s.%s", base, end) < 0)
		return -1;
	return open(*ret_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
}

/* The log files of a command are there already, perhaps empty. */
static void collect_command(struct pool_worker *w, struct attempt *a, struct buf *details)
{
	static const char *const ends[] = {"out", "err"};

	for (int i = 0; i < 2; i++) {
		char *path;
		int fd = open_log(a, ends[i], &path);

		if (i == 1)
			scratch_tail(fd >= 0 ? fd : w->scratch_err, TAIL_BYTES, stderr_is, details);
		if (fd >= 0 && lseek(fd, 0, SEEK_END) == 0)
			unlink(path);
		close_fd(&fd);
		free(path);
	}
}

/* What a function has printed goes to its log; only there it is masked. */
static void collect_function(struct pool_worker *w, struct attempt *a, const struct mask *mask,
			     struct buf *details)
{
	const char *base = attempt_log_base(a);
	char *path = NULL;
	int log;

	scratch_collect(w->scratch_out, base, "out", mask);
	if (!mask->count)
		scratch_tail(w->scratch_err, TAIL_BYTES, stderr_is, details);
	scratch_collect(w->scratch_err, base, "err", mask);
	log = mask->count ? open_log(a, "err", &path) : -1;
	scratch_tail(log, TAIL_BYTES, stderr_is, details);
	close_fd(&log);
	free(path);
}

static void collect_output(struct pool_worker *w, struct attempt *a, int status,
			   struct buf *details)
{
	struct mask mask = MASK_INIT;

	buf_addf(details, "{\"%s\":%d", WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (a->command)
		collect_command(w, a, details);
	else if (mask_of(a, &mask) == 0)
		collect_function(w, a, &mask, details);
	buf_addc(details, '}');
	mask_release(&mask);
}

/* The attempt that a dead worker had begun. */
static void settle(struct pool_worker *w, struct attempt *a, int status)
{
	int64_t claimed = atomic_load(&w->slots[attempt_head(a)->slot].claimed_us);
	struct buf details = BUF_INIT;
	enum pool_result result;
	char cause[120], *text;

	describe(w, status, cause, sizeof cause);
	collect_output(w, a, status, &details);
	worker_let_go(w, a);
	text = attempt_verdict(a, cause, buf_ok(&details) ? details.data : NULL, &result);
	buf_release(&details);
	a->us = pool_now() - claimed;
	attempt_end_later(w->pool, a, result, text);
}

/* What a dead worker had not begun goes back to the queue; but not for ever when workers die with
 * nothing begun. */
static void requeue(struct pool_worker *w, struct attempt *a, bool blameless)
{
	worker_let_go(w, a);
	if (a->dropped)
		attempt_forget(w->pool, a);
	else if (blameless || ++a->deaths < POOL_DEATHS)
		attempts_push_front(&w->pool->queue, a);
	else
		attempt_end_later(
			w->pool, a, POOL_FAILED,
			failure_text("crashed", "workers die before they begin the step", NULL));
}

static bool has_begun(const struct pool_worker *w, const struct attempt *a)
{
	return a && atomic_load(&w->slots[((const struct request_head *)a->frame)->slot].state) ==
			    SLOT_CLAIMED;
}

static void bury(struct pool_worker *w, int status)
{
	unsigned first = w->head;
	bool begun = has_begun(w, worker_current(w)),
	     spent = WIFEXITED(status) && WEXITSTATUS(status) == WORKER_SPENT;

	for (unsigned i = w->tail; i != first; i--) {
		struct attempt *a = w->sent[(i - 1) % PROTOCOL_SLOTS];
		if (has_begun(w, a))
			settle(w, a, status);
		else if (a)
			requeue(w, a, begun || spent);
	}
	release(w);
}

static bool gone(struct pool_worker *w)
{
	siginfo_t info = {.si_pid = 0};
	int rc = waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT);

	w->taken = rc < 0 && errno == ECHILD;
	return w->taken || (rc == 0 && info.si_pid == w->pid);
}

/* The group is killed while its dead leader still holds its number. */
static int reap(struct pool_worker *w)
{
	int status = 0;

	if (w->taken)
		return STATUS_TAKEN;
	kill(-w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void workers_reap(struct pool *pool)
{
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		if (w->state == WORKER_NONE || w->reading || !gone(w))
			continue;
		w->state = WORKER_DYING;
		worker_read(w); /* what it answered before */
		bury(w, reap(w));
	}
}

void worker_destroy(struct pool_worker *w)
{
	if (w->state != WORKER_NONE) {
		kill(-w->pid, SIGKILL);
		kill(w->pid, SIGKILL);
		reap(w);
		for (unsigned i = 0; i < PROTOCOL_SLOTS; i++)
			w->sent[i] = NULL;
		release(w);
	}
	if (w->slots)
		munmap((void *)w->slots, PROTOCOL_SLOTS * sizeof(struct slot));
	w->slots = NULL;
}
