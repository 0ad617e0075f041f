/* SPDX-License-Identifier: MIT */
#include "../../lib/base/buf.h"
#include "../../lib/base/error.h"
#include "../../lib/model/parse.h"
#include "oom.h"
#include "tap.h"

#include <stdint.h>

/* The judge of what is JSON, and of what it says. */
static json_t *judge(const char *text, size_t n)
{
	return json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

/* n bytes that end where the memory ends, so that a sanitizer sees a read behind them. */
static bool agrees(const char *text, size_t n)
{
	char *exact = malloc(n ? n : 1);
	json_t *want = judge(text, n), *got = NULL;
	struct err err = ERR_INIT;
	int rc;
	bool same;

	memcpy(exact, text, n);
	rc = parse_json(&got, exact, n, &err);
	same = want ? rc == 0 && json_equal(want, got) : rc == -ERR_DAMAGED && !got && err.text[0];
	if (!same)
		diag("%.*s: jansson %s, here %d '%s'", (int)n, text,
		     want ? "takes it" : "refuses it", rc, err.text);
	json_decref(want);
	json_decref(got);
	free(exact);
	return same;
}

static const char *const texts[] = {
	"null",
	"true",
	"false",
	"0",
	"-0",
	"1",
	"-1",
	"9223372036854775807",
	"-9223372036854775808",
	"1.5",
	"-1.5e3",
	"1E+2",
	"1e-400",
	"0.1e1",
	"\"\"",
	"\"a\"",
	"{}",
	"[]",
	" [ 1 , 2 ] ",
	"[[[]],{}]",
	"{\"a\":1}",
	" { \"a\" : { \"b\" : [ null , true , false ] } } ",
	"{\"a\":1,\"a\":2}",
	"{\"\":0}",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
	"\"\\u0041\\u00e4\\u20AC\\ud83c\\udf4e\\uffff\\u0000z\"",
	"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\x8e\x7f\"",
	"\"a\\n\xc3\xa4\\n\"",
	"{\"\\u0061b\":\"\\u0063\"}",
	"{\"a\\tb\":{\"c\\td\":\"e\\tf\"},\"g\":\"h\"}",
	"\t\r\n 1 \n",
	"[1,\n2]",
	/* and what is none */
	"",
	" ",
	"nul",
	"nulL",
	"True",
	"tru",
	"falsey",
	"nullnull",
	"+1",
	"-",
	"01",
	"-01",
	"1.",
	".5",
	"1.e1",
	"1e",
	"1e+",
	"0x1",
	"1 2",
	"9223372036854775808",
	"-9223372036854775809",
	"1e999",
	"-1e999",
	"99999999999999999999999",
	"\"",
	"\"a",
	"\"\\",
	"\"\\\"",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\ud800\"",
	"\"\\ud800x\"",
	"\"\\ud800\\u0041\"",
	"\"\\udc00\"",
	"\"\\ud800\\ud800\"",
	"\"\n\"",
	"\"\x1f\"",
	"\"\x80\"",
	"\"\xc3\"",
	"\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"",
	"\"\\\xc3\xa4\"",
	"{",
	"[",
	"}",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1}",
	"{1:2}",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{,}",
	"{\"a\" 1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":1]",
	"{a:1}",
	"{\"\\u0000\":1}",
	"'a'",
	"[1]x",
	"\xef\xbb\xbf{}",
	"nan",
	"NaN",
	"Infinity",
	"-Infinity",
	"//c\n1",
	"\v1",
	"\f1",
};

static void test_texts(void)
{
	json_t *value = NULL;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ok(agrees(texts[i], strlen(texts[i])), "as jansson has it: case %zu", i);
	ok(agrees("\"a\0b\"", 5), "a bare NUL in a text");
	is_int(parse_json(&value, "1\0", 2, &err), -ERR_DAMAGED,
	       "a NUL behind the end, which jansson takes");
}

static bool nested_agrees(unsigned depth, char open, char close)
{
	struct buf text = BUF_INIT;
	bool same;

	for (unsigned i = 0; i < depth; i++)
		buf_adds(&text, open == '[' ? "[" : i + 1 < depth ? "{\"a\":" : "{");
	for (unsigned i = 0; i < depth; i++)
		buf_addc(&text, close);
	same = agrees(text.data, text.len);
	buf_release(&text);
	return same;
}

static void test_depth(void)
{
	json_t *value = NULL;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;

	ok(nested_agrees(PARSE_DEPTH, '[', ']'), "as deep as may be, arrays");
	ok(nested_agrees(PARSE_DEPTH + 1, '[', ']'), "one deeper");
	ok(nested_agrees(PARSE_DEPTH, '{', '}'), "as deep as may be, objects");
	ok(nested_agrees(PARSE_DEPTH + 1, '{', '}'), "one deeper");
	for (int i = 0; i < 1000000; i++)
		buf_addc(&text, '[');
	is_int(parse_json(&value, text.data, text.len, &err), -ERR_DAMAGED, "a million deep");
	is_str(err.text, "not JSON: nested too deep at byte 2049", "is told, and where");
	buf_release(&text);
}

static void message_is(const char *text, const char *want)
{
	json_t *value = NULL;
	struct err err = ERR_INIT;

	parse_json(&value, text, strlen(text), &err);
	is_str(err.text, want, "%s", want);
}

static void test_messages(void)
{
	message_is("", "not JSON: a value is missing at byte 1");
	message_is("[1,]", "not JSON: a value is missing at byte 4");
	message_is("[1 2]", "not JSON: a ',' or ']' is missing at byte 4");
	message_is("{\"a\":1 2}", "not JSON: a ',' or '}' is missing at byte 8");
	message_is("{\"a\" 2}", "not JSON: a ':' is missing at byte 6");
	message_is("{2}", "not JSON: a name in quotes is missing at byte 2");
	message_is("{\"\\u0000\":1}", "not JSON: a name holds a NUL at byte 10");
	message_is("[] []", "not JSON: something follows its end at byte 4");
	message_is("\"ab", "not JSON: a text without an end at byte 4");
	message_is("\"\\x\"", "not JSON: an escape that is none at byte 2");
	message_is("\"\\ud800\"", "not JSON: half a character at byte 2");
	message_is("\"a\nb\"", "not JSON: a control character in a text at byte 3");
	message_is("\"a\xff\"", "not JSON: a text that is not UTF-8 at byte 2");
	message_is("-x", "not JSON: a number that is none at byte 1");
	message_is("1e999", "not JSON: a number that is too large at byte 1");
}

/* xorshift: the same texts every time */
static uint64_t chance(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static const char base[] =
	"{\"seq\":12,\"at\":1700000000123,\"type\":\"step_completed\",\"cmd\":4,\"step\":\"charge\\n\\u00e4\\ud83c\\udf4e\","
	"\"input\":{\"a\":[1,-2.5e3,true,false,null,\"\xc3\xa4\xf0\x9f\x8d\x8e\"],\"b\":{}},\"crc\":\"01234567\"}";

/* Some bytes replaced, removed or doubled; returns the length. */
static size_t mutate(char *text)
{
	static const char alphabet[] = "{}[]\",:\\u0d8cfentrb19.-+E \n\x80\xc3\xa4\xed\x1f";
	size_t n = sizeof base - 1;

	memcpy(text, base, n);
	for (uint64_t times = chance() % 3 + 1; times; times--) {
		size_t at = chance() % n;

		switch (chance() % 4) {
		case 0:
			text[at] = alphabet[chance() % (sizeof alphabet - 1)];
			break;
		case 1:
			text[at] = (char)chance();
			break;
		case 2:
			memmove(text + at, text + at + 1, --n - at);
			break;
		default:
			memmove(text + at + 1, text + at, n++ - at);
		}
	}
	return n;
}

static void test_mutations(void)
{
	int differ = 0, taken = 0, times = 100000;
	char text[sizeof base + 8];

	for (int i = 0; i < times && differ < 5; i++) {
		size_t n = mutate(text);
		json_t *value = judge(text, n);

		taken += value != NULL;
		json_decref(value);
		differ += !agrees(text, n);
	}
	is_int(differ, 0, "as jansson has it: %d changed texts", times);
	ok(taken > times / 20 && taken < times / 2, "of which %d are still JSON", taken);
}

static void test_oom(void)
{
	static const char text[] =
		"{\"a\\tb\":[1,2.5,{\"c\":\"d\\te\"},\"f\"],\"1\":1,\"2\":1,\"3\":1,\"4\":1,"
		"\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":[1,2,3,4,5,6,7,8,9]}";
	json_t *value = NULL;
	bool told = true;
	long n;
	int rc;

	if (!oom_works()) {
		skip_test("memory that runs out", "malloc is not ours here");
		return;
	}
	for (n = 0, rc = -1; rc < 0; n++) {
		struct err err = ERR_INIT;

		oom_after(n);
		rc = parse_json(&value, text, sizeof text - 1, &err);
		oom_off();
		told = told && (rc == 0 || (rc == -ERR_NOMEM && !value));
		if (!told)
			diag("allocation %ld: rc %d '%s'", n, rc, err.text);
	}
	ok(n > 20 && told, "memory that runs out is told, whichever allocation fails (%ld)", n);
	json_decref(value);
}

int main(void)
{
	test_texts();
	test_depth();
	test_messages();
	test_mutations();
	test_oom();
	return done_testing();
}
