/* SPDX-License-Identifier: MIT */
/*
 * Promise 1 attacked at every call: the power goes, or the call fails, at the Nth call that the
 * store makes, for every N until the work gets through. Then the disk comes back with what it kept,
 * and all that was acknowledged must be there, and nothing else that was not at least asked for.
 */
#include "base/buf.h"
#include "base/error.h"
#include "os/file.h"
#include "simdisk.h"
#include "store/history.h"
#include "store/inbox.h"
#include "store/run.h"
#include "store/state.h"
#include "tap.h"

#include <errno.h>
#include <inttypes.h>

#define SEEDS 8

/* What one attack knows: what was promised, and the first thing that was found broken. */
struct trial {
	struct simdisk *disk;
	struct os *os;
	uint64_t asked, promised; /* how many things were asked for, and acknowledged */
	char broken[600];
};

static __attribute__((format(printf, 2, 3))) void broke(struct trial *t, const char *format, ...)
{
	va_list ap;

	if (t->broken[0])
		return;
	va_start(ap, format);
	vsnprintf(t->broken, sizeof t->broken, format, ap);
	va_end(ap);
}

struct attack {
	const char *name;
	void (*prepare)(struct trial *t); /* on a quiet disk; synced behind it */
	void (*work)(struct trial *t);    /* struck at the Nth call */
	void (*check)(struct trial *t);   /* after the power came back, or after the process died */
};

/* What happens at the Nth call, and what then. */
static const struct strike {
	const char *name;
	int error;         /* 0: everything stops there */
	bool power, later; /* the power goes: at once, when the next process has gone on */
} strikes[] = {
	{"power cut", 0, true, false},
	{"killed, the next process goes on, then power cut", 0, false, true},
	{"EIO", EIO, false, false},
	{"ENOSPC", ENOSPC, false, false},
	{"EIO, then power cut", EIO, true, false},
	{"EIO, the next process goes on, then power cut", EIO, false, true},
	{"ENOSPC, the next process goes on, then power cut", ENOSPC, false, true},
};

static void aim(struct trial *t, const struct strike *strike, unsigned long n)
{
	if (strike->error)
		simdisk_fail_at(t->disk, n, strike->error);
	else
		simdisk_cut_at(t->disk, n);
}

/* One trial; whether the strike came before the work was done. */
static bool try(const struct attack *a, const struct strike *strike, unsigned long n, uint64_t seed,
		char broken[600])
{
	struct trial t = {.disk = simdisk_new(seed)};
	bool struck;

	t.os = simdisk_os(t.disk);
	a->prepare(&t);
	simdisk_sync_all(t.disk);
	aim(&t, strike, n);
	a->work(&t);
	struck = simdisk_struck(t.disk);
	if (simdisk_handles(t.disk) != 0)
		broke(&t, "%d handles were not closed", simdisk_handles(t.disk));
	simdisk_fail_at(t.disk, 0, 0);
	simdisk_cut_at(t.disk, 0);
	if (strike->power)
		simdisk_power_on(t.disk);
	else
		simdisk_kill(t.disk);
	if (!struck && t.promised != t.asked)
		broke(&t, "failed although nothing struck");
	a->check(&t);
	if (strike->later) {
		simdisk_power_on(t.disk);
		a->check(&t);
	}
	snprintf(broken, 600, "%s", t.broken);
	simdisk_free(t.disk);
	return struck;
}

/* And once more during the first check, which is the recovery: then check again. */
static bool try_twice(const struct attack *a, unsigned long n, unsigned long m, uint64_t seed,
		      char broken[600])
{
	struct trial t = {.disk = simdisk_new(seed)};
	bool struck;

	t.os = simdisk_os(t.disk);
	a->prepare(&t);
	simdisk_sync_all(t.disk);
	simdisk_cut_at(t.disk, n);
	a->work(&t);
	simdisk_power_on(t.disk);
	simdisk_cut_at(t.disk, m);
	a->check(&t);
	struck = simdisk_struck(t.disk);
	simdisk_power_on(t.disk);
	if (struck)
		t.broken[0] = '\0'; /* what it said while the power went means nothing */
	a->check(&t);
	snprintf(broken, 600, "%s", t.broken);
	simdisk_free(t.disk);
	return struck;
}

static void run_attack(const struct attack *a, const struct strike *strike)
{
	unsigned long n = 1, trials = 0, bad = 0;
	bool struck = true;
	char broken[600];

	for (; struck && n < 5000; n++) {
		struck = false;
		for (uint64_t seed = 1; seed <= SEEDS; seed++, trials++) {
			struck |= try(a, strike, n, seed * 7919 + n, broken);
			if (broken[0] && bad++ < 3)
				diag("call %lu, seed %" PRIu64 ": %s", n, seed * 7919 + n, broken);
		}
	}
	is_int(bad, 0, "promise 1: %s, %s at each of %lu calls (%lu trials)", a->name, strike->name,
	       n - 2, trials);
}

static void run_attack_twice(const struct attack *a)
{
	unsigned long trials = 0, bad = 0;
	bool struck = true;
	char broken[600];

	for (unsigned long n = 1; n < 60; n += 3)
		for (unsigned long m = 1; m < 80; m++, trials++) {
			struck = try_twice(a, n, m, n * 1009 + m, broken);
			if (broken[0] && bad++ < 3)
				diag("calls %lu and %lu: %s", n, m, broken);
			if (!struck)
				break;
		}
	is_int(bad, 0, "promise 1: %s, power cut again during recovery (%lu trials)", a->name,
	       trials);
}

/* ---------------------------------------------------------------- history */

#define EVENTS 60

static struct history *history(struct trial *t, bool writable, struct err *err)
{
	struct history_options options = {.segment_bytes = 1500, .writable = writable, .run = "r"};
	struct history *h;

	return history_open(&h, t->os, "/h", &options, err) < 0 ? NULL : h;
}

static void history_prepare(struct trial *t)
{
	t->os->ops->mkdir(t->os, "/h", 0700);
}

/* Reads to the end; how many events, which must be 1, 2, 3 ... */
static int64_t history_drain(struct trial *t, struct history *h, struct err *err)
{
	struct event event;
	uint64_t n = 0;
	int rc;

	while ((rc = history_read(h, &event, err)) > 0) {
		if (event.type != EVENT_SEGMENT && event.cmd != ++n)
			broke(t, "event %" PRIu64 " where %" PRIu64 " belongs", event.cmd, n);
		event_release(&event);
	}
	return rc < 0 ? rc : (int64_t)n;
}

static int history_put(struct history *h, uint64_t cmd, struct err *err)
{
	struct event event = {.type = EVENT_STEP_COMPLETED, .at = (int64_t)cmd, .cmd = cmd};
	struct buf fields = BUF_INIT;
	int rc;

	buf_adds(&fields, "\"result\":\"");
	for (uint64_t i = 0; i < cmd * 37 % 300; i++)
		buf_addc(&fields, 'x');
	buf_addc(&fields, '"');
	rc = history_append(h, &event, fields.data, fields.len, err);
	buf_release(&fields);
	return rc;
}

/* Sync after 1, 2, 3, 4, 5 and again 1 event. */
static void history_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = history(t, true, &err);
	int group = 1, in_group = 0, rc = h ? 0 : -1;

	t->asked = 0;
	if (rc == 0)
		rc = history_drain(t, h, &err) < 0 ? -1 : 0;
	for (uint64_t i = 1; rc == 0 && i <= EVENTS; i++) {
		rc = history_put(h, i, &err);
		t->asked = i;
		if (rc == 0 && (++in_group == group || i == EVENTS)) {
			rc = history_sync(h, &err);
			if (rc == 0)
				t->promised = i;
			in_group = 0;
			group = group % 5 + 1;
		}
	}
	if (rc < 0 && h && simdisk_struck(t->disk)) {
		struct err again = ERR_INIT;

		if (t->asked && err.code == ERR_SYSTEM && history_sync(h, &again) == 0 &&
		    t->promised < t->asked)
			broke(t, "a sync after a failed one said yes: %s", err.text);
	}
	history_close(h);
}

static void finding(void *arg, const char *file, unsigned long line, const char *what,
		    bool torn_tail)
{
	(void)torn_tail;
	broke(arg, "verify: %s line %lu: %s", file, line, what);
}

/* Read as a looker-on, then as the next driver, who goes on; then all must be whole. */
static void history_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = history(t, false, &err);
	int64_t looked = h ? history_drain(t, h, &err) : -1, n;
	struct event last, head;
	uint64_t steps = 0;

	history_close(h);
	h = history(t, true, &err);
	n = h ? history_drain(t, h, &err) : -1;
	if (n < 0)
		broke(t, "cannot be read: %s", err.text);
	else if (looked != n)
		broke(t, "a looker-on sees %" PRId64 " events, a driver %" PRId64, looked, n);
	else if ((uint64_t)n < t->promised)
		broke(t, "%" PRIu64 " events were promised, %" PRId64 " are there", t->promised, n);
	else if ((uint64_t)n > t->asked)
		broke(t, "%" PRIu64 " events were written, %" PRId64 " are there", t->asked, n);
	if (n >= 0)
		t->promised = (uint64_t)n; /* read by a driver: believed from here on */
	for (uint64_t i = (uint64_t)n + 1; n >= 0 && err.code == 0 && i <= (uint64_t)n + 7; i++) {
		t->asked = i > t->asked ? i : t->asked;
		if (history_put(h, i, &err) == 0 && i % 2 && history_sync(h, &err) == 0)
			t->promised = i;
	}
	if (n >= 0 && err.code == 0 && history_sync(h, &err) == 0)
		t->promised = (uint64_t)n + 7;
	history_close(h);
	if (history_verify(t->os, "/h", finding, t, &err) < 0 ||
	    history_tail(t->os, "/h", &last, &head, &steps, &err) <= 0) {
		broke(t, "tail: %s", err.text);
		return;
	}
	if (last.cmd != (uint64_t)n + 7 || steps != (uint64_t)n + 7)
		broke(t, "tail is %" PRIu64 " with %" PRIu64 " steps, not %" PRId64, last.cmd,
		      steps, n + 7);
	event_release(&last);
	event_release(&head);
}

/* Syncs of several pages, which the next process reads and believes without writing any more. */
static void pages_work(struct trial *t)
{
	struct history_options options = {.writable = true, .run = "r"};
	struct err err = ERR_INIT;
	struct history *h = NULL;
	int rc = history_open(&h, t->os, "/h", &options, &err);

	if (rc == 0)
		rc = history_drain(t, h, &err) < 0 ? -1 : 0;
	t->asked = 0;
	for (int turn = 0; rc == 0 && turn < 3; turn++) {
		for (int i = 0; rc == 0 && i < 60; i++)
			rc = history_put(h, ++t->asked, &err);
		rc = rc == 0 ? history_sync(h, &err) : rc;
		if (rc == 0)
			t->promised = t->asked;
	}
	history_close(h);
}

static void pages_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = history(t, true, &err);
	int64_t n = h ? history_drain(t, h, &err) : -1;

	if (n < 0)
		broke(t, "cannot be read: %s", err.text);
	else if ((uint64_t)n < t->promised)
		broke(t, "%" PRIu64 " events were promised, %" PRId64 " are there", t->promised, n);
	else
		t->promised = (uint64_t)n;
	history_close(h);
}

/* ------------------------------------------------------------------- runs */

static struct state opened(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};

	if (state_open(&state, t->os, "/wf", true, &err) < 0)
		broke(t, "cannot open the state directory: %s", err.text);
	return state;
}

static void state_prepare(struct trial *t)
{
	struct state state = opened(t);

	state_release(&state);
}

static void nothing(struct trial *t)
{
	(void)t;
}

static int create(struct state *state, const char *id, struct err *err)
{
	struct run_info info = {.id = (char *)id, .workflow = (char *)"w", .created = 5};
	int rc;

	info.input = json_pack("{s:i}", "n", 42);
	rc = run_create(state, &info, err);
	json_decref(info.input);
	return rc;
}

static void create_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};

	t->asked = 1;
	if (state_open(&state, t->os, "/wf", true, &err) == 0 && create(&state, "a", &err) == 0)
		t->promised = 1;
	state_release(&state);
}

static void create_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = opened(t);
	struct run run;
	int rc;

	if (!state.os)
		return;
	rc = run_open(&run, &state, "a", &err);
	if (rc == -ERR_NOT_FOUND && !t->promised) {
		err_clear(&err);
		rc = create(&state, "a", &err);
		if (rc == 0)
			t->promised = 1;
		if (rc == 0)
			rc = run_open(&run, &state, "a", &err);
	}
	if (rc < 0)
		broke(t, "the run is not whole: %s", err.text);
	else if (json_integer_value(json_object_get(run.info.input, "n")) != 42)
		broke(t, "its input is not what it was");
	if (rc == 0) {
		err_clear(&err);
		if (create(&state, "a", &err) != -ERR_EXISTS)
			broke(t, "an id was given twice");
		err_clear(&err);
		if (run_lock(&run, 0, &err) == 0)
			t->promised = 1; /* what a driver records hangs on the run's name */
		run_release(&run);
	}
	state_release(&state);
}

static void close_prepare(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = opened(t);

	create(&state, "a", &err);
	state_release(&state);
}

static int close_run(struct trial *t, struct state *state, bool *ret_closed, struct err *err)
{
	struct run run;
	json_t *result = json_pack("{s:s}", "status", "completed");
	int rc = run_open(&run, state, "a", err);

	(void)t;
	if (rc == 0) {
		*ret_closed = run.closed;
		if (!run.closed)
			rc = run_lock(&run, 0, err);
		if (rc == 0)
			rc = run_close(&run, result, err);
		run_release(&run);
	}
	json_decref(result);
	return rc;
}

static void close_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	bool closed;

	t->asked = 1;
	if (state_open(&state, t->os, "/wf", true, &err) == 0 &&
	    close_run(t, &state, &closed, &err) == 0)
		t->promised = 1;
	state_release(&state);
}

static void close_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = opened(t);
	struct buf text = BUF_INIT;
	bool closed = false;

	if (!state.os)
		return;
	if (close_run(t, &state, &closed, &err) < 0)
		broke(t, "cannot close again: %s", err.text);
	else if (t->promised && !closed)
		broke(t, "it was closed, and is open again");
	else if (os_read_file(t->os, "/wf/closed/a/result.json", 1000, &text, &err) < 0 ||
		 strcmp(text.data, "{\"status\":\"completed\"}\n") != 0)
		broke(t, "its result is not there: %s", err.text);
	else if (os_exists(t->os, "/wf/open/a"))
		broke(t, "it is in open/ and in closed/");
	else
		t->promised = 1;
	buf_release(&text);
	state_release(&state);
}

/* ------------------------------------------------------------------ inbox */

#define MESSAGES 8

static void inbox_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	struct run run;
	int rc = state_open(&state, t->os, "/wf", false, &err);

	t->asked = MESSAGES;
	if (rc == 0)
		rc = run_open(&run, &state, "a", &err);
	if (rc == 0) {
		for (int i = 0; rc == 0 && i < MESSAGES; i++) {
			json_t *message = json_pack("{s:s, s:i}", "kind", "signal", "n", i + 1);

			rc = inbox_put(&run, message, NULL, &err);
			if (rc == 0)
				t->promised++;
			json_decref(message);
		}
		run_release(&run);
	}
	state_release(&state);
}

struct received {
	struct trial *t;
	int64_t count;
};

static int receive(void *arg, const char *name, json_t *message)
{
	struct received *r = arg;

	if (!message)
		broke(r->t, "half a message: %s", name);
	else if (json_integer_value(json_object_get(message, "n")) != ++r->count)
		broke(r->t, "message %" JSON_INTEGER_FORMAT " where %" PRId64 " belongs",
		      json_integer_value(json_object_get(message, "n")), r->count);
	return 0;
}

static void inbox_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = opened(t);
	struct received r = {t, 0};
	struct run run;

	if (!state.os)
		return;
	if (run_open(&run, &state, "a", &err) < 0) {
		broke(t, "the run: %s", err.text);
	} else {
		if (inbox_each(&run, receive, &r, &err) < 0)
			broke(t, "the inbox: %s", err.text);
		if ((uint64_t)r.count < t->promised)
			broke(t, "%" PRIu64 " messages were promised, %" PRId64 " are there",
			      t->promised, r.count);
		run_release(&run);
	}
	state_release(&state);
}

static int count_message(void *arg, const char *name, json_t *message)
{
	(void)name;
	*(int *)arg += message != NULL;
	return 0;
}

/* A message to a run whose maker may have died before its name was durable. */
static void said_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = opened(t);
	int count = 0;
	struct run run;
	json_t *message = json_pack("{s:s, s:i}", "kind", "signal", "n", 1);

	if (state.os && run_open(&run, &state, "a", &err) == 0) {
		if (t->promised < 2 && inbox_put(&run, message, NULL, &err) == 0)
			t->promised = 2;
		inbox_each(&run, count_message, &count, &err);
		run_release(&run);
	}
	if (t->promised == 2 && count == 0)
		broke(t, "a message was promised, and is not there: %s", err.text);
	json_decref(message);
	state_release(&state);
}

/* ------------------------------------------------------------------ files */

static void replace_prepare(struct trial *t)
{
	struct err err = ERR_INIT;

	os_replace(t->os, "/file", "old", 3, 0600, &err);
}

static void replace_work(struct trial *t)
{
	struct err err = ERR_INIT;

	t->asked = 1;
	t->promised = os_replace(t->os, "/file", "newer", 5, 0600, &err) == 0;
}

static void replace_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;

	if (os_read_file(t->os, "/file", 100, &text, &err) < 0)
		broke(t, "%s", err.text);
	else if (strcmp(text.data, "newer") != 0 && (t->promised || strcmp(text.data, "old") != 0))
		broke(t, "it holds '%s'", text.data);
	buf_release(&text);
}

static void files_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	char name[80];
	json_t *attempt = json_pack("{s:i}", "attempt", 3),
	       *soft = json_pack("{s:i, s:s}", "attempt", 3, "details", "x");
	struct run run;
	int rc = state_open(&state, t->os, "/wf", false, &err);

	t->asked = 3;
	if (rc == 0)
		rc = run_open(&run, &state, "a", &err);
	if (rc == 0) {
		rc = run_put_payload(&run, "[1,2,3]", 7, name, &err);
		t->promised += rc == 0;
		if (rc == 0)
			rc = run_set_attempt(&run, 12, attempt, true, &err);
		t->promised += rc == 0;
		if (rc == 0)
			rc = run_set_attempt(&run, 12, soft, false, &err);
		t->promised += rc == 0;
		run_release(&run);
	}
	json_decref(attempt);
	json_decref(soft);
	state_release(&state);
}

static void files_check_in(struct trial *t, struct run *run)
{
	static const char name[] =
		"a615eeaee21de5179de080de8c3052c8da901138406ba71c38c032845f7d54f4.json";
	struct err err = ERR_INIT;
	json_t *payload = NULL, *all = NULL, *attempt;
	char again[80];

	if (t->promised >= 1 && run_get_payload(run, name, &payload, &err) < 0)
		broke(t, "payload: %s", err.text);
	if (run_attempts(run, &all, &err) < 0)
		broke(t, "attempts: %s", err.text);
	attempt = json_object_get(all, "12");
	if (t->promised >= 2 && json_integer_value(json_object_get(attempt, "attempt")) != 3)
		broke(t, "the counter of an attempt is lost");
	if (!t->broken[0] &&
	    (run_put_payload(run, "[1,2,3]", 7, again, &err) < 0 || strcmp(again, name) != 0))
		broke(t, "payload again: %s", err.text);
	json_decref(payload);
	json_decref(all);
}

static void files_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = opened(t);
	struct run run;

	if (!state.os)
		return;
	if (run_open(&run, &state, "a", &err) < 0) {
		broke(t, "the run: %s", err.text);
	} else {
		files_check_in(t, &run);
		run_release(&run);
	}
	state_release(&state);
}

static const struct attack attacks[] = {
	{"history", history_prepare, history_work, history_check},
	{"history of wide syncs", history_prepare, pages_work, pages_check},
	{"os_replace", replace_prepare, replace_work, replace_check},
	{"state_open and run_create", nothing, create_work, create_check},
	{"run_create", state_prepare, create_work, create_check},
	{"run_create, and a message to it", state_prepare, create_work, said_check},
	{"run_close", close_prepare, close_work, close_check},
	{"inbox_put", close_prepare, inbox_work, inbox_check},
	{"payloads and attempts", close_prepare, files_work, files_check},
};

/* The disk itself: what is not synced can be lost, or the rest of this file shows nothing. */
static void test_disk_forgets(void)
{
	int lost = 0, torn = 0, unnamed = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		struct simdisk *disk = simdisk_new(seed);
		struct os *os = simdisk_os(disk);
		struct err err = ERR_INIT;
		char data[8192] = {0}, back[8192] = {0};
		struct buf text = BUF_INIT;
		int fd = os->ops->open(os, "/kept", 0102, 0600); /* O_CREAT | O_RDWR */

		os->ops->sync_dir(os, "/");
		os->ops->pwrite(os, fd, data, sizeof data, 0);
		os->ops->sync(os, fd);
		memset(data, 'n', sizeof data);
		os->ops->pwrite(os, fd, data, sizeof data, 0);
		os_replace_soft(os, "/soft", "x", 1, 0600, &err);
		simdisk_power_on(disk);
		fd = os->ops->open(os, "/kept", 0, 0);
		os->ops->pread(os, fd, back, sizeof back, 0);
		lost += memchr(back, 'n', sizeof back) == NULL;
		torn += memchr(back, 'n', sizeof back) && memchr(back, 0, sizeof back);
		unnamed += os_read_file(os, "/soft", 10, &text, &err) < 0;
		buf_release(&text);
		simdisk_free(disk);
	}
	ok(lost > 0 && torn > 0 && unnamed > 0,
	   "the simulated disk loses (%d), tears (%d) and unnames (%d) what was not synced", lost,
	   torn, unnamed);
}

int main(void)
{
	test_disk_forgets();
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
		for (size_t j = 0; j < sizeof strikes / sizeof strikes[0]; j++)
			run_attack(&attacks[i], &strikes[j]);
		run_attack_twice(&attacks[i]);
	}
	return done_testing();
}
