/* SPDX-License-Identifier: MIT */
/* The inbox: in order, whole, and safe from what else may lie in the folder. */
#include "scratch.h"
#include "store/history.h"
#include "store/inbox.h"
#include "store/run.h"
#include "store/state.h"

#include <sys/wait.h>

static struct state state;

static struct run make_run(const char *id)
{
	struct run_info info = {.id = (char *)id, .workflow = (char *)"w"};
	struct err err = ERR_INIT;
	struct run run;

	if (run_create(&state, &info, &err) < 0 || run_open(&run, &state, id, &err) < 0)
		bail_out("%s", err.text);
	return run;
}

static int send_number(struct run *run, int n, char **ret_name, struct err *err)
{
	json_t *message = json_pack("{s:s, s:i, s:i}", "kind", "signal", "n", n, "pid",
				    (int)getpid());
	int rc = inbox_put(run, message, ret_name, err);

	json_decref(message);
	return rc;
}

struct received {
	int count, rejected, out_of_order, last;
	pid_t only; /* look at the order of this sender */
	char name[100];
};

static int receive(void *arg, const char *name, json_t *message)
{
	struct received *r = arg;
	int n;

	snprintf(r->name, sizeof r->name, "%s", name);
	if (!message) {
		r->rejected++;
		return 0;
	}
	r->count++;
	if (r->only && json_integer_value(json_object_get(message, "pid")) != r->only)
		return 0;
	n = (int)json_integer_value(json_object_get(message, "n"));
	r->out_of_order += n <= r->last;
	r->last = n;
	return 0;
}

static int stop(void *arg, const char *name, json_t *message)
{
	(void)arg;
	(void)name;
	(void)message;
	return 5;
}

static void test_order(void)
{
	struct err err = ERR_INIT;
	struct run run = make_run("order");
	struct received r = {0};
	char *name = NULL;

	is_int(inbox_any(&run), 0, "empty");
	for (int i = 1; i <= 300; i++)
		if (send_number(&run, i, NULL, &err) < 0)
			bail_out("%s", err.text);
	is_int(inbox_any(&run), 1, "not empty");
	is_int(inbox_each(&run, receive, &r, &err), 0, "each");
	is_int(r.count, 300, "300 messages");
	is_int(r.out_of_order, 0, "in order of sending");
	is_int(inbox_each(&run, stop, NULL, &err), 5, "stops when told");
	is_int(send_number(&run, 301, &name, &err), 0, "one more");
	is_int(strspn(name, "0123456789"), 16, "its name begins with 16 digits");
	is_int(inbox_remove(&run, name, &err), 0, "removed");
	is_int(inbox_remove(&run, name, &err), 0, "twice is no error");
	is_int(inbox_remove(&run, "../run.json", &err), -ERR_USAGE, "only from the inbox");
	err_clear(&err);
	r = (struct received){0};
	inbox_each(&run, receive, &r, &err);
	is_int(r.count, 300, "300 again");
	free(name);
	run_release(&run);
}

static void test_senders(void)
{
	struct err err = ERR_INIT;
	struct run run = make_run("senders");
	pid_t children[4];
	struct received r = {0};

	for (int c = 0; c < 4; c++) {
		children[c] = fork();
		if (children[c] < 0)
			bail_out("fork: %s", strerror(errno));
		if (children[c])
			continue;
		for (int i = 1; i <= 50 && err.code == 0; i++)
			send_number(&run, i, NULL, &err);
		_exit(err.code);
	}
	for (int c = 0, status; c < 4; c++)
		if (waitpid(children[c], &status, 0) < 0 || status != 0)
			fail("a sender failed");
	for (int c = 0; c < 4; c++) {
		r = (struct received){.only = children[c]};
		inbox_each(&run, receive, &r, &err);
		ok(r.count == 200 && r.out_of_order == 0 && r.last == 50,
		   "promise 1: none of 4 senders' messages is lost, each in its order");
	}
	run_release(&run);
}

static void test_strangers(void)
{
	struct err err = ERR_INIT;
	struct run run = make_run("strangers");
	struct received r = {0};

	send_number(&run, 1, NULL, &err);
	spew(in_scratch("wf/open/strangers/inbox/.tmp-1"), "half", 4);
	spew(in_scratch("wf/open/strangers/inbox/empty.json"), "", 0);
	spew(in_scratch("wf/open/strangers/inbox/text.json"), "hello", 5);
	spew(in_scratch("wf/open/strangers/inbox/list.json"), "[1]", 3);
	spew(in_scratch("wf/open/strangers/inbox/kindless.json"), "{\"n\":1}", 7);
	mkfifo(in_scratch("wf/open/strangers/inbox/fifo.json"), 0600);
	mkdir(in_scratch("wf/open/strangers/inbox/folder.json"), 0700);
	if (symlink("/etc/passwd", in_scratch("wf/open/strangers/inbox/link.json")) < 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(inbox_each(&run, receive, &r, &err), 0, "each, among strangers");
	is_int(r.count, 1, "one message");
	is_int(r.rejected, 7, "seven that are none");
	is_int(access(in_scratch("wf/open/strangers/inbox/rejected/text.json"), F_OK), 0,
	       "are moved away");
	r = (struct received){0};
	inbox_each(&run, receive, &r, &err);
	is_int(r.rejected, 0, "and told once");
	is_int(access(in_scratch("wf/open/strangers/inbox/.tmp-1"), F_OK), 0,
	       "an unfinished one is left alone");
	{
		json_t *bad = json_pack("{s:i}", "n", 1);

		is_int(inbox_put(&run, bad, NULL, &err), -ERR_USAGE, "a message needs a kind");
		json_decref(bad);
	}
	run_release(&run);
}

static void test_closed(void)
{
	struct err err = ERR_INIT;
	struct run run = make_run("closed"), other;
	json_t *result = json_pack("{s:s}", "status", "completed");

	run_open(&other, &state, "closed", &err);
	is_int(run_close(&run, result, &err), 0, "a run ends");
	is_int(send_number(&run, 1, NULL, &err), -ERR_CLOSED, "no message to a run that has ended");
	has_str(err.text, "run 'closed' has ended", "which is said");
	err_clear(&err);
	is_int(send_number(&other, 1, NULL, &err), -ERR_CLOSED,
	       "nor by one who had opened it before");
	err_clear(&err);
	is_int(inbox_any(&run), 0, "and nothing is in its inbox");
	json_decref(result);
	run_release(&run);
	run_release(&other);
}

/* As the last thing that a driver recorded before it died. */
static void record(struct run *run, enum event_type type, const char *fields)
{
	struct history_options options = {.writable = true, .run = run->id};
	struct event event = {.type = type, .at = 5};
	struct err err = ERR_INIT;
	struct history *h;
	int rc = history_open(&h, state.os, in_scratch("wf/open/%s/history", run->id), &options,
			      &err);

	while (rc == 0 && (rc = history_read(h, &event, &err)) > 0) {
		event_release(&event);
		rc = 0;
	}
	event = (struct event){.type = type, .at = 5};
	if (rc < 0 || history_append(h, &event, fields, strlen(fields), &err) < 0 ||
	    history_sync(h, &err) < 0)
		bail_out("%s", err.text);
	history_close(h);
}

static void test_dead_driver(void)
{
	struct err err = ERR_INIT;
	struct run run = make_run("dead");

	record(&run, EVENT_RUN_STARTED, "\"rules\":1");
	is_int(send_number(&run, 1, NULL, &err), 0, "a message to a run that has begun");
	record(&run, EVENT_RUN_CONTINUED, "\"input\":1");
	is_int(send_number(&run, 2, NULL, &err), 0, "and to one that goes on as new");
	record(&run, EVENT_RUN_COMPLETED, "\"result\":1");
	is_int(send_number(&run, 3, NULL, &err), -ERR_CLOSED,
	       "promise 1: none to a run whose end is recorded, though its driver died before it was closed");
	has_str(err.text, "run 'dead' has ended", "which is said");
	run_release(&run);
}

int main(void)
{
	struct err err = ERR_INIT;

	if (state_open(&state, os_system(), in_scratch("wf"), true, &err) < 0)
		bail_out("%s", err.text);
	test_order();
	test_senders();
	test_strangers();
	test_closed();
	test_dead_driver();
	state_release(&state);
	return done_testing();
}
