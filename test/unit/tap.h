/* SPDX-License-Identifier: MIT */
/*
 * Tests that speak TAP. A program calls ok(), is_int(), is_str() ... once for
 * each thing it holds, and its main ends with: return done_testing();
 * Each check returns whether it held, so that a test can stop early. What
 * cannot be tested here is said by skip_test(), never left out in silence.
 */
#ifndef WF_TEST_TAP_H
#define WF_TEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_UNUSED __attribute__((unused))
#define TAP_LIKE(f, a) __attribute__((unused, format(printf, f, a)))

static int tap_run_, tap_failed_;

#define ok(cond, ...) tap_ok_((cond) ? true : false, #cond, __FILE__, __LINE__, __VA_ARGS__)
#define pass(...) tap_ok_(true, "", __FILE__, __LINE__, __VA_ARGS__)
#define fail(...) tap_ok_(false, "", __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_is_int_((long long)(got), (long long)(want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) tap_is_str_((got), (want), __FILE__, __LINE__, __VA_ARGS__)
/* n bytes equal */
#define is_mem(got, want, n, ...) \
	tap_ok_(memcmp((got), (want), (n)) == 0, #got " == " #want, __FILE__, __LINE__, __VA_ARGS__)
/* text holds part */
#define has_str(text, part, ...) tap_has_str_((text), (part), __FILE__, __LINE__, __VA_ARGS__)

/* A line for whoever reads the log. */
static TAP_LIKE(1, 2) void diag(const char *format, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static TAP_UNUSED bool tap_line_(bool held, const char *format, va_list ap)
{
	printf("%sok %d - ", held ? "" : "not ", ++tap_run_);
	vprintf(format, ap);
	putchar('\n');
	fflush(stdout);
	if (!held)
		tap_failed_++;
	return held;
}

static TAP_LIKE(5, 6) bool tap_ok_(bool held, const char *what, const char *file, int line,
				   const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	tap_line_(held, format, ap);
	va_end(ap);
	if (!held)
		diag("%s:%d: %s", file, line, what);
	return held;
}

static TAP_LIKE(5, 6) bool tap_is_int_(long long got, long long want, const char *file, int line,
				       const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	tap_line_(got == want, format, ap);
	va_end(ap);
	if (got != want)
		diag("%s:%d: got %lld, want %lld", file, line, got, want);
	return got == want;
}

static TAP_LIKE(5, 6) bool tap_is_str_(const char *got, const char *want, const char *file,
				       int line, const char *format, ...)
{
	bool held = got && want ? strcmp(got, want) == 0 : got == want;
	va_list ap;

	va_start(ap, format);
	tap_line_(held, format, ap);
	va_end(ap);
	if (!held)
		diag("%s:%d: got '%s', want '%s'", file, line, got ? got : "(null)",
		     want ? want : "(null)");
	return held;
}

static TAP_LIKE(5, 6) bool tap_has_str_(const char *text, const char *part, const char *file,
					int line, const char *format, ...)
{
	bool held = text && strstr(text, part) != NULL;
	va_list ap;

	va_start(ap, format);
	tap_line_(held, format, ap);
	va_end(ap);
	if (!held)
		diag("%s:%d: no '%s' in '%s'", file, line, part, text ? text : "(null)");
	return held;
}

static TAP_UNUSED void skip_test(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_run_, name, why);
	fflush(stdout);
}

/* Leave at once: the rest makes no sense. */
static TAP_LIKE(1, 2) _Noreturn void bail_out(const char *format, ...)
{
	va_list ap;

	fputs("Bail out! ", stdout);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

/* The plan, and the exit status. No check at all is a failure. */
static TAP_UNUSED int done_testing(void)
{
	printf("1..%d\n", tap_run_);
	fflush(stdout);
	return tap_failed_ || !tap_run_ ? 1 : 0;
}

#endif
