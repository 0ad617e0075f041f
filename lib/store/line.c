/* SPDX-License-Identifier: MIT */
#include "line.h"

#include "../base/error.h"
#include "../model/dump.h"
#include "../model/parse.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 65536 };

void line_init(struct line_socket *s, int fd)
{
	*s = (struct line_socket){.fd = fd, .in = BUF_INIT, .out = BUF_INIT};
}

void line_release(struct line_socket *s)
{
	while (s->fd_count)
		close(line_take_fd(s));
	buf_release(&s->in);
	buf_release(&s->out);
}

static void keep_fds(struct line_socket *s, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (s->fd_count < LINE_FDS)
				s->fds[s->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

/* Whether there may be more. */
static bool receive(struct line_socket *s)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char *room = buf_reserve(&s->in, PIECE);
	struct iovec piece = {room, PIECE};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	ssize_t n;

	if (!room) {
		s->closed = true;
		return false;
	}
	n = recvmsg(s->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) {
		s->closed = true;
		return false;
	}
	keep_fds(s, &message);
	s->in.len += (size_t)n;
	s->in.data[s->in.len] = '\0';
	return s->fd_count < LINE_FDS && s->in.len < LINE_MAX_BYTES;
}

static void receive_all(struct line_socket *s)
{
	while (receive(s))
		;
}

static void send_waiting(struct line_socket *s)
{
	while (s->out.len) {
		ssize_t n = send(s->fd, s->out.data, s->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			/* who has gone may have left words; who lives would never get these */
			s->closed |= errno != EPIPE && errno != ECONNRESET;
			buf_clear(&s->out);
			return;
		}
		buf_consume(&s->out, (size_t)n);
	}
}

void line_turn(struct line_socket *s, int ms)
{
	struct pollfd poller = {s->fd, POLLIN, 0};

	if (s->out.len)
		poller.events |= POLLOUT;
	if (poll(&poller, 1, ms) <= 0)
		return;
	send_waiting(s);
	receive_all(s);
}

json_t *line_next(struct line_socket *s)
{
	char *end = s->in.len ? memchr(s->in.data, '\n', s->in.len) : NULL;
	struct err why = ERR_INIT;
	json_t *line = NULL;

	if (!end) {
		s->closed |= s->in.len >= LINE_MAX_BYTES;
		return NULL;
	}
	/* a line that is lost for want of memory may be one that somebody waits for */
	if (parse_json(&line, s->in.data, (size_t)(end - s->in.data), &why) == -ERR_NOMEM) {
		s->closed = true;
		return NULL;
	}
	buf_consume(&s->in, (size_t)(end - s->in.data) + 1);
	if (!line && !(line = json_object()))
		s->closed = true;
	return line;
}

int line_take_fd(struct line_socket *s)
{
	int fd = s->fd_count ? s->fds[0] : -1;

	if (s->fd_count)
		memmove(s->fds, s->fds + 1, --s->fd_count * sizeof *s->fds);
	return fd;
}

int line_send(struct line_socket *s, json_t *line)
{
	char *text = line ? dump_json(line, JSON_COMPACT) : NULL;
	int rc = 0;

	if (text) {
		buf_adds(&s->out, text);
		buf_addc(&s->out, '\n');
		send_waiting(s);
	}
	json_decref(line);
	if (!text || !buf_ok(&s->out)) {
		s->closed = true;
		rc = -ENOMEM;
	}
	free(text);
	return rc;
}

static int wait_for_room(struct line_socket *s)
{
	struct pollfd poller = {s->fd, POLLIN | POLLOUT, 0};

	if (poll(&poller, 1, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (poller.revents & POLLIN)
		receive_all(s);
	send_waiting(s);
	return 0;
}

/* The text goes first byte and descriptor together. */
static int send_with(struct line_socket *s, const char *text, size_t n, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec piece = {(void *)(uintptr_t)text, n};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	do
		sent = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	buf_add(&s->out, text + sent, n - (size_t)sent);
	return 0;
}

int line_send_fd(struct line_socket *s, json_t *line, int fd)
{
	char *dump = line ? dump_json(line, JSON_COMPACT) : NULL;
	struct buf text = BUF_INIT;
	int rc;

	buf_adds(&text, dump ? dump : "");
	buf_addc(&text, '\n');
	rc = dump && buf_ok(&text) ? 0 : -ENOMEM;
	while (!rc && !s->closed) {
		if (!s->out.len && (rc = send_with(s, text.data, text.len, fd)) != -EAGAIN)
			break;
		rc = wait_for_room(s);
	}
	if (!rc && s->closed)
		rc = -EPIPE;
	buf_release(&text);
	free(dump);
	json_decref(line);
	return rc;
}
