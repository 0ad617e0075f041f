/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/engine/stuck.h"
#include "../lib/model/dump.h"
#include "cli.h"
#include "exit.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A closed descriptor would be taken by the next file opened. Writing to the one put in place fails
 * as before. */
void out_safe(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			int null = open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR);

			if (null >= 0 && null != fd) {
				dup2(null, fd);
				close(null);
			}
		}
}

static bool color_wanted(const struct cli *cli, bool tty)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return tty && !cli->general.no_color && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void out_start(struct cli *cli)
{
	cli->out_tty = isatty(STDOUT_FILENO);
	cli->err_tty = isatty(STDERR_FILENO);
	cli->out_color = color_wanted(cli, cli->out_tty);
	cli->err_color = color_wanted(cli, cli->err_tty);
}

/* Wait until stderr takes something. false: we are asked to stop, and nobody reads. */
static bool wait_for_reader(void)
{
	struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
	static const struct timespec none;
	sigset_t stops, before;
	bool there = false;
	int n = 0;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigprocmask(SIG_BLOCK, &stops, &before);
	while (!there) {
		bool asked = stuck_asked();

		n = ppoll(&reader, 1, asked ? &none : NULL, &before);
		there = n > 0 || (n < 0 && errno != EINTR);
		if (asked)
			break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return there;
}

/* Not more at a time than a pipe with room takes at once. */
void err_write(const char *text, size_t n)
{
	while (n && wait_for_reader()) {
		ssize_t r = write(STDERR_FILENO, text, n < PIPE_BUF ? n : PIPE_BUF);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return; /* nobody listens, and there is nobody else to tell */
		text += r;
		n -= (size_t)r;
	}
}

/* What a user, a file or a system said may be in it: nothing of that steers the terminal. */
static void say_text(const char *prefix, const char *format, va_list ap)
{
	struct buf text = BUF_INIT, shown = BUF_INIT;

	buf_adds(&text, prefix);
	buf_addv(&text, format, ap);
	for (char *line = text.data; buf_ok(&text) && line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		text_line(&shown, line);
		buf_addc(&shown, '\n');
		line = end ? end + 1 : NULL;
	}
	if (buf_ok(&shown))
		err_write(shown.data, shown.len);
	buf_release(&text);
	buf_release(&shown);
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_text("wf: ", format, ap);
	va_end(ap);
}

void warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_text("wf: warning: ", format, ap);
	va_end(ap);
}

int complain(const struct err *err)
{
	say("%s", err->text);
	return exit_of_error(err);
}

int complain_unless(const struct err *err, int code)
{
	return err->code == code ? 0 : complain(err);
}

int complain_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_text("wf: ", format, ap);
	va_end(ap);
	return EXIT_USAGE;
}

/* As ferror(stdout), for what could not even be put together. */
static bool out_lost;

static void out_dump(const json_t *value, size_t flags)
{
	char *text = dump_json(value, flags | JSON_ENCODE_ANY);

	if (!text) {
		say("out of memory while printing");
		out_lost = true;
		return;
	}
	out_text(text, strlen(text));
	out_text("\n", 1);
	free(text);
}

void out_json(const json_t *value)
{
	out_dump(value, JSON_COMPACT);
}

void out_value(const struct cli *cli, const json_t *value)
{
	out_dump(value, cli->out_tty ? JSON_INDENT(2) : JSON_COMPACT);
}

void out_text(const char *text, size_t n)
{
	fwrite(text, 1, n, stdout);
}

void out_format(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
}

void out_flush(void)
{
	fflush(stdout);
}

bool out_broken(void)
{
	return ferror(stdout);
}

int out_finish(int status)
{
	bool broken = ferror(stdout);
	int sys = errno;

	if (fflush(stdout) == 0 && !broken)
		return out_lost ? EXIT_STATE : status;
	if (!broken)
		sys = errno;
	say("cannot write to standard output: %s", strerror(sys ? sys : EIO));
	return EXIT_STATE;
}

const char *tint(bool on, enum tint tint)
{
	static const char *const codes[] = {
		[TINT_NONE] = "\033[m",     [TINT_RED] = "\033[31m",  [TINT_GREEN] = "\033[32m",
		[TINT_YELLOW] = "\033[33m", [TINT_BLUE] = "\033[36m", [TINT_DIM] = "\033[2m",
		[TINT_BOLD] = "\033[1m",
	};

	return on ? codes[tint] : "";
}
