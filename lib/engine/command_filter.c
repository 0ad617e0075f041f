/* SPDX-License-Identifier: MIT */
#include "command_filter.h"

#include "../base/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 16384
#define LOOK_MS 20 /* where the kernel cannot tell by a descriptor that a process has ended */

int command_filter_open(struct command_filter *f, const struct mask *mask, int out, int err)
{
	const int files[] = {out, err};

	*f = (struct command_filter){.mask = mask};
	for (int i = 0; i < 2; i++)
		f->streams[i] =
			(struct filter_stream){.theirs = files[i], .from = -1, .to = files[i]};
	for (int i = 0; i < 2 && mask->count; i++) {
		int pair[2];

		if (pipe2(pair, O_CLOEXEC) < 0)
			return -1;
		f->streams[i].from = pair[0];
		f->streams[i].theirs = pair[1];
	}
	return 0;
}

static void close_pipe(struct filter_stream *s)
{
	if (s->from < 0)
		return;
	close(s->from);
	if (s->theirs >= 0)
		close(s->theirs);
	s->from = s->theirs = -1;
}

void command_filter_close(struct command_filter *f)
{
	for (int i = 0; i < 2; i++) {
		close_pipe(&f->streams[i]);
		buf_release(&f->streams[i].text);
	}
}

static void put(struct command_filter *f, int to, const struct buf *text)
{
	size_t done = 0;

	if (!buf_ok(text) && !f->sys)
		f->sys = ENOMEM;
	while (!f->sys && done < text->len) {
		ssize_t n = write(to, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR)
			f->sys = errno;
		done += n < 0 ? 0 : (size_t)n;
	}
}

static void pass_on(struct command_filter *f, struct filter_stream *s, bool last)
{
	struct buf out = BUF_INIT;

	buf_consume(&s->text, mask_part(f->mask, s->text.data, s->text.len, last, &out));
	put(f, s->to, &out);
	buf_release(&out);
}

/* At most n bytes of what is there; false: nothing more will come. */
static bool take(struct command_filter *f, struct filter_stream *s, size_t n)
{
	char *to = buf_reserve(&s->text, n);
	ssize_t got = to ? read(s->from, to, n) : -1;

	if (!to && !f->sys)
		f->sys = ENOMEM;
	if (got < 0)
		return to && (errno == EINTR || errno == EAGAIN);
	s->text.len += (size_t)got;
	pass_on(f, s, got == 0);
	return got > 0;
}

/* Whether the command has ended; until then what it writes is passed on. */
static bool serve(struct command_filter *f, int ended, pid_t pid)
{
	struct pollfd fds[] = {{f->streams[0].from, POLLIN, 0},
			       {f->streams[1].from, POLLIN, 0},
			       {ended, POLLIN, 0}};
	siginfo_t info = {.si_pid = 0};

	if (poll(fds, 3, ended < 0 ? LOOK_MS : -1) < 0)
		return errno != EINTR;
	for (int i = 0; i < 2; i++)
		if (fds[i].revents && !take(f, &f->streams[i], BLOCK))
			close_pipe(&f->streams[i]);
	if (ended >= 0)
		return fds[2].revents != 0;
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid;
}

/* What the command had written when it ended; not what others go on writing. */
static void drain(struct command_filter *f, struct filter_stream *s)
{
	int left = 0;

	if (s->from >= 0 && ioctl(s->from, FIONREAD, &left) < 0)
		left = 0;
	while (left > 0) {
		size_t n = left < BLOCK ? (size_t)left : BLOCK;

		left -= (int)n;
		if (!take(f, s, n))
			break;
	}
	pass_on(f, s, true);
}

void command_filter_serve(struct command_filter *f, pid_t pid)
{
	int ended = (int)syscall(SYS_pidfd_open, pid, 0);

	for (int i = 0; i < 2; i++) {
		close(f->streams[i].theirs);
		f->streams[i].theirs = -1;
	}
	while (!serve(f, ended, pid))
		;
	if (ended >= 0)
		close(ended);
	for (int i = 0; i < 2; i++)
		drain(f, &f->streams[i]);
}
