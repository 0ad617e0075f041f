/* SPDX-License-Identifier: MIT */
/* Finding, making and judging a state directory; the runs and modules in it. */
#include "base/hash.h"
#include "scratch.h"
#include "store/run.h"
#include "store/state.h"

static int try_open(const char *path, bool create, struct err *err)
{
	struct state state;
	int rc;

	err_clear(err);
	rc = state_open(&state, os_system(), path, create, err);
	if (rc == 0)
		state_release(&state);
	return rc;
}

static void finds(const char *explicit_path, const char *want, const char *name)
{
	struct err err = ERR_INIT;
	char *found = state_find(explicit_path, &err);

	is_str(found, want, "%s", name);
	free(found);
}

static void test_find(void)
{
	const char *deep = in_scratch("find/a/b/c"), *wf = in_scratch("find/a/.wf");

	mkdir(in_scratch("find"), 0700);
	mkdir(in_scratch("find/a"), 0700);
	mkdir(in_scratch("find/a/b"), 0700);
	mkdir(deep, 0700);
	unsetenv("WF_STATE");
	if (chdir(deep) < 0)
		bail_out("chdir: %s", strerror(errno));
	finds(NULL, in_scratch("find/a/b/c/.wf"), "none upwards: here");
	mkdir(wf, 0700);
	finds(NULL, wf, "the nearest upwards");
	spew(in_scratch("find/a/b/.wf"), "", 0);
	finds(NULL, in_scratch("find/a/b/.wf"), "a file of that name hides what is above it");
	setenv("WF_STATE", "some/where/", 1);
	finds(NULL, in_scratch("find/a/b/c/some/where"), "WF_STATE, made absolute");
	finds("/else", "/else", "--state wins");
	unsetenv("WF_STATE");
	if (chdir("/") < 0)
		bail_out("chdir: %s", strerror(errno));
	finds("x", "/x", "in the root folder");
}

static void test_make(void)
{
	struct err err = ERR_INIT;
	struct stat st;
	char *text;

	is_int(try_open(in_scratch("made"), false, &err), -ERR_NOT_FOUND, "absent");
	has_str(err.text, "/made'", "is named");
	is_int(access(in_scratch("made"), F_OK), -1, "and not made");
	is_int(try_open(in_scratch("made"), true, &err), 0, "made");
	stat(in_scratch("made"), &st);
	is_int(st.st_mode & 07777, 0700, "mode 0700");
	text = slurp(in_scratch("made/format"), NULL);
	is_str(text, "1\n", "format 1");
	free(text);
	is_int(try_open(in_scratch("made"), false, &err), 0, "opened");
	is_int(try_open(in_scratch("no/such/parent"), true, &err), -ERR_SYSTEM, "no parent");
	has_str(err.text, "/no/such/parent': No such file", "is told");
	is_int(try_open("", true, &err), -ERR_USAGE, "an empty name");

	mkdir(in_scratch("half"), 0700);
	mkdir(in_scratch("half/open"), 0700);
	spew(in_scratch("half/.tmp-1"), "", 0);
	is_int(try_open(in_scratch("half"), false, &err), -ERR_NOT_FOUND,
	       "a half made one is none for readers");
	is_int(try_open(in_scratch("half"), true, &err), 0, "and is completed by a writer");
	rmdir(in_scratch("half/modules"));
	is_int(try_open(in_scratch("half"), true, &err), 0, "a folder that is gone");
	is_int(access(in_scratch("half/modules"), F_OK), 0, "is made again");
}

static void test_judge(void)
{
	struct err err = ERR_INIT;
	const char *wf = in_scratch("judge");

	try_open(wf, true, &err);
	chmod(wf, 0770);
	is_int(try_open(wf, true, &err), -ERR_SYSTEM, "group-writable");
	has_str(err.text, "writable by others (mode 0770); run 'chmod go-w", "says what to do");
	chmod(wf, 0755);
	is_int(try_open(wf, false, &err), 0, "readable by others is the owner's choice");
	spew(in_scratch("judge/format"), "2\n", 2);
	is_int(try_open(wf, false, &err), -ERR_NEWER, "promise 8: a newer format");
	has_str(err.text, "newer wf (format 2, this wf knows 1)", "both numbers");
	spew(in_scratch("judge/format"), "99999999999999999999999\n", 24);
	is_int(try_open(wf, false, &err), -ERR_NEWER, "a format beyond all numbers");
	for (const char *const *bad =
		     (const char *const[]){"", "x\n", "1", "1\n2\n", "-1\n", "0\n", NULL};
	     *bad; bad++) {
		spew(in_scratch("judge/format"), *bad, strlen(*bad));
		is_int(try_open(wf, false, &err), -ERR_DAMAGED,
		       "a format that is no number (%zu bytes)", strlen(*bad));
	}
	spew(in_scratch("judge/format"), "1\n", 2);
	rmdir(in_scratch("judge/closed"));
	spew(in_scratch("judge/closed"), "", 0);
	is_int(try_open(wf, true, &err), -ERR_DAMAGED, "a file where a folder should be");
	has_str(err.text, "/judge/closed' is not a folder", "is named");

	spew(in_scratch("file"), "", 0);
	is_int(try_open(in_scratch("file"), true, &err), -ERR_SYSTEM, "a file");
	mkfifo(in_scratch("fifo"), 0600);
	is_int(try_open(in_scratch("fifo"), true, &err), -ERR_SYSTEM, "a FIFO");
	if (symlink(wf, in_scratch("link")) < 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(try_open(in_scratch("link"), true, &err), -ERR_SYSTEM, "a symbolic link");
	mkdir(in_scratch("home"), 0700);
	spew(in_scratch("home/letter"), "", 0);
	is_int(try_open(in_scratch("home"), true, &err), -ERR_DAMAGED, "a folder of other things");
	is_int(access(in_scratch("home/open"), F_OK), -1, "is not littered");
}

static void test_owner(void)
{
	struct err err = ERR_INIT;

	if (geteuid() != 0) {
		skip_test("a state directory of somebody else", "only root can make one");
		return;
	}
	try_open(in_scratch("theirs"), true, &err);
	if (chown(in_scratch("theirs"), 12345, 12345) < 0)
		bail_out("chown: %s", strerror(errno));
	is_int(try_open(in_scratch("theirs"), false, &err), -ERR_SYSTEM,
	       "a state directory of somebody else");
	has_str(err.text, "belongs to user 12345, not to you", "says whose");
}

struct seen {
	char ids[10][32];
	bool closed[10];
	int count, stop_at;
};

static int see(void *arg, const char *id, bool closed)
{
	struct seen *seen = arg;

	snprintf(seen->ids[seen->count], sizeof seen->ids[0], "%s", id);
	seen->closed[seen->count++] = closed;
	return seen->count == seen->stop_at ? 77 : 0;
}

static void test_runs(void)
{
	struct err err = ERR_INIT;
	struct seen seen = {.count = 0};
	struct state state;

	if (state_open(&state, os_system(), in_scratch("runs"), true, &err) < 0)
		bail_out("%s", err.text);
	mkdir(in_scratch("runs/open/b"), 0700);
	mkdir(in_scratch("runs/open/a"), 0700);
	mkdir(in_scratch("runs/open/.new-1"), 0700);
	spew(in_scratch("runs/open/file"), "", 0);
	mkdir(in_scratch("runs/closed/c"), 0700);
	mkdir(in_scratch("runs/closed/a"), 0700);
	is_int(state_each_run(&state, true, true, see, &seen, &err), 0, "each run");
	is_int(seen.count, 3, "three, one told once although it is seen twice");
	is_str(seen.ids[0], "a", "sorted");
	is_str(seen.ids[1], "b", "open first");
	ok(strcmp(seen.ids[2], "c") == 0 && seen.closed[2], "then the closed one");
	seen = (struct seen){.stop_at = 1};
	is_int(state_each_run(&state, true, true, see, &seen, &err), 77,
	       "stops, and returns what was returned");
	is_int(seen.count, 1, "at once");
	seen = (struct seen){.stop_at = 2};
	is_int(state_each_run(&state, false, true, see, &seen, &err), 77,
	       "stops among the closed too");
	seen = (struct seen){.stop_at = 0};
	is_int(state_each_run(&state, false, true, see, &seen, &err), 0, "only closed ones");
	is_int(seen.count, 2, "both");
	state_release(&state);
}

static void test_modules(void)
{
	struct err err = ERR_INIT;
	struct state state;
	char sha[65], want[HASH_HEX], *path = NULL, *text;
	struct stat st;

	if (state_open(&state, os_system(), in_scratch("mods"), true, &err) < 0)
		bail_out("%s", err.text);
	spew(in_scratch("m.so"), "code", 4);
	if (symlink("m.so", in_scratch("l.so")) < 0)
		bail_out("symlink: %s", strerror(errno));
	hash_sha256("code", 4, want);
	is_int(state_add_module(&state, in_scratch("l.so"), sha, &path, &err), 0,
	       "promise 7: a module is kept");
	is_str(sha, want, "under its SHA-256");
	text = slurp(path, NULL);
	is_str(text, "code", "as it was");
	free(text);
	stat(path, &st);
	is_int(st.st_mode & 0222, 0, "write-protected");
	chmod(path, 0700);
	if (truncate(path, 1) < 0)
		bail_out("truncate: %s", strerror(errno));
	free(path);
	is_int(state_add_module(&state, in_scratch("m.so"), sha, &path, &err), 0, "again");
	text = slurp(path, NULL);
	is_str(text, "code", "a truncated copy is mended");
	free(text);
	free(path);
	path = NULL;
	is_int(state_add_module(&state, in_scratch("none.so"), sha, &path, &err), -ERR_NOT_FOUND,
	       "no such module");
	err_clear(&err);
	is_int(state_add_module(&state, scratch(), sha, &path, &err), -ERR_MODULE,
	       "a folder is no module");
	ok(path == NULL, "out-parameters are untouched on failure");
	state_release(&state);
}

/* A machine on which somebody else finishes the state directory just before it is listed. */
static struct os_ops crowded_ops;

static int crowded_list(struct os *os, const char *path,
			int (*each)(void *, const char *, enum os_kind), void *arg)
{
	(void)os;
	mkdir(in_scratch("crowd/open"), 0700);
	mkdir(in_scratch("crowd/closed"), 0700);
	mkdir(in_scratch("crowd/modules"), 0700);
	spew(in_scratch("crowd/format"), "1\n", 2);
	mkdir(in_scratch("crowd/index"), 0700);
	return os_system()->ops->list(os_system(), path, each, arg);
}

static void test_made_at_once(void)
{
	static struct os os = {&crowded_ops};
	struct err err = ERR_INIT;
	struct state state;

	crowded_ops = *os_system()->ops;
	crowded_ops.list = crowded_list;
	mkdir(in_scratch("crowd"), 0700);
	is_int(state_open(&state, &os, in_scratch("crowd"), true, &err), 0,
	       "one that somebody else finishes at the same time is one");
	is_str(err.text, "", "without a word");
	if (!err.code)
		state_release(&state);
}

int main(void)
{
	umask(022);
	test_find();
	test_make();
	test_judge();
	test_owner();
	test_runs();
	test_modules();
	test_made_at_once();
	return done_testing();
}
