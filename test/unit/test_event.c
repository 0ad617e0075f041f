/* SPDX-License-Identifier: MIT */
#include "../../lib/base/buf.h"
#include "../../lib/base/error.h"
#include "../../lib/base/hash.h"
#include "../../lib/model/event.h"
#include "oom.h"
#include "tap.h"

#include <limits.h>

#define STEP \
	"\"step\":\"charge\",\"attempt\":2,\"us\":1300000,\"result\":{\"ok\":true,\"n\":[1,2.5,null]}"

static char *line_of(const struct event *event, const char *fields)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	if (event_encode(&out, event, fields, strlen(fields), &err) < 0)
		bail_out("cannot encode: %s", err.text);
	return buf_detach(&out);
}

/* body and a proper checksum as a line without its newline. New. */
static char *sealed(const char *body, size_t n)
{
	struct buf out = BUF_INIT;

	buf_add(&out, body, n);
	buf_addf(&out, ",\"crc\":\"%08x\"}", hash_crc32(body, n));
	return buf_detach(&out);
}

static void test_form(void)
{
	struct event event = {.seq = 7,
			      .at = INT64_C(1700000000123),
			      .type = EVENT_STEP_COMPLETED,
			      .cmd = 4,
			      .batch = 2};
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char *line;

	line = line_of(&event, "\"step\":\"x\"");
	is_str(line,
	       "{\"seq\":7,\"at\":1700000000123,\"type\":\"step_completed\",\"cmd\":4,\"batch\":2,"
	       "\"step\":\"x\",\"crc\":\"4084e130\"}\n",
	       "promise 8: the form of a line is for ever");
	free(line);
	event = (struct event){.seq = 1, .at = -5, .type = EVENT_RUN_FAILED};
	line = line_of(&event, "");
	is_str(line, "{\"seq\":1,\"at\":-5,\"type\":\"run_failed\",\"crc\":\"a30f6436\"}\n",
	       "zero members are absent, no fields leave no comma");
	free(line);
	buf_adds(&out, "before\n");
	is_int(event_encode(&out, &event, "", 0, &err), 0, "a line goes behind what is there");
	ok(strncmp(out.data, "before\n{\"seq\":1,", 16) == 0 && strstr(out.data, "a30f6436"),
	   "and its checksum is its own");
	out.len = 7;
	is_int(event_encode(&out, &event, "\"a\":\n1", 6, &err), -ERR_USAGE,
	       "no line break in a line");
	is_int(out.len, 7, "what cannot be written leaves nothing");
	buf_release(&out);
}

static void round_trip(struct event event)
{
	struct event back = {0};
	struct err err = ERR_INIT;
	char *line = line_of(&event, STEP);

	is_int(event_decode(&back, line, strlen(line) - 1, &err), 0, "decode %s: %s",
	       event_type_name(event.type), err.text);
	ok(back.seq == event.seq && back.at == event.at && back.cmd == event.cmd &&
		   back.type == event.type && back.batch == event.batch,
	   "what was written comes back");
	is_str(json_string_value(json_object_get(back.body, "step")), "charge", "with its fields");
	is_int(json_integer_value(json_object_get(back.body, "seq")), event.seq,
	       "the body is the whole line");
	event_release(&back);
	ok(!back.body, "release leaves nothing");
	event_release(&back);
	free(line);
}

static void test_round_trip(void)
{
	round_trip((struct event){.seq = 1, .at = 0, .type = EVENT_SEGMENT});
	round_trip((struct event){.seq = LLONG_MAX,
				  .at = LLONG_MIN,
				  .cmd = LLONG_MAX,
				  .batch = UINT_MAX,
				  .type = EVENT_MODULE_CHANGED});
	round_trip((struct event){
		.seq = 1000000, .at = LLONG_MAX, .type = EVENT_STEP_FAILED, .cmd = 1});
	event_release(NULL);
}

/* Every name, as it is on disk. A change here breaks histories that exist. */
static const char *const names[EVENT_TYPES] = {
	"none",
	"segment",
	"run_started",
	"step_started",
	"step_completed",
	"step_failed",
	"timer_fired",
	"side_effect",
	"patched",
	"version",
	"signal_received",
	"update_accepted",
	"update_completed",
	"cancel_requested",
	"child_started",
	"child_closed",
	"signal_sent",
	"tags_set",
	"lock_acquired",
	"lock_let_go",
	"run_completed",
	"run_failed",
	"run_cancelled",
	"run_terminated",
	"run_continued",
	"run_suspended",
	"run_resumed",
	"run_reset",
	"run_forked",
	"module_changed",
};

static void test_types(void)
{
	const char *notes =
		" segment run_suspended run_resumed run_reset run_forked module_changed ";
	const char *ends = " run_completed run_failed run_cancelled run_terminated run_continued ";
	char word[40];

	for (int i = 1; i < EVENT_TYPES; i++) {
		is_str(event_type_name(i), names[i], "promise 8: name of type %d", i);
		is_int(event_type_parse(names[i], strlen(names[i])), i, "promise 8: %s is known",
		       names[i]);
		snprintf(word, sizeof word, " %s ", names[i]);
		is_int(event_is_note(i), strstr(notes, word) != NULL, "%s: a note or not",
		       names[i]);
		is_int(event_is_end(i), strstr(ends, word) != NULL, "%s: an end or not", names[i]);
	}
	is_int(event_type_parse("none", 4), EVENT_NONE, "none is no type on disk");
	is_int(event_type_parse("segmen", 6), EVENT_NONE, "nor is a part");
	is_int(event_type_parse("segments", 8), EVENT_NONE, "nor more");
	is_int(event_type_parse("", 0), EVENT_NONE, "nor nothing");
	is_str(event_type_name(EVENT_TYPES), "none", "a number that is no type has no name");
}

static const struct {
	const char *body; /* without checksum and brace */
	const char *words;
} wrong[] = {
	{"{\"at\":1,\"type\":\"patched\"", "no 'seq'"},
	{"{\"seq\":0,\"at\":1,\"type\":\"patched\"", "'seq' of the event is not a proper number"},
	{"{\"seq\":-1,\"at\":1,\"type\":\"patched\"", "'seq'"},
	{"{\"seq\":1.0,\"at\":1,\"type\":\"patched\"", "'seq'"},
	{"{\"seq\":\"1\",\"at\":1,\"type\":\"patched\"", "'seq'"},
	{"{\"seq\":1,\"type\":\"patched\"", "no 'at'"},
	{"{\"seq\":1,\"at\":null,\"type\":\"patched\"", "'at'"},
	{"{\"seq\":1,\"at\":1", "no 'type'"},
	{"{\"seq\":1,\"at\":1,\"type\":7", "no 'type'"},
	{"{\"seq\":1,\"at\":1,\"type\":\"none\"", "unknown event type 'none'"},
	{"{\"seq\":1,\"at\":1,\"type\":\"no\\u001bvel\"",
	 "unknown event type 'no\\x1bvel'; perhaps a newer wf"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\\u0000\"", "unknown event type"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\",\"cmd\":-1", "'cmd'"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\",\"cmd\":\"1\"", "'cmd'"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\",\"batch\":4294967296", "'batch'"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\",\"batch\":[]", "'batch'"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\",\"x\":}", "not JSON"},
	{"{\"seq\":1,\"at\":1,\"type\":\"patched\",\"x\":\"\xff\"", "not JSON"},
	{"{\"seq\":99999999999999999999,\"at\":1,\"type\":\"patched\"", "not JSON"},
	{"[{\"seq\":1}", "not JSON"},
	{"", "not JSON"},
};

static void decode_fails(const char *line, size_t n, const char *words, const char *name)
{
	struct event event = {.seq = 77};
	struct err err = ERR_INIT;

	is_int(event_decode(&event, line, n, &err), -ERR_DAMAGED, "refused: %s", name);
	has_str(err.text, words, "told: %s", name);
	ok(event.seq == 77 && !event.body, "nothing is given: %s", name);
}

static void test_wrong(void)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char *line = sealed(wrong[i].body, strlen(wrong[i].body));

		decode_fails(line, strlen(line), wrong[i].words, wrong[i].words);
		free(line);
	}
}

static void test_no_checksum(void)
{
	static const char *const none[] = {
		"{}",
		"{\"seq\":1,\"at\":1,\"type\":\"patched\"}",
		"{\"crc\":\"00000000\",\"seq\":1,\"at\":1,\"type\":\"patched\"}",
	};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		decode_fails(none[i], strlen(none[i]), "no checksum", none[i]);
	decode_fails("", 0, "not JSON", "an empty line");
	decode_fails("{\"seq\":1,\"at\":1,\"ty", 19, "not JSON", "a torn line");
	decode_fails("\0\0\0\0", 4, "not JSON", "a hole");
	decode_fails("{\"seq\":1,\"crc\":\"ABCDEF00\"}", 26, "8 hexadecimal digits", "capitals");
	decode_fails("{\"seq\":1,\"crc\":\"0000000g\"}", 26, "8 hexadecimal digits",
		     "other letters");
}

/* Any byte that changes, and any end that is missing, is found. */
static void test_damage(void)
{
	struct event event = {
		.seq = 12, .at = INT64_C(1700000000123), .type = EVENT_STEP_COMPLETED, .cmd = 3};
	struct event back = {0};
	char *line = line_of(&event, STEP);
	size_t n = strlen(line) - 1, cuts = 0, flips = 0;

	for (size_t i = 0; i < n; i++) {
		struct err err = ERR_INIT;

		cuts += event_decode(&back, line, i, &err) == -ERR_DAMAGED;
		for (int bit = 0; bit < 8; bit++) {
			err_clear(&err);
			line[i] ^= (char)(1 << bit);
			flips += event_decode(&back, line, n, &err) == -ERR_DAMAGED;
			line[i] ^= (char)(1 << bit);
		}
	}
	is_int(cuts, n, "promise 1: a line cut anywhere is not taken for whole");
	is_int(flips, 8 * n, "promise 1: a bit that differs anywhere is found");
	ok(!back.body, "and nothing of it is given");
	free(line);
}

static void test_strange(void)
{
	static const char nul[] = "{\"seq\":1,\"at\":1,\"type\":\"patched\",\"id\":\"a\\u0000b\"";
	struct event event = {0};
	struct err err = ERR_INIT;
	struct buf deep = BUF_INIT;
	char *line = sealed(nul, sizeof nul - 1);

	is_int(event_decode(&event, line, strlen(line), &err), 0, "a NUL in a text is read: %s",
	       err.text);
	is_int(json_string_length(json_object_get(event.body, "id")), 3, "wholly");
	event_release(&event);
	free(line);
	buf_adds(&deep, "{\"seq\":1,\"at\":1,\"type\":\"patched\",\"id\":");
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	line = sealed(deep.data, deep.len);
	decode_fails(line, strlen(line), "nested too deep", "too deep");
	free(line);
	buf_release(&deep);
}

static void test_oom(void)
{
	struct event event = {.seq = 12, .type = EVENT_STEP_COMPLETED, .cmd = 3}, back = {0};
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	bool told = true;
	long n;
	int rc;

	if (!oom_works()) {
		skip_test("memory that runs out", "malloc is not ours here");
		return;
	}
	oom_after(0);
	rc = event_encode(&out, &event, STEP, strlen(STEP), &err);
	oom_off();
	is_int(rc, -ERR_NOMEM, "encode tells that memory ran out");
	buf_clear(&out);
	err_clear(&err);
	event_encode(&out, &event, STEP, strlen(STEP), &err);
	for (n = 0, rc = -1; rc < 0; n++) {
		err_clear(&err);
		oom_after(n);
		rc = event_decode(&back, out.data, out.len - 1, &err);
		oom_off();
		told = told && (rc == 0 || (rc == -ERR_NOMEM && !back.body));
		if (!told)
			diag("allocation %ld: rc %d '%s'", n, rc, err.text);
	}
	ok(n > 5 && told, "decode tells it, whichever allocation fails (%ld)", n);
	event_release(&back);
	buf_release(&out);
}

int main(void)
{
	test_form();
	test_round_trip();
	test_types();
	test_wrong();
	test_no_checksum();
	test_damage();
	test_strange();
	test_oom();
	return done_testing();
}
