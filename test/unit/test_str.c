/* SPDX-License-Identifier: MIT */
#include "../../lib/base/str.h"
#include "oom.h"
#include "tap.h"

static void test_ends(void)
{
	ok(str_starts("abc", "ab") && str_starts("abc", "") && str_starts("", ""), "starts");
	ok(!str_starts("ab", "abc") && !str_starts("xab", "ab"), "does not start");
	ok(str_ends("abc", "bc") && str_ends("abc", "") && str_ends("abc", "abc"), "ends");
	ok(!str_ends("bc", "abc") && !str_ends("bcx", "bc"), "does not end");
}

static const struct {
	const char *text;
	bool good;
} utf8[] = {
	{"plain", true},
	{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\x8e", true},
	{"\xef\xbf\xbf", true},
	{"\xf4\x8f\xbf\xbf", true},
	{"\xee\x80\x80", true},
	{"\x80", false},             /* no lead */
	{"\xc3", false},             /* cut */
	{"\xe2\x82", false},         /* cut */
	{"\xf0\x9f\x8d", false},     /* cut */
	{"\xc0\x80", false},         /* longer than needed */
	{"\xc1\xbf", false},         /* longer than needed */
	{"\xe0\x9f\xbf", false},     /* longer than needed */
	{"\xf0\x8f\xbf\xbf", false}, /* longer than needed */
	{"\xed\xa0\x80", false},     /* surrogate */
	{"\xf4\x90\x80\x80", false}, /* beyond the last */
	{"\xf5\x80\x80\x80", false}, /* beyond the last */
	{"\xff", false},
	{"a\xe2\x28\xa1", false},
	{"a\xf0\x9f\x28\x8e", false},
};

static void test_utf8(void)
{
	for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++)
		is_int(str_utf8(utf8[i].text, strlen(utf8[i].text)), utf8[i].good, "UTF-8 case %zu",
		       i);
	ok(str_utf8("a\0b", 3), "a NUL is a character");
	ok(str_utf8("", 0), "nothing is well-formed");
}

static void test_format(void)
{
	char *text = str_format("%s/%0300d", "x", 7);

	is_int(strlen(text), 302, "format of any length");
	free(text);
}

static void id_is(const char *id, const char *want)
{
	is_str(str_id_problem(id), want, "id '%.20s' %s", id, want ? want : "is good");
}

static void test_id(void)
{
	char id[300];

	id_is("order-42", NULL);
	id_is("a", NULL);
	id_is("Backup_2026-11-22+x=1@host.b", NULL);
	id_is("", "is empty");
	id_is("a/b", "holds a '/'");
	id_is("..", "begins with '.'");
	id_is(".hidden", "begins with '.'");
	id_is("-rf", "begins with '-'");
	id_is("a..b", "holds '..'");
	id_is("a.", "ends in '.'");
	id_is("a.lock", "ends in '.lock'");
	id_is("@", "is '@'");
	id_is("a b", "holds a space");
	id_is("a\nb", "holds a control character");
	id_is("a\x7f", "holds a control character");
	id_is("\xc3\xa4", "holds a character that is not ASCII");
	id_is("a\xff", "holds a character that is not ASCII");
	for (const char *c = "~^:?*[\\{}$&|;<>\"'`!#%(),]"; *c; c++) {
		snprintf(id, sizeof id, "a%cb", *c);
		id_is(id, "holds a character other than letters, digits and ._+=@-");
	}
	memset(id, 'a', sizeof id);
	id[200] = '\0';
	id_is(id, NULL);
	id[200] = 'a';
	id[201] = '\0';
	id_is(id, "is longer than 200 bytes");
}

static void quote_is(const char *text, size_t n, const char *want)
{
	char *quoted = str_quote(text, n);

	is_str(quoted, want, "quote %s", want);
	free(quoted);
}

static void test_quote(void)
{
	char text[300], want[300];

	quote_is("", 0, "''");
	quote_is("plain \xc3\xa4", 8, "'plain \xc3\xa4'");
	quote_is("a\n\t\r\x1b[0m\x7f", 9, "'a\\n\\t\\r\\x1b[0m\\x7f'");
	quote_is("a\0b", 3, "'a\\x00b'");
	quote_is("a\xff", 2, "'a\\xff'");
	quote_is("\xc2\x9b", 2, "'\\xc2\\x9b'");
	memset(text, 'a', sizeof text);
	snprintf(want, sizeof want, "'%.80s'", text);
	quote_is(text, 80, want);
	snprintf(want, sizeof want, "'%.80s'...", text);
	quote_is(text, 81, want);
	/* a character that would be halved stays out */
	memcpy(text + 79, "\xc3\xa4", 2);
	snprintf(want, sizeof want, "'%.79s'...", text);
	quote_is(text, 81, want);
}

static void test_oom(void)
{
	char *text, *quoted;

	if (!oom_works()) {
		skip_test("memory that runs out", "malloc is not ours here");
		return;
	}
	oom_after(0);
	text = str_format("%d", 1);
	quoted = str_quote("x", 1);
	oom_off();
	ok(!text, "format without memory is NULL");
	ok(!quoted, "quote without memory is NULL");
}

int main(void)
{
	test_ends();
	test_utf8();
	test_format();
	test_id();
	test_quote();
	test_oom();
	return done_testing();
}
