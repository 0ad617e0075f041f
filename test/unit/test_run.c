/* SPDX-License-Identifier: MIT */
/* A run's folder on a real disk: made once, locked by one, closed; and the small files in it. */
#include "scratch.h"
#include "store/run.h"
#include "store/state.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static struct state state;

static int make(const char *id, struct err *err)
{
	struct run_info info = {.id = (char *)id,
				.workflow = (char *)"order",
				.module_name = (char *)"order.so",
				.created = 1700000000123,
				.parent = (char *)"boss",
				.parent_cmd = 7,
				.directory = (char *)"/tmp"};
	int rc;

	memset(info.module, 'a', 64);
	for (size_t i = 0; i < sizeof info.seed; i++)
		info.seed[i] = (uint8_t)(i * 8);
	info.input = json_pack("{s:[i,i]}", "items", 1, 2);
	info.options = json_pack("{s:s}", "tag", "x");
	info.environment = json_pack("{s:s}", "PATH", "/bin");
	rc = run_create(&state, &info, err);
	json_decref(info.input);
	json_decref(info.options);
	json_decref(info.environment);
	return rc;
}

static struct run open_run(const char *id)
{
	struct err err = ERR_INIT;
	struct run run;

	if (run_open(&run, &state, id, &err) < 0)
		bail_out("%s", err.text);
	return run;
}

static struct run made(const char *id)
{
	struct err err = ERR_INIT;

	if (make(id, &err) < 0)
		bail_out("%s", err.text);
	return open_run(id);
}

static void test_create(void)
{
	struct err err = ERR_INIT;
	struct run run;

	is_int(run_open(&run, &state, "a", &err), -ERR_NOT_FOUND, "no run yet");
	has_str(err.text, "there is no run 'a'", "is said");
	err_clear(&err);
	is_int(make("a", &err), 0, "a run is made");
	is_int(make("a", &err), -ERR_EXISTS, "once");
	run = open_run("a");
	is_str(run.info.workflow, "order", "workflow");
	is_str(run.info.module_name, "order.so", "module name");
	is_int(run.info.created, 1700000000123, "created");
	is_int(run.info.seed[31], 248, "seed");
	is_str(run.info.parent, "boss", "parent");
	is_int(run.info.parent_cmd, 7, "parent's command");
	is_str(run.info.directory, "/tmp", "folder");
	is_int(strlen(run.info.module), 64, "module");
	is_int(json_array_size(json_object_get(run.info.input, "items")), 2, "input");
	is_str(json_string_value(json_object_get(run.info.options, "tag")), "x", "options");
	is_str(json_string_value(json_object_get(run.info.environment, "PATH")), "/bin",
	       "environment");
	run_release(&run);
}

static void test_ids(void)
{
	static const char *const bad[] = {"",    ".",      "..", "a/b",  "../x", "-x", ".x", "a b",
					  "a\n", "x.lock", "x.", "\xff", "a..b", "@",  NULL};
	struct err err = ERR_INIT;
	struct run run;
	char longest[302];

	for (const char *const *id = bad; *id; id++) {
		err_clear(&err);
		is_int(make(*id, &err), -ERR_USAGE, "no run with id %d", (int)(id - bad));
		is_int(run_open(&run, &state, *id, &err), -ERR_USAGE, "nor one opened");
	}
	memset(longest, 'x', 300);
	longest[300] = '\0';
	err_clear(&err);
	is_int(make(longest, &err), -ERR_USAGE, "nor one of 300 characters");
	has_str(err.text, "longer than 200", "and why");
	longest[200] = '\0';
	err_clear(&err);
	is_int(make(longest, &err), 0, "200 are fine");
}

static void test_strangers(void)
{
	struct err err = ERR_INIT;
	struct run run = made("str");

	run_release(&run);
	if (symlink("str", in_scratch("wf/open/link")) < 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(run_open(&run, &state, "link", &err), -ERR_DAMAGED, "a link is no run");
	has_str(err.text, "/open/link' is a symbolic link", "and named");
	err_clear(&err);
	is_int(make("link", &err), -ERR_EXISTS, "nor is its name free");
	spew(in_scratch("wf/open/file"), "", 0);
	err_clear(&err);
	is_int(run_open(&run, &state, "file", &err), -ERR_DAMAGED, "a file is no run");
	spew(in_scratch("wf/open/str/run.json"), "{\"id\":\"str\"", 11);
	err_clear(&err);
	is_int(run_open(&run, &state, "str", &err), -ERR_DAMAGED, "half a run.json");
	has_str(err.text, "/open/str/run.json': ", "is named");
	spew(in_scratch("wf/open/str/run.json"), "{\"id\":\"str\"}", 12);
	err_clear(&err);
	is_int(run_open(&run, &state, "str", &err), -ERR_DAMAGED, "a run.json without a workflow");
	has_str(err.text, "no text 'workflow'; run 'wf fsck --repair'", "is told");
	unlink(in_scratch("wf/open/str/run.json"));
	err_clear(&err);
	is_int(run_open(&run, &state, "str", &err), -ERR_DAMAGED, "no run.json");
	mkfifo(in_scratch("wf/open/str/run.json"), 0600);
	err_clear(&err);
	is_int(run_open(&run, &state, "str", &err), -ERR_DAMAGED,
	       "a FIFO for a run.json does not block");
	os_remove_tree(os_system(), in_scratch("wf/open/str"), &err);
	unlink(in_scratch("wf/open/link"));
	unlink(in_scratch("wf/open/file"));
}

/* A child that takes the lock, says so, and lives until it is killed; orphan: its own child keeps
 * the lock for that long after it. */
static pid_t hold(const char *id, int orphan_ms)
{
	int said[2];
	char c;
	pid_t child;

	if (pipe(said) < 0 || (child = fork()) < 0)
		bail_out("fork: %s", strerror(errno));
	if (child == 0) {
		struct err err = ERR_INIT;
		struct run run = open_run(id);
		int rc = run_lock(&run, 0, &err);

		if (orphan_ms && fork() == 0) {
			close(said[1]);
			while (getppid() != 1 && kill(getppid(), 0) == 0 && orphan_ms > 0)
				orphan_ms -= poll(NULL, 0, 10) == 0 ? 10 : 0;
			_exit(0);
		}
		if (rc == 0 && write(said[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(said[1]);
	if (read(said[0], &c, 1) != 1)
		bail_out("the child did not get the lock");
	close(said[0]);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_lock(void)
{
	struct err err = ERR_INIT;
	struct run run = made("lock");
	char want[80];
	pid_t child, driver = 1;

	is_int(run_driver(&run, &driver, &err), 0, "who drives");
	is_int(driver, 0, "nobody");
	child = hold("lock", 0);
	is_int(run_driver(&run, &driver, &err), 0, "who drives now");
	is_int(driver, child, "the child");
	is_int(run_lock(&run, 10000, &err), -ERR_BUSY, "promise 5: one driver");
	snprintf(want, sizeof want,
		 "run 'lock' is driven by process %d; 'wf wait lock' waits for its end",
		 (int)child);
	is_str(err.text, want, "its pid is told, and nobody waited");
	err_clear(&err);
	end(child);
	is_int(run_driver(&run, &driver, &err), 0, "when it was killed");
	is_int(driver, 0, "nobody drives");
	is_int(run_lock(&run, 0, &err), 0, "promise 5: its death releases the lock");
	is_int(run_lock(&run, 0, &err), 0, "taking it twice is nothing");
	run_unlock(&run);
	run_release(&run);
}

static void test_orphans(void)
{
	struct err err = ERR_INIT;
	struct run run = made("orphan");
	pid_t child = hold("orphan", 300), driver = 1;

	kill(child, SIGKILL); /* not reaped yet: a zombie is dead too */
	siginfo_t info;
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	run_driver(&run, &driver, &err);
	is_int(driver, 0, "promise 5: a zombie does not drive");
	waitpid(child, NULL, 0);
	is_int(run_lock(&run, 5000, &err), 0,
	       "promise 5: the orphans of a dead driver are waited for");
	run_release(&run);
}

static void test_stale_pid(void)
{
	struct err err = ERR_INIT;
	struct run run = made("stale"), other = open_run("stale");
	char text[80];
	pid_t driver = 1;

	run_lock(&run, 0, &err);
	snprintf(text, sizeof text, "%d 1\n", (int)getpid());
	spew(in_scratch("wf/open/stale/lock"), text, strlen(text));
	run_driver(&other, &driver, &err);
	is_int(driver, 0, "a pid that was used again is not the driver");
	is_int(run_lock(&other, 30, &err), -ERR_BUSY, "but the lock is held all the same");
	has_str(err.text, "still held by what process",
		"and who holds it is told as far as it is known");
	spew(in_scratch("wf/open/stale/lock"), "garbage", 7);
	err_clear(&err);
	is_int(run_lock(&other, 30, &err), -ERR_BUSY, "garbage in the lock file does no harm");
	run_release(&run);
	run_release(&other);
}

static void test_close(void)
{
	struct err err = ERR_INIT;
	struct run run = made("end"), late = open_run("end"), again;
	json_t *result = json_pack("{s:s}", "status", "completed");
	char *text;

	run_lock(&run, 0, &err);
	is_int(run_close(&run, result, &err), 0, "a run ends");
	ok(run.closed && strstr(run.path, "/closed/end"), "its path has changed");
	text = slurp(in_scratch("wf/closed/end/result.json"), NULL);
	is_str(text, "{\"status\":\"completed\"}\n", "its result");
	free(text);
	is_int(access(in_scratch("wf/open/end"), F_OK), -1, "it is no longer open");
	is_int(run_close(&run, result, &err), 0, "closing again is nothing");
	run_unlock(&run);
	is_int(run_lock(&late, 0, &err), -ERR_CLOSED,
	       "promise 5: who opened it before does not drive it now");
	has_str(err.text, "run 'end' has ended", "and is told");
	err_clear(&err);
	late.lock_fd = -1;
	is_int(run_close(&late, result, &err), 0, "whoever finds it moved has nothing to move");
	ok(late.closed, "and knows it as closed");
	is_int(make("end", &err), -ERR_EXISTS, "promise 3: the id of a closed run is taken");
	again = open_run("end");
	ok(again.closed, "opened as a closed one");
	run_release(&again);
	run_release(&run);
	run_release(&late);
	json_decref(result);
}

static void test_halted(void)
{
	struct err err = ERR_INIT;
	struct run run = made("halt");
	json_t *why = json_pack("{s:s}", "type", "nondeterministic"), *read = json_true();

	is_int(run_halted(&run, &read, &err), 0, "is it halted");
	ok(read == NULL, "no");
	is_int(run_set_halted(&run, NULL, &err), 0, "no longer halted, which it was not");
	is_int(run_set_halted(&run, why, &err), 0, "halted");
	is_int(run_halted(&run, &read, &err), 0, "is it halted now");
	ok(json_equal(read, why), "and why");
	json_decref(read);
	is_int(run_set_halted(&run, NULL, &err), 0, "no longer");
	run_halted(&run, &read, &err);
	ok(read == NULL, "and it is not");
	json_decref(why);
	run_release(&run);
}

static void test_payloads(void)
{
	struct err err = ERR_INIT;
	struct run run = made("pay");
	char name[80], again[80];
	json_t *value = NULL;
	char *path;

	is_int(run_put_payload(&run, "\"big\"", 5, name, &err), 0, "a payload");
	is_int(run_put_payload(&run, "\"big\"", 5, again, &err), 0, "the same again");
	is_str(again, name, "has the same name");
	is_int(run_get_payload(&run, name, &value, &err), 0, "read back");
	is_str(json_string_value(value), "big", "its value");
	json_decref(value);
	path = strdup(in_scratch("wf/open/pay/payloads/%s", name));
	chmod(path, 0600);
	spew(path, "\"bug\"", 5);
	is_int(run_get_payload(&run, name, &value, &err), -ERR_DAMAGED,
	       "a changed payload is noticed");
	has_str(err.text, "differs from its name", "and told");
	unlink(path);
	err_clear(&err);
	is_int(run_get_payload(&run, name, &value, &err), -ERR_DAMAGED, "a missing one too");
	has_str(err.text, "is missing; run 'wf fsck --repair'", "with what to do");
	err_clear(&err);
	is_int(run_get_payload(&run, "../run.json", &value, &err), -ERR_DAMAGED,
	       "no other file is read");
	free(path);
	run_release(&run);
}

static json_int_t attempt_of(struct run *run, const char *cmd)
{
	struct err err = ERR_INIT;
	json_t *all;
	json_int_t n;

	if (run_attempts(run, &all, &err) < 0) {
		diag("%s", err.text);
		return -1;
	}
	n = json_integer_value(json_object_get(json_object_get(all, cmd), "attempt"));
	json_decref(all);
	return n;
}

static void test_attempts(void)
{
	struct err err = ERR_INIT;
	struct run run = made("att");
	json_t *two = json_pack("{s:i}", "attempt", 2),
	       *three = json_pack("{s:i, s:s}", "attempt", 3, "details", "x");

	is_int(attempt_of(&run, "5"), 0, "none");
	is_int(run_set_attempt(&run, 5, two, true, &err), 0, "durable");
	is_int(attempt_of(&run, "5"), 2, "read");
	is_int(run_set_attempt(&run, 5, three, false, &err), 0, "soft");
	is_int(attempt_of(&run, "5"), 3, "the newer one holds");
	spew(in_scratch("wf/open/att/attempts/5.soft.json"), "", 0);
	is_int(attempt_of(&run, "5"), 2,
	       "a soft one that was torn does not take the counter with it");
	run_set_attempt(&run, 5, three, true, &err);
	is_int(access(in_scratch("wf/open/att/attempts/5.soft.json"), F_OK), -1,
	       "a durable one replaces both");
	spew(in_scratch("wf/open/att/attempts/.tmp-x"), "{", 1);
	spew(in_scratch("wf/open/att/attempts/x.json"), "{", 1);
	is_int(attempt_of(&run, "5"), 3, "other files are passed over");
	is_int(run_set_attempt(&run, 5, NULL, false, &err), 0, "removed");
	is_int(attempt_of(&run, "5"), 0, "gone");
	is_int(run_set_attempt(&run, 6, NULL, false, &err), 0, "removing none is nothing");
	json_decref(two);
	json_decref(three);
	run_release(&run);
}

/* Many processes make the same run: one does. */
static void test_makers(void)
{
	pid_t children[8];
	int won = 0, lost = 0;

	for (int c = 0; c < 8; c++) {
		children[c] = fork();
		if (children[c] < 0)
			bail_out("fork: %s", strerror(errno));
		if (children[c] == 0) {
			struct err err = ERR_INIT;

			_exit(-make("race", &err));
		}
	}
	for (int c = 0, status; c < 8; c++) {
		waitpid(children[c], &status, 0);
		won += WEXITSTATUS(status) == 0;
		lost += WEXITSTATUS(status) == ERR_EXISTS;
	}
	ok(won == 1 && lost == 7, "promise 3: of 8 that make the same run, one does (%d, %d)", won,
	   lost);
}

static int left(void *arg, const char *name, enum os_kind kind)
{
	(void)kind;
	if (strncmp(name, ".new-", 5) == 0)
		++*(int *)arg;
	return 0;
}

int main(void)
{
	struct err err = ERR_INIT;
	int new_folders = 0;

	if (state_open(&state, os_system(), in_scratch("wf"), true, &err) < 0)
		bail_out("%s", err.text);
	test_create();
	test_ids();
	test_strangers();
	test_lock();
	test_orphans();
	test_stale_pid();
	test_close();
	test_halted();
	test_payloads();
	test_attempts();
	test_makers();
	os_system()->ops->list(os_system(), in_scratch("wf/open"), left, &new_folders);
	is_int(new_folders, 0, "no unfinished folder is left");
	state_release(&state);
	return done_testing();
}
