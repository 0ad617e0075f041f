/* SPDX-License-Identifier: MIT */
/*
 * Errors: a caller-owned struct, passed last. The first writer wins; callers on
 * the way up add context in front. Functions return 0 or a negative err_code.
 * Messages are of git's kind: "cannot open '%s': %s", lower case, no full stop.
 */
#ifndef WF_BASE_ERROR_H
#define WF_BASE_ERROR_H

enum err_code {
	ERR_NONE = 0,
	ERR_USAGE = 1,     /* the caller's words are off; nothing was changed */
	ERR_NOT_FOUND = 2, /* no such run, workflow, module, file */
	ERR_EXISTS = 3,    /* the id is taken by something else */
	ERR_BUSY = 4,      /* another process drives the run */
	ERR_MODULE = 5,    /* a module that cannot be loaded */
	ERR_NONDETERMINISTIC = 6,
	ERR_DAMAGED = 7, /* the state directory contradicts itself */
	ERR_SYSTEM = 8,  /* the machine said no: unwritable, full, EIO */
	ERR_NOMEM = 9,
	ERR_CLOSED = 10, /* the run has ended */
	ERR_NEWER = 11,  /* made by a newer wf */
	ERR_SECRET = 12, /* a secret is not set, or cannot be kept secret */
};

struct err {
	int code;        /* 0 or an err_code */
	int sys;         /* errno behind it, or 0 */
	char text[1000]; /* one line; a report may have more lines after the first */
};

#define ERR_INIT \
	{ \
		0, 0, "" \
	}

/* Record an error unless one is there already. Returns -code of the one that is kept. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with errno: appends ": strerror(sys)". ENOMEM becomes ERR_NOMEM. */
int err_sys(struct err *err, int sys, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Put context in front: "context: text". Returns -code. */
int err_context(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* ERR_NOMEM with the standard words. */
int err_nomem(struct err *err);
void err_clear(struct err *err);

#endif
