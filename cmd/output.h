/* SPDX-License-Identifier: MIT */
/*
 * What a command says: messages on stderr, results on stdout. A failed write to
 * stdout is found at the latest by out_finish(), and is an error of the command.
 */
#ifndef WF_CMD_OUTPUT_H
#define WF_CMD_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;
struct cli;
struct err;

/* Before anything else: make descriptors 0 to 2 safe when one of them is closed. */
void out_safe(void);
/* Look at the terminal, $NO_COLOR and $TERM once the options are known. */
void out_start(struct cli *cli);

/* "wf: ..." on stderr, one line. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "wf: warning: ..." */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Say what went wrong and return the exit status for it. */
int complain(const struct err *err);
/* The same, but silent and 0 when the error is of this code. */
int complain_unless(const struct err *err, int code);
/* Say it, and return EXIT_USAGE. */
int complain_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write text to stderr as it is. A full pipe is waited for, until we are asked to stop. */
void err_write(const char *text, size_t n);

/* A JSON value and a newline on stdout, on one line. Borrows value. */
void out_json(const json_t *value);
/* The same, but indented on a terminal. */
void out_value(const struct cli *cli, const json_t *value);
void out_text(const char *text, size_t n);
void out_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write what is there: before a wait. */
void out_flush(void);
/* Whether writing failed already, so that a long output may as well stop. */
bool out_broken(void);
/* Flush; returns status, or an exit status of its own when stdout could not be written. */
int out_finish(int status);

/* Colours, or "" when off. */
enum tint { TINT_NONE, TINT_RED, TINT_GREEN, TINT_YELLOW, TINT_BLUE, TINT_DIM, TINT_BOLD };
const char *tint(bool on, enum tint tint);

#endif
