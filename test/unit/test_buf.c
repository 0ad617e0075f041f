/* SPDX-License-Identifier: MIT */
#include "../../lib/base/buf.h"
#include "oom.h"
#include "tap.h"

#include <limits.h>
#include <stdint.h>

static void test_add(void)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "abc");
	buf_addc(&b, 'd');
	buf_add(&b, "e\0f", 3);
	is_int(b.len, 7, "length counts every byte");
	is_mem(b.data, "abcde\0f", 8, "bytes and a NUL");
	buf_clear(&b);
	is_str(b.data, "", "clear empties");
	ok(b.cap > 0, "and keeps the memory");
	buf_addf(&b, "%s-%d", "x", 7);
	is_str(b.data, "x-7", "addf formats");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%099d", i);
	is_int(b.len, 3 + 99000, "addf grows");
	is_str(b.data + b.len - 4, "0999", "to the last byte");
	buf_release(&b);
	ok(!b.data && !b.len && !b.cap, "release empties");
}

static void is_number(void (*add)(struct buf *), const char *want)
{
	struct buf b = BUF_INIT;

	add(&b);
	is_str(b.data, want, "number %s", want);
	buf_release(&b);
}

static void add_zero(struct buf *b)
{
	buf_addu(b, 0);
}

static void add_umax(struct buf *b)
{
	buf_addu(b, ULLONG_MAX);
}

static void add_min(struct buf *b)
{
	buf_addi(b, LLONG_MIN);
}

static void add_minus_one(struct buf *b)
{
	buf_addi(b, -1);
}

static void add_max(struct buf *b)
{
	buf_addi(b, LLONG_MAX);
}

static void test_numbers(void)
{
	is_number(add_zero, "0");
	is_number(add_umax, "18446744073709551615");
	is_number(add_min, "-9223372036854775808");
	is_number(add_minus_one, "-1");
	is_number(add_max, "9223372036854775807");
}

static void test_consume(void)
{
	struct buf b = BUF_INIT;

	buf_consume(&b, 0);
	buf_consume(&b, 5);
	ok(!b.data && b.len == 0, "nothing can be dropped from nothing");
	buf_adds(&b, "hello");
	buf_consume(&b, 2);
	is_str(b.data, "llo", "the front goes");
	buf_consume(&b, 9);
	is_str(b.data, "", "no more than there is");
	buf_release(&b);
}

static void test_reserve(void)
{
	struct buf b = BUF_INIT;
	char *to = buf_reserve(&b, 10);

	memcpy(to, "0123456789", 10);
	b.len += 10;
	buf_addc(&b, '!');
	is_str(b.data, "0123456789!", "what was written into the reserve stays");
	buf_release(&b);
}

static void test_detach(void)
{
	struct buf b = BUF_INIT;
	char *text = buf_detach(&b);

	is_str(text, "", "detached when empty: an empty text");
	free(text);
	buf_adds(&b, "x");
	text = buf_detach(&b);
	is_str(text, "x", "detach gives the text");
	ok(!b.data && b.len == 0 && buf_ok(&b), "and leaves an empty buffer");
	free(text);
}

static void test_failure(void)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "kept");
	ok(!buf_reserve(&b, SIZE_MAX - 2) && !buf_ok(&b), "a size that cannot be is a failure");
	buf_adds(&b, "lost");
	is_str(b.data, "kept", "later writes do nothing");
	ok(buf_detach(&b) == NULL, "detach after a failure is NULL");
	ok(buf_ok(&b) && !b.data, "and the buffer is whole again");
}

static void test_oom(void)
{
	struct buf b = BUF_INIT;

	if (!oom_works()) {
		skip_test("memory that runs out", "malloc is not ours here");
		return;
	}
	buf_adds(&b, "kept");
	oom_after(0);
	for (int i = 0; i < 100; i++)
		buf_addf(&b, "%0100d", i);
	oom_off();
	ok(!buf_ok(&b), "a failed allocation is remembered");
	is_str(b.data, "kept", "what was there stays, whole");
	buf_clear(&b);
	ok(buf_ok(&b), "clear forgets the failure");
	buf_adds(&b, "again");
	is_str(b.data, "again", "and the buffer works");
	buf_release(&b);
	oom_after(0);
	buf_add(&b, "x", 1);
	buf_addc(&b, 'x');
	buf_addu(&b, 1);
	oom_off();
	ok(!b.data && !buf_ok(&b), "without the first allocation there is nothing");
	ok(buf_detach(&b) == NULL, "and nothing to detach");
}

int main(void)
{
	test_add();
	test_numbers();
	test_consume();
	test_reserve();
	test_detach();
	test_failure();
	test_oom();
	return done_testing();
}
