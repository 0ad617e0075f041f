/* SPDX-License-Identifier: MIT */
#include "../../lib/base/buf.h"
#include "../../lib/base/mask.h"
#include "tap.h"

static struct mask mask = MASK_INIT;

static const char *masked(const char *text)
{
	static struct buf out = BUF_INIT;

	buf_clear(&out);
	is_int(mask_part(&mask, text, strlen(text), true, &out), strlen(text), "all is dealt with");
	return out.data ? out.data : "";
}

static void test_whole(void)
{
	is_str(masked(""), "", "nothing");
	is_str(masked("hunter2-hunter2"), "[A]", "the very text");
	is_str(masked("a hunter2-hunter2, b hunter2-hunter2"), "a [A], b [A]", "twice");
	is_str(masked("hunter2-hunter2-long"), "[B]", "the longest one");
	is_str(masked("hunter2-hunter2-lon"), "[A]-lon", "a shorter one at the end");
	is_str(masked("hunter2-hunter2-longhunter2-hunter2"), "[B][A]", "side by side");
	is_str(masked("hunter2-hunter"), "hunter2-hunter", "not all of it");
	is_str(masked("hunhunter2-hunter2"), "hun[A]", "begun twice");
	ok(!mask_find(&mask, "hunter2-hunter", 14), "not found");
	is_str(mask_find(&mask, "x hunter2-hunter2 y", 19), "[A]", "found");
}

static void test_escaped(void)
{
	is_str(masked("{\"v\":\"p\\\"q\\\\r\\n/\xc3\xa4\xf0\x9f\x98\x80\"}"), "{\"v\":\"[C]\"}",
	       "as jansson says it");
	is_str(masked("p\\\"q\\\\r\\n/\\u00e4\\ud83d\\ude00"), "[C]", "in ASCII");
	is_str(masked("p\\\"q\\\\r\\n\\/\\u00E4\\uD83D\\uDE00"), "[C]",
	       "in ASCII, large, with a slash");
	is_str(masked("p\"q\\r\n/\xc3\xa4\xf0\x9f\x98\x80"), "[C]", "as it is");
}

/* In two parts, cut everywhere, and byte by byte. */
static void test_parts(void)
{
	const char text[] = "x hunter2-hunter2-long y hunter2-hunter2 z hunter2-hun";
	size_t n = strlen(text);
	bool same = true;

	for (size_t cut = 0; cut <= n; cut++) {
		struct buf out = BUF_INIT;
		size_t done = mask_part(&mask, text, cut, false, &out);

		done += mask_part(&mask, text + done, n - done, true, &out);
		same = same && done == n && strcmp(out.data, "x [B] y [A] z hunter2-hun") == 0;
		buf_release(&out);
	}
	ok(same, "wherever it is cut");
}

static void test_bytes(void)
{
	const char text[] = "hunter2-hunter2-lonhunter2-hunter2-long";
	struct buf out = BUF_INIT;
	size_t done = 0, n = strlen(text);

	for (size_t end = 1; end <= n; end++)
		done += mask_part(&mask, text + done, end - done, end == n, &out);
	is_str(out.data, "[A]-lon[B]", "byte by byte");
	buf_release(&out);
}

int main(void)
{
	is_int(mask_add(&mask, "hunter2-hunter2", 15, "[A]"), 0, "one");
	is_int(mask_add(&mask, "hunter2-hunter2-long", 20, "[B]"), 0, "another that begins so");
	is_int(mask_add(&mask, "p\"q\\r\n/\xc3\xa4\xf0\x9f\x98\x80", 13, "[C]"), 0,
	       "one to escape");
	is_int(mask_add(&mask, "hunter2-hunter2", 15, "[D]"), 0, "one that is known");
	test_whole();
	test_escaped();
	test_parts();
	test_bytes();
	mask_release(&mask);
	ok(!mask_find(&mask, "hunter2-hunter2", 15), "nothing is known any more");
	return done_testing();
}
