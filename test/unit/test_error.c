/* SPDX-License-Identifier: MIT */
#include "../../lib/base/error.h"
#include "../../lib/base/str.h"
#include "tap.h"

#include <errno.h>

static void test_first_wins(void)
{
	struct err err = ERR_INIT;

	is_int(err_set(&err, ERR_USAGE, "no such '%s'", "x"), -ERR_USAGE,
	       "set returns the negative code");
	is_str(err.text, "no such 'x'", "set formats");
	is_int(err_set(&err, ERR_BUSY, "late"), -ERR_USAGE, "a second set returns the first code");
	is_int(err_sys(&err, EIO, "late"), -ERR_USAGE, "so does a second sys");
	is_int(err_nomem(&err), -ERR_USAGE, "and nomem");
	is_str(err.text, "no such 'x'", "the first text stays");
	is_int(err.sys, 0, "no errno behind it");
	err_clear(&err);
	ok(err.code == 0 && err.sys == 0 && err.text[0] == '\0', "clear forgets all");
	is_int(err_set(&err, ERR_BUSY, "next"), -ERR_BUSY, "then another may be set");
}

static void test_sys(void)
{
	struct err err = ERR_INIT;

	is_int(err_sys(&err, ENOSPC, "cannot write '%s'", "f"), -ERR_SYSTEM, "sys is ERR_SYSTEM");
	is_str(err.text, "cannot write 'f': No space left on device", "sys appends the reason");
	is_int(err.sys, ENOSPC, "and keeps errno");
	err_clear(&err);
	is_int(err_sys(&err, ENOMEM, "cannot map"), -ERR_NOMEM, "ENOMEM is ERR_NOMEM");
	err_clear(&err);
	err_nomem(&err);
	is_str(err.text, "out of memory", "nomem has words of its own");
}

static void test_context(void)
{
	struct err err = ERR_INIT;

	is_int(err_context(&err, "run 'a'"), 0, "no context without an error");
	is_str(err.text, "", "and no text");
	err_sys(&err, EIO, "cannot read");
	is_int(err_context(&err, "run '%s'", "a"), -ERR_SYSTEM, "context returns the code");
	is_str(err.text, "run 'a': cannot read: Input/output error", "context goes in front");
	is_int(err.sys, EIO, "errno stays");
}

static void test_cut(void)
{
	struct err err = ERR_INIT;
	char text[2000];

	/* an odd start puts the cut into the middle of a character */
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i + 4 < sizeof text; i += 4)
		memcpy(text + i, "\xf0\x9f\x8d\x8e", 4);
	text[sizeof text - 4] = '\0';
	for (int lead = 0; lead < 4; lead++) {
		err_clear(&err);
		err_set(&err, ERR_USAGE, "%.*s%s", lead, "xyz", text);
		ok(str_utf8(err.text, strlen(err.text)) && strlen(err.text) > sizeof err.text - 5,
		   "a long text is cut between characters (%d)", lead);
		err_context(&err, "%.*s", lead + 1, "wxyz");
		ok(str_utf8(err.text, strlen(err.text)), "also behind its context (%d)", lead);
		err_clear(&err);
		err_sys(&err, EIO, "%.*s%s", lead, "xyz", text);
		ok(str_utf8(err.text, strlen(err.text)), "also before a reason (%d)", lead);
	}
}

static void test_no_struct(void)
{
	is_int(err_set(NULL, ERR_BUSY, "x"), -ERR_BUSY, "set without a struct");
	is_int(err_sys(NULL, ENOMEM, "x"), -ERR_NOMEM, "sys without a struct");
	is_int(err_nomem(NULL), -ERR_NOMEM, "nomem without a struct");
	is_int(err_context(NULL, "x"), 0, "context without a struct");
}

int main(void)
{
	test_first_wins();
	test_sys();
	test_context();
	test_cut();
	test_no_struct();
	return done_testing();
}
