/* SPDX-License-Identifier: MIT */
/* The committer as a driver has it: the real program, looked at with plain git. */
#include "../../lib/base/error.h"
#include "../../lib/engine/committer.h"
#include "../../lib/os/os.h"
#include "../../lib/store/line.h"
#include "../../lib/store/state.h"
#include "git_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

static struct state state;

static struct committer *begin(void)
{
	struct committer *c = NULL;
	struct err err = ERR_INIT;

	if (committer_start(&c, &state, &err) < 0)
		bail_out("%s", err.text);
	return c;
}

static void tell(struct committer *c, struct fixture_run *run, const char *message)
{
	fixture_sync(run);
	committer_commit(c, run->id, &run->at, message);
}

static bool flush(struct committer *c)
{
	struct err err = ERR_INIT;

	if (committer_flush(c, &err) == 0)
		return true;
	diag("%s", err.text);
	return false;
}

static bool finish(struct committer *c)
{
	struct err err = ERR_INIT;

	if (committer_finish(c, &err) == 0)
		return true;
	diag("%s", err.text);
	return false;
}

/* The branch has the history up to and with the last line. */
static bool is_committed(const struct fixture_run *run)
{
	int status;
	const char *size = shell(&status, "git cat-file -s run/%s:history/%06u.jsonl", run->id,
				 run->at.segment);

	if (status == 0 && strtoull(size, NULL, 10) == run->at.offset)
		return true;
	diag("run/%s has %s bytes of segment %u, want %llu", run->id, size, run->at.segment,
	     (unsigned long long)run->at.offset);
	return false;
}

static pid_t committer_pid(void)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof text, file))
		bail_out("cannot read %s", path);
	fclose(file);
	return (pid_t)atoi(text);
}

static void test_commit(void)
{
	struct committer *c = begin();
	struct fixture_run run;
	int status;

	fixture_begin(&run, "order-42", "the code");
	fixture_step(&run);
	tell(c, &run, "charge: completed (attempt 2, 1.3 s)");
	ok(flush(c), "a flush answers");
	is_str(shell(&status, "git log --format=%%s run/order-42"),
	       "charge: completed (attempt 2, 1.3 s)", "the message is the subject");
	ok(is_committed(&run), "the filling is not committed");
	is_str(shell(&status, "git ls-tree -r --name-only run/order-42"),
	       "history/000001.jsonl\nmodule.so\nrun.json",
	       "the branch has history, module and run.json");
	is_str(shell(&status, "git show run/order-42:module.so"), "the code",
	       "the module is the one of the segment's head");
	is_str(shell(&status, "git status --short --branch"), "## main", "git status is clean");
	fixture_folder(&run, "logs");
	fixture_folder(&run, "logs/0");
	fixture_folder(&run, "attempts");
	fixture_put(&run, "logs/0/1.out", "said\n");
	fixture_put(&run, "attempts/7.json", "{}\n");
	fixture_step(&run);
	tell(c, &run, "two\nlines");
	ok(flush(c), "a second flush answers");
	is_str(shell(&status, "git ls-tree -r --name-only run/order-42"),
	       "attempts/7.json\nhistory/000001.jsonl\nlogs/0/1.out\nmodule.so\nrun.json",
	       "logs and attempts are there");
	is_str(shell(&status, "git log -1 --format=%%s run/order-42"), "two lines",
	       "a message is one line");
	unlink(in_state("open/order-42/attempts/7.json"));
	fixture_step(&run);
	fixture_close(&run);
	committer_commit(c, run.id, &run.at, "completed");
	ok(finish(c), "it finishes");
	is_str(shell(&status, "git ls-tree -r --name-only run/order-42"),
	       "history/000001.jsonl\nlogs/0/1.out\nmodule.so\nresult.json\nrun.json",
	       "a closed run has its result, and attempts that are over are gone");
	is_str(shell(&status, "git rev-list --count run/order-42"), "3", "a commit for each");
	ok(git_is_clean(), "git fsck is clean");
}

static void test_grouping(void)
{
	struct committer *c = begin();
	struct fixture_run run;
	char message[64];
	int status, commits;

	fixture_begin(&run, "busy", "the code");
	for (int i = 1; i <= 2000; i++) {
		fixture_step(&run);
		snprintf(message, sizeof message, "step %d", i);
		tell(c, &run, message);
	}
	ok(finish(c), "a busy run finishes");
	ok(is_committed(&run), "all of it is committed");
	commits = atoi(shell(&status, "git rev-list --count run/busy"));
	ok(commits >= 1 && commits < 100, "2000 checkpoints are grouped into few commits (%d)",
	   commits);
	has_str(shell(&status, "git log -1 --format=%%s run/busy"), "checkpoints: step",
		"the subject says what it holds");
	has_str(shell(&status, "git log -1 --format=%%s run/busy"), "… step 2000",
		"up to the last");
	has_str(shell(&status, "git log -1 --format=%%b run/busy"), "\nstep 2000",
		"the body has a line for each");
	ok(atoi(shell(&status, "git log -1 --format=%%b run/busy | wc -l")) <= 52, "up to a bound");
}

/* Promise 1: what is told is committed although both sides are killed. */
static void test_driver_killed(void)
{
	struct fixture_run run;
	pid_t child;
	int fd, status;

	fixture_begin(&run, "orphan", "the code");
	fixture_put(&run, "lock", "");
	for (int i = 0; i < 10; i++)
		fixture_step(&run);
	fixture_sync(&run);
	child = fork();
	if (child == 0) {
		struct os *os = os_system();
		struct committer *c = begin();
		struct err err = ERR_INIT;

		fd = os->ops->open(os, in_state("open/orphan/lock"), O_RDWR, 0);
		if (fd < 0 || os->ops->lock(os, fd, false) < 0 ||
		    committer_hold(c, "orphan", fd, &err) < 0)
			_exit(1);
		committer_commit(c, run.id, &run.at, "told before the end");
		kill(getpid(), SIGKILL);
	}
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status), "the driver is killed");
	fd = os_system()->ops->open(os_system(), in_state("open/orphan/lock"), O_RDWR, 0);
	is_int(os_system()->ops->lock(os_system(), fd, true), 0, "promise 5: the lock comes free");
	ok(is_committed(&run), "promise 1: but not before what the dead driver told is committed");
	close(fd);
	ok(git_is_clean(), "git fsck is clean after a killed driver");
}

static void test_release(void)
{
	struct os *os = os_system();
	struct committer *c = begin();
	struct fixture_run run;
	struct err err = ERR_INIT;
	int fd, again;

	fixture_begin(&run, "released", "the code");
	fixture_put(&run, "lock", "");
	fixture_step(&run);
	fd = os->ops->open(os, in_state("open/released/lock"), O_RDWR, 0);
	is_int(os->ops->lock(os, fd, false), 0, "the lock is taken");
	is_int(committer_hold(c, run.id, fd, &err), 0, "the committer gets a share");
	tell(c, &run, "a step");
	ok(flush(c), "a flush");
	close(fd);
	again = os->ops->open(os, in_state("open/released/lock"), O_RDWR, 0);
	is_int(os->ops->lock(os, again, false), -EAGAIN,
	       "promise 5: the lock is held as long as the committer has it");
	fixture_step(&run);
	tell(c, &run, "the last step");
	committer_release(c, run.id);
	is_int(os->ops->lock(os, again, true), 0, "it lets go when told");
	ok(is_committed(&run), "and not before the last commit");
	close(again);
	ok(finish(c), "it finishes");
}

static void pause_us(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static void test_committer_killed(void)
{
	struct fixture_run run;
	struct committer *c = begin();
	int bad = 0, behind = 0;

	fixture_begin(&run, "killed", "the code");
	fixture_step(&run);
	tell(c, &run, "before");
	ok(flush(c), "a commit");
	kill(committer_pid(), SIGKILL);
	fixture_step(&run);
	tell(c, &run, "after");
	ok(flush(c), "a killed committer is started again");
	ok(is_committed(&run), "and told again what it had not confirmed");
	kill(committer_pid(), SIGKILL);
	fixture_step(&run);
	tell(c, &run, "after the second time");
	ok(!flush(c), "once only: then it is a warning");
	finish(c);
	for (int round = 0; round < 40; round++) {
		c = begin();
		for (int i = 0; i < 5; i++) {
			fixture_step(&run);
			tell(c, &run, "a step");
		}
		pause_us(rand() % 20000);
		kill(committer_pid(), SIGKILL);
		committer_abandon(c);
		bad += !git_is_clean();
		finish(c);
	}
	is_int(bad, 0, "git fsck is clean after 40 kills at random moments");
	for (int round = 0; round < 5; round++) {
		c = begin();
		fixture_step(&run);
		tell(c, &run, "a step");
		behind += !finish(c) || !is_committed(&run);
	}
	is_int(behind, 0, "and no lock is left that stops the next one");
}

/* A program in its place: the first one says why it ends, the second one does not. */
static void test_last_words(void)
{
	static const char program[] =
		"#!/bin/sh\nmkdir \"$0.said\" && echo '{\"error\": \"no room\"}' >&3\n";
	char *before = strdup(getenv("WF_LIBEXEC"));
	struct err err = ERR_INIT;
	struct committer *c;
	siginfo_t ended;

	mkdir(in_state("../other"), 0700);
	put_file(in_state("../other/wf-committer"), program, strlen(program));
	chmod(in_state("../other/wf-committer"), 0700);
	setenv("WF_LIBEXEC", in_state("../other"), 1);
	c = begin();
	waitid(P_PID, (id_t)committer_pid(), &ended, WEXITED | WNOWAIT);
	is_int(committer_hold(c, "one", 0, &err), 0, "a committer that ended does no harm");
	committer_finish(c, &err);
	is_str(err.text, "cannot commit: no room", "what it said before it ended is not lost");
	err_clear(&err);
	setenv("WF_LIBEXEC", before, 1);
	free(before);
}

static void test_many(void)
{
	struct committer *c[3] = {begin(), begin(), begin()};
	struct fixture_run runs[3];
	int status, missing = 0;
	pid_t gc;

	for (int i = 0; i < 3; i++) {
		char id[32];

		snprintf(id, sizeof id, "many-%d", i);
		fixture_begin(&runs[i], id, "other code");
	}
	gc = fork();
	if (gc == 0) {
		for (int i = 0; i < 5; i++)
			shell(&status, "git gc -q --prune=now");
		_exit(0);
	}
	for (int i = 0; i < 600; i++) {
		fixture_step(&runs[i % 3]);
		tell(c[i % 3], &runs[i % 3], "a step");
		if (i % 10 == 9)
			missing += !flush(c[i % 3]);
	}
	waitpid(gc, &status, 0);
	for (int i = 0; i < 3; i++)
		missing += !finish(c[i]) || !is_committed(&runs[i]);
	is_int(missing, 0, "three committers and git gc do not disturb one another");
	ok(git_is_clean(), "git fsck is clean after that");
}

static void test_same_branch(void)
{
	struct committer *a = begin(), *b = begin();
	struct fixture_run run;
	int lost = 0;

	fixture_begin(&run, "same", "the code");
	for (int i = 0; i < 20; i++) {
		fixture_step(&run);
		tell(a, &run, "by one");
		lost += !flush(a);
		fixture_step(&run);
		tell(b, &run, "by the other");
		lost += !flush(b);
	}
	is_int(lost, 0, "two committers of one branch read again what the other did");
	is_str(shell(NULL, "git rev-list --count run/same"), "40", "and no commit is lost");
	ok(finish(a) && finish(b), "both finish");
}

/* As a socket does for which the kernel has no memory: nothing goes out, and nobody has gone. */
static void test_cannot_send(void)
{
	struct line_socket s;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	line_init(&s, fd);
	line_send(&s, json_pack("{s:s}", "do", "flush"));
	ok(s.closed, "no answer is waited for when the request could not be sent");
	line_release(&s);
	close(fd);
}

int main(void)
{
	fixture_make();
	if (getenv("WF_BUILD"))
		setenv("WF_LIBEXEC", getenv("WF_BUILD"), 1);
	state = (struct state){.os = os_system(), .path = strdup(fixture_state())};
	test_commit();
	test_grouping();
	test_driver_killed();
	test_release();
	test_committer_killed();
	test_last_words();
	test_many();
	test_same_branch();
	test_cannot_send();
	free(state.path);
	return done_testing();
}
