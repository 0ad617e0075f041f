/* SPDX-License-Identifier: MIT */
/* The history on a real disk: what is written is read, a torn tail is cut, damage is named. */
#include "base/buf.h"
#include "base/str.h"
#include "scratch.h"
#include "store/history.h"

#include <time.h>

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct history *start(const char *dir, bool writable, uint64_t segment_bytes)
{
	struct history_options options = {
		.segment_bytes = segment_bytes, .writable = writable, .run = "r"};
	struct err err = ERR_INIT;
	struct history *h;

	if (history_open(&h, os_system(), dir, &options, &err) < 0)
		bail_out("history_open: %s", err.text);
	return h;
}

/* Read to the end; how many events that are no heads, or negative. */
static int drain(struct history *h, struct err *err)
{
	struct event event;
	int rc, n = 0;

	while ((rc = history_read(h, &event, err)) > 0) {
		n += event.type != EVENT_SEGMENT;
		event_release(&event);
	}
	return rc < 0 ? rc : n;
}

static int put(struct history *h, uint64_t cmd, const char *fields, struct err *err)
{
	struct event event = {.type = EVENT_STEP_COMPLETED, .at = 1000 + (int64_t)cmd, .cmd = cmd};

	return history_append(h, &event, fields, strlen(fields), err);
}

/* A history of n events, synced in batches, closed. */
static const char *make(const char *name, int n, int batch, uint64_t segment_bytes)
{
	const char *dir = in_scratch("%s", name);
	struct history *h = start(dir, true, segment_bytes);
	struct err err = ERR_INIT;

	drain(h, &err);
	for (int i = 1; i <= n; i++) {
		put(h, (uint64_t)i, "\"step\":\"s\",\"result\":1", &err);
		if (i % batch == 0)
			history_sync(h, &err);
	}
	if (history_sync(h, &err) < 0)
		bail_out("make: %s", err.text);
	history_close(h);
	return dir;
}

static int count(const char *dir, struct err *err)
{
	struct history *h = start(dir, false, 0);
	int n = drain(h, err);

	history_close(h);
	return n;
}

static void test_empty(void)
{
	const char *dir = in_scratch("empty");
	struct err err = ERR_INIT;
	struct event last, head;
	uint64_t steps;
	struct history *h;

	is_int(count(dir, &err), 0, "a folder that is not there is an empty history");
	is_int(history_tail(os_system(), dir, &last, &head, &steps, &err), 0, "and has no tail");
	h = start(dir, true, 0);
	is_int(put(h, 1, "", &err), -ERR_USAGE, "no append before the end was read");
	err_clear(&err);
	is_int(drain(h, &err), 0, "nothing to read");
	is_int(history_sync(h, &err), 0, "nothing to sync");
	is_int(history_position(h).seq, 0, "no position");
	history_close(h);
	is_int(access(in_scratch("empty/000001.jsonl"), F_OK), -1, "nothing was made");
}

static void test_round_trip(void)
{
	const char *dir = in_scratch("round");
	struct err err = ERR_INIT;
	struct history *h = start(dir, true, 0);
	struct event event;
	size_t n;
	char *text;

	drain(h, &err);
	history_set_module(h, SHA_A, &err);
	put(h, 1, "\"result\":{\"a\":1}", &err);
	put(h, 2, "\"result\":null", &err);
	is_int(history_position(h).seq, 0, "nothing is durable before the sync");
	is_int(history_sync(h, &err), 0, "sync");
	is_int(history_position(h).seq, 3, "head and two events are durable");
	is_int(history_position(h).segment, 1, "in segment 1");
	is_int(history_steps(h), 2, "two steps");
	text = slurp(in_scratch("round/000001.jsonl"), &n);
	is_int(n, 16384, "the first filling is small");
	ok(text[history_position(h).offset - 1] == '\n' && text[history_position(h).offset] == '\n',
	   "newlines behind the lines");
	free(text);
	history_close(h);
	text = slurp(in_scratch("round/000001.jsonl"), &n);
	ok(strstr(text, "\n\n") == NULL, "closing cuts the filling off");
	has_str(text, "\"run\":\"r\"", "the head names the run");
	free(text);

	h = start(dir, true, 0);
	is_int(history_read(h, &event, &err), 1, "the head");
	is_int(event.type, EVENT_SEGMENT, "is a head");
	event_release(&event);
	is_int(history_read(h, &event, &err), 1, "the first event");
	is_int(event.cmd, 1, "its command");
	is_int(event.batch, 1, "its batch: behind the head in one sync");
	event_release(&event);
	is_int(drain(h, &err), 1, "the rest");
	is_str(history_module(h), SHA_A, "pinned");
	is_int(history_steps(h), 2, "steps");
	put(h, 3, "", &err);
	is_int(history_sync(h, &err), 0, "goes on in the same segment");
	is_int(history_position(h).seq, 4, "seq continues");
	is_int(history_rewind(h, &err), 0, "rewind");
	is_int(drain(h, &err), 3, "all again");
	put(h, 4, "", &err);
	is_int(history_rewind(h, &err), -ERR_USAGE, "no rewind with unsynced events");
	history_close(h);
	err_clear(&err);
	is_int(count(dir, &err), 3, "what was not synced is not there");
}

static void test_segments(void)
{
	const char *dir = make("segments", 200, 7, 2000);
	struct err err = ERR_INIT;
	struct history *h;
	struct event last, head;
	uint64_t steps;
	char *text;

	is_int(count(dir, &err), 200, "200 events over many segments");
	ok(access(in_scratch("segments/000005.jsonl"), F_OK) == 0, "there are many");
	text = slurp(in_scratch("segments/000002.jsonl"), NULL);
	ok(strncmp(text, "{\"seq\":", 7) == 0 &&
		   strstr(text, "\"type\":\"segment\",\"segment\":2,"),
	   "a segment begins with its head");
	ok(strstr(text, "\n\n") == NULL, "a segment that was left is cut");
	free(text);
	is_int(history_tail(os_system(), dir, &last, &head, &steps, &err), 1, "tail");
	is_int(last.cmd, 200, "tail: the last event");
	is_int(steps, 200, "tail: steps");
	is_int(head.type, EVENT_SEGMENT, "tail: head");
	event_release(&last);
	event_release(&head);

	h = start(dir, true, 2000);
	drain(h, &err);
	history_set_module(h, SHA_B, &err);
	put(h, 201, "", &err);
	history_sync(h, &err);
	is_str(history_module(h), SHA_B, "another module: another segment");
	history_close(h);
	is_int(history_tail(os_system(), dir, &last, &head, &steps, &err), 1, "tail again");
	is_str(json_string_value(json_object_get(head.body, "module")), SHA_B,
	       "the last head says the module");
	is_int(json_integer_value(json_object_get(head.body, "steps")), 200,
	       "and the steps before it");
	event_release(&last);
	event_release(&head);
	is_int(err.code, 0, "no error");
}

static void test_refused(void)
{
	const char *dir = in_scratch("refused");
	struct err err = ERR_INIT;
	struct history *h = start(dir, true, 0);
	struct buf big = BUF_INIT;
	uint64_t seq;

	drain(h, &err);
	put(h, 1, "", &err);
	history_sync(h, &err);
	seq = history_position(h).seq;
	buf_adds(&big, "\"result\":\"");
	for (int i = 0; i < 33000; i++)
		buf_addc(&big, 'x');
	buf_addc(&big, '"');
	is_int(put(h, 2, big.data, &err), -ERR_USAGE, "a line over 32 KiB is refused");
	err_clear(&err);
	is_int(put(h, 2, "\"result\":2", &err), 0, "and the history goes on");
	is_int(history_sync(h, &err), 0, "sync");
	is_int(history_position(h).seq, seq + 1, "no number was lost");
	is_int(history_set_module(h, "abc", &err), -ERR_USAGE, "a pin is a SHA-256");
	history_close(h);
	buf_release(&big);
	err_clear(&err);
	is_int(count(dir, &err), 2, "both are there");
}

/* Change bytes of a segment: replace the first from (as long as to) behind skip. */
static void edit(const char *path, const char *from, const char *to)
{
	size_t n;
	char *text = slurp(path, &n), *at = strstr(text, from);

	if (!at)
		bail_out("no '%s' in %s", from, path);
	memcpy(at, to, strlen(to));
	spew(path, text, n);
	free(text);
}

struct findings {
	int all, torn;
	unsigned long line;
	char what[400];
};

static void note(void *arg, const char *file, unsigned long line, const char *what, bool torn_tail)
{
	struct findings *f = arg;

	(void)file;
	f->all++;
	f->torn += torn_tail;
	f->line = line;
	snprintf(f->what, sizeof f->what, "%s", what);
}

static struct findings verify(const char *dir)
{
	struct findings f = {0};
	struct err err = ERR_INIT;
	int n = history_verify(os_system(), dir, note, &f, &err);

	is_int(n, f.all, "verify counts its findings");
	return f;
}

/* Where the last line is: there may be empty ones before it. */
static unsigned long last_line(const char *text, size_t n)
{
	unsigned long lines = 1;

	for (size_t i = 0; i < n - 1; i++)
		lines += text[i] == '\n';
	return lines;
}

static void test_torn(void)
{
	const char *dir = make("torn", 10, 1, 0), *path = in_scratch("torn/000001.jsonl");
	struct err err = ERR_INIT;
	struct event last, head;
	struct findings f;
	struct history *h;
	uint64_t steps;
	size_t n;
	char *text = slurp(path, &n);

	spew(path, text, n - 20);
	is_int(count(dir, &err), 9, "promise 1: a torn last line is passed over");
	f = verify(dir);
	ok(f.all == 1 && f.torn == 1 && f.line == last_line(text, n), "verify names the torn tail");
	is_int(history_tail(os_system(), dir, &last, &head, &steps, &err), 1,
	       "tail of a torn history");
	is_int(last.cmd, 9, "is the last whole event");
	is_int(steps, 9, "and counts whole steps");
	event_release(&last);
	event_release(&head);
	h = start(dir, true, 0);
	is_int(drain(h, &err), 9, "a writer reads the same");
	put(h, 10, "\"result\":\"again\"", &err);
	is_int(history_sync(h, &err), 0, "and goes on in its place");
	history_close(h);
	is_int(count(dir, &err), 10, "ten again");
	is_int(verify(dir).all, 0, "and all is well");
	free(text);
}

/* Nobody was told of what is behind the hole: it must not follow what is written in its place. */
static void goes_on_before_the_hole(const char *dir)
{
	struct err err = ERR_INIT;
	struct history *h = start(dir, true, 0);

	is_int(drain(h, &err), 6, "a driver reads as much");
	put(h, 7, "\"step\":\"s\",\"result\":2", &err);
	is_int(history_sync(h, &err), 0, "and goes on");
	is_int(count(dir, &err), 7, "promise 1: what was behind the hole is gone");
	history_close(h);
	is_int(count(dir, &err), 7, "and stays so");
}

/* Lines of one sync that reached the disk out of order. */
static void test_hole(void)
{
	const char *dir = make("hole", 10, 5, 0), *path = in_scratch("hole/000001.jsonl");
	struct err err = ERR_INIT;
	struct event last, head;
	struct findings f;
	uint64_t steps;
	char *text;
	size_t n;

	text = slurp(path, &n);
	for (char *at = strstr(text, "\"cmd\":7"); at > text && at[-1] != '\n'; at--)
		at[-1] = '\n';
	spew(path, text, n);
	is_int(count(dir, &err), 6,
	       "promise 1: a hole in the last sync ends the history before it");
	is_int(verify(dir).torn, 1, "verify calls it torn");
	is_int(history_tail(os_system(), dir, &last, &head, &steps, &err), 1, "tail");
	is_int(last.cmd, 6, "tail ends before the hole too");
	event_release(&last);
	event_release(&head);
	free(text);
	goes_on_before_the_hole(dir);

	dir = make("hole2", 10, 5, 0);
	path = in_scratch("hole2/000001.jsonl");
	edit(path, "\"cmd\":4", "\"cmd\":5");
	is_int(count(dir, &err), -ERR_DAMAGED,
	       "promise 1: a hole before a finished sync is damage");
	has_str(err.text, "hole2/000001.jsonl' line 5: checksum differs", "file, line and what");
	has_str(err.text, "run 'wf fsck --repair'", "and what to do");
	f = verify(dir);
	ok(f.torn == 0 && f.all == 1, "verify finds one thing, and does not call it torn");
}

static void test_damage(void)
{
	struct err err = ERR_INIT;
	const char *dir = make("middle", 100, 3, 2000);
	struct findings f;
	struct history *h;
	char *text;
	size_t n;

	unlink(in_scratch("middle/000003.jsonl"));
	is_int(count(dir, &err), -ERR_DAMAGED, "a missing middle segment");
	has_str(err.text, "000003.jsonl' is missing; run", "is named");
	f = verify(dir);
	is_int(f.all, 1, "one finding");
	err_clear(&err);

	dir = make("first", 100, 3, 2000);
	unlink(in_scratch("first/000001.jsonl"));
	is_int(count(dir, &err), -ERR_DAMAGED, "a missing first segment");
	err_clear(&err);

	dir = make("last", 100, 3, 2000);
	text = slurp(in_scratch("last/000002.jsonl"), &n);
	spew(in_scratch("last/000002.jsonl"), text, n - 10);
	free(text);
	is_int(count(dir, &err), -ERR_DAMAGED, "a torn segment that another follows");
	has_str(err.text, "000002.jsonl' line", "is damage");
	err_clear(&err);
	h = start(dir, true, 2000);
	is_int(drain(h, &err), -ERR_DAMAGED, "also for a writer");
	history_close(h);
	text = slurp(in_scratch("last/000002.jsonl"), NULL);
	is_int(strlen(text), n - 10, "which changes nothing");
	free(text);
	err_clear(&err);

	dir = make("swap", 100, 3, 2000);
	rename(in_scratch("swap/000002.jsonl"), in_scratch("swap/000003.jsonl"));
	is_int(count(dir, &err), -ERR_DAMAGED, "a segment under another number");
	err_clear(&err);

	dir = make("foreign", 4, 1, 0);
	h = NULL;
	{
		struct history_options options = {.run = "other"};

		history_open(&h, os_system(), dir, &options, &err);
	}
	is_int(drain(h, &err), -ERR_DAMAGED, "a history of another run");
	has_str(err.text, "belongs to run 'r', not to 'other'", "is told");
	history_close(h);
	err_clear(&err);

	dir = make("garbage", 4, 1, 0);
	text = slurp(in_scratch("garbage/000001.jsonl"), &n);
	text = realloc(text, n + 200001);
	memset(text + n, 'x', 200000);
	text[n + 199999] = '\n';
	spew(in_scratch("garbage/000001.jsonl"), text, n + 200000);
	free(text);
	is_int(count(dir, &err), 4, "an endless line behind the end is passed over");
	f = verify(dir);
	has_str(f.what, "longer than 65536 bytes", "and told by verify");
	is_int(f.torn, 1, "as a torn tail");
	err_clear(&err);
	dir = make("linked", 4, 1, 0);
	if (symlink("/etc/passwd", in_scratch("linked/000002.jsonl")) < 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(count(dir, &err), -ERR_DAMAGED, "a link for a segment is not followed");
	has_str(err.text, "not a regular file", "and named");
}

/* A line whose checksum is right, of a type that this wf does not know, is never cut off. */
static void test_unknown(void)
{
	const char *dir = make("unknown", 3, 1, 0), *path = in_scratch("unknown/000001.jsonl");
	struct event event = {.type = EVENT_TIMER_FIRED, .seq = 5, .at = 1};
	struct err err = ERR_INIT;
	struct buf line = BUF_INIT;
	struct history *h;
	size_t n, size;
	char *text = slurp(path, &n), *again;

	event_encode(&line, &event, "", 0, &err);
	memcpy(strstr(line.data, "timer_fired"), "future_kind", 11);
	{
		/* what zlib gives for the changed line: taken from the message of the decoder */
		unsigned crc;
		char *at = strstr(line.data, "\"crc\":\"") + 7;

		event_decode(&event, line.data, line.len - 1, &err);
		sscanf(strstr(err.text, "bytes give ") + 11, "%8x", &crc);
		snprintf(at, 9, "%08x", crc);
		at[8] = '"';
	}
	text = realloc(text, n + line.len);
	memcpy(text + n, line.data, line.len);
	spew(path, text, n + line.len);
	err_clear(&err);
	h = start(dir, true, 0);
	is_int(drain(h, &err), -ERR_DAMAGED,
	       "promise 8: an event of a newer wf is not taken for a torn tail");
	has_str(err.text, "unknown event type 'future_kind'", "it is named");
	history_close(h);
	again = slurp(path, &size);
	is_int(size, n + line.len, "and the file is as it was");
	free(again);
	free(text);
	buf_release(&line);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A reader looks on while a driver writes: it never sees damage, and never fewer events than the
 * last time. */
static void test_reader_beside_writer(void)
{
	const char *dir = in_scratch("beside");
	struct err err = ERR_INIT;
	int rounds = 0, before = 0, damaged = 0, back = 0;
	pid_t child;
	int gate[2];
	double until;

	if (pipe(gate) < 0 || (child = fork()) < 0)
		bail_out("fork: %s", strerror(errno));
	if (child == 0) {
		struct history *h = start(dir, true, 3000);

		close(gate[1]);
		fcntl(gate[0], F_SETFL, O_NONBLOCK);
		drain(h, &err);
		for (uint64_t i = 1; err.code == 0; i++) {
			char c;

			put(h, i, "\"result\":\"some text that makes the line longer\"", &err);
			if (i % 5 == 0)
				history_sync(h, &err);
			if (i % 100 == 0 && read(gate[0], &c, 1) == 0)
				break;
		}
		_exit(err.code != 0);
	}
	close(gate[0]);
	for (until = seconds() + 0.7; seconds() < until; rounds++) {
		struct event last, head;
		uint64_t steps;
		int n = count(dir, &err), rc;

		damaged += n < 0;
		back += n < before;
		before = n;
		rc = history_tail(os_system(), dir, &last, &head, &steps, &err);
		damaged += rc < 0;
		if (rc > 0) {
			back += last.seq < (uint64_t)n;
			event_release(&last);
			event_release(&head);
		}
		if (err.code) {
			diag("%s", err.text);
			break;
		}
	}
	close(gate[1]);
	ok(rounds > 5 && before > 0, "read %d times beside a writer, at last %d events", rounds,
	   before);
	is_int(damaged, 0, "promise 5: who only looks on sees no damage");
	is_int(back, 0, "promise 1: and no event goes away");
}

int main(void)
{
	test_empty();
	test_round_trip();
	test_segments();
	test_refused();
	test_torn();
	test_hole();
	test_damage();
	test_unknown();
	test_reader_beside_writer();
	return done_testing();
}
