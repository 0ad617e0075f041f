/* SPDX-License-Identifier: MIT */
#include "command_output.h"

#include "../base/buf.h"
#include "command_log.h"
#include "command_setup.h"
#include "command_step.h"
#include "pool_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES 4096

static int open_stdin(const char *data, size_t n)
{
	int fd = memfd_create("stdin", MFD_CLOEXEC), sys;

	while (fd >= 0 && n) {
		ssize_t wrote = write(fd, data, n);
		if (wrote < 0 && errno != EINTR) {
			sys = errno;
			close(fd);
			errno = sys;
			return -1;
		}
		if (wrote > 0) {
			data += wrote;
			n -= (size_t)wrote;
		}
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

int command_files_open(struct command_files *f, const struct command_call *call,
		       const struct command_setup *setup)
{
	*f = (struct command_files){-1, call->scratch_out, call->scratch_err, call->scratch_out,
				    call->scratch_err};
	if (call->log_base) {
		if (!call->log_is_new) {
			command_log_remove(call->log_base, "out");
			command_log_remove(call->log_base, "err");
		}
		if (command_log_open(&call->logs->out, call->log_base, "out") < 0 ||
		    command_log_open(&call->logs->err, call->log_base, "err") < 0)
			return -1;
		f->out = call->logs->out.fd;
		f->err = call->logs->err.fd;
		f->give_out = call->logs->out.given;
		f->give_err = call->logs->err.given;
	}
	if (setup->stdin_text)
		f->in = open_stdin(setup->stdin_text, setup->stdin_len);
	return setup->stdin_text && f->in < 0 ? -1 : 0;
}

void command_files_show(const struct command_call *call)
{
	if (!call->log_base)
		return;
	command_log_name(&call->logs->out, call->log_base, "out");
	command_log_name(&call->logs->err, call->log_base, "err");
}

void command_files_close(struct command_files *f, const struct command_call *call)
{
	if (f->in >= 0)
		close(f->in);
	if (!call->log_base)
		return;
	command_log_end(&call->logs->out, call->log_base, "out");
	command_log_end(&call->logs->err, call->log_base, "err");
}

/* n bytes at offset, fewer at the end of the file. */
static bool read_back(int fd, off_t offset, size_t n, struct buf *ret)
{
	char *to = buf_reserve(ret, n);

	while (to && n) {
		ssize_t got = pread(fd, to, n, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		ret->len += (size_t)got;
		offset += got;
		to += got;
		n -= (size_t)got;
	}
	return to != NULL;
}

static off_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_size;
}

static bool read_tail(int fd, struct buf *ret)
{
	off_t size = size_of(fd), from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	bool done = read_back(fd, from, (size_t)(size - from), ret);

	if (from && ret->len)
		buf_consume(ret, text_begin(ret->data, ret->len));
	return done;
}

bool command_output(const struct command_call *call, const struct command_files *f, bool failed,
		    struct buf *out, struct buf *err)
{
	struct buf text = BUF_INIT;
	off_t size = size_of(f->out);
	bool done;

	if (failed)
		done = read_tail(f->out, &text);
	else
		done = read_back(f->out, 0,
				 size < (off_t)call->capture ? (size_t)size : call->capture, &text);
	done = done && read_tail(f->err, err);
	buf_adds(out, ",\"stdout\":");
	text_add_string(out, text.data,
			!failed && size > (off_t)call->capture ? text_end(text.data, text.len)
							       : text.len);
	buf_adds(out, ",\"stderr\":");
	text_add_string(out, err->data, err->len);
	if (size > (off_t)(failed ? TAIL_BYTES : call->capture))
		buf_adds(out, ",\"truncated\":true");
	buf_release(&text);
	return done;
}
