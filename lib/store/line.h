/* SPDX-License-Identifier: MIT */
/*
 * JSON lines, and descriptors beside them, over a stream socket that never
 * blocks: how the driver and its committer talk. No libgit2.
 */
#ifndef WF_STORE_LINE_H
#define WF_STORE_LINE_H

#include "../base/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { LINE_FDS = 64, LINE_MAX_BYTES = 128 << 20 };

struct line_socket {
	int fd;      /* borrowed */
	bool closed; /* the other side is gone, or talks nonsense */
	struct buf in, out;
	int fds[LINE_FDS]; /* received, not yet taken */
	size_t fd_count;
};

void line_init(struct line_socket *s, int fd);
void line_release(struct line_socket *s);
/* Wait for something to read (or room to write what waits), at most ms (-1: for ever); then read
 * and write what can be. */
void line_turn(struct line_socket *s, int ms);
/* The next line that is there, or NULL. New. */
json_t *line_next(struct line_socket *s);
/* The oldest descriptor that came; -1: none. The caller closes it. */
int line_take_fd(struct line_socket *s);
/* Send a line, as far as it goes; the rest waits for the next turn. Steals it.
 * 0, or -ENOMEM: then the socket counts as closed, for the other side would wait for ever. */
int line_send(struct line_socket *s, json_t *line);
/* The same with a descriptor (borrowed) beside it; waits for room. 0 or -errno. Steals the line. */
int line_send_fd(struct line_socket *s, json_t *line, int fd);

#endif
