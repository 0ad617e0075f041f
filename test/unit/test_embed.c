/* SPDX-License-Identifier: MIT */
/* A program that embeds the engine, linked as any outside one: libwf and wf-engine.h alone. */
#include "../../lib/wf-engine.h"
#include "tap.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/wf-embed-XXXXXX";
static char state[100], testing[500], cli[500], wf[500];
static int kinds[WF_PROGRESS_UPDATE + 1];
static wf_engine_error error;

static void count(void *arg, const wf_progress *progress)
{
	(void)arg;
	kinds[progress->kind]++;
}

static wf_engine *opened(bool wait)
{
	wf_engine_options options = WF_ENGINE_OPTIONS(.state = state, .create = true, .wait = wait,
						      .jobs = 2, .progress = count);
	wf_engine *engine = NULL;

	memset(kinds, 0, sizeof kinds);
	error = (wf_engine_error){0};
	if (wf_engine_open(&engine, &options, &error) < 0)
		fprintf(stderr, "# %s\n", error.text);
	return engine;
}

static const char *workflow(const char *module, const char *name)
{
	static char text[600];

	snprintf(text, sizeof text, "%s:%s", module, name);
	return text;
}

static void test_run(void)
{
	wf_engine *engine = opened(true);
	wf_run_options run = WF_RUN_OPTIONS(.workflow = workflow(testing, "order"), .id = "order",
					    .directory = folder, .virtual_time = true);
	const json_t *result = NULL;
	const char *id = NULL;
	json_t *status = NULL;

	is_int(wf_engine_start(engine, &run, &id, &error), 0, "a run is started");
	is_str(id, "order", "under the id that was asked for");
	is_int(wf_engine_start(engine, &run, NULL, &error), -WF_ENGINE_EXISTS, "and not twice");
	is_int(error.code, WF_ENGINE_EXISTS, "the error has the code");
	ok(strstr(error.text, "order") != NULL, "and names the id");
	is_int(wf_engine_end(engine, "order", NULL), WF_RUN_NOT_YET, "it has not ended");
	is_int(wf_engine_drive(engine, &error), 0, "it is driven");
	is_int(wf_engine_end(engine, "order", &result), WF_RUN_COMPLETED, "until it has");
	is_int(json_integer_value(json_object_get(result, "tries")), 3, "with its result");
	is_int(kinds[WF_PROGRESS_STEP_COMPLETED], 2, "progress: two steps");
	is_int(kinds[WF_PROGRESS_STEP_RETRY], 2, "progress: two retries");
	is_int(kinds[WF_PROGRESS_RUN_ENDED], 1, "progress: one end");
	is_int(wf_engine_status(engine, "order", &status, &error), 0, "its status can be read");
	is_str(json_string_value(json_object_get(status, "status")), "completed", "completed");
	json_decref(status);
	is_int(wf_engine_resume(engine, "order", &error), -WF_ENGINE_CLOSED, "nothing to resume");
	is_int(wf_engine_signal(engine, "order", "go", NULL, &error), -WF_ENGINE_CLOSED,
	       "nor to signal");
	is_int(wf_engine_close(engine, &error), 0, "closed");
}

static void test_suspend(void)
{
	wf_engine *engine = opened(false);
	wf_run_options run = WF_RUN_OPTIONS(.workflow = workflow(testing, "asked"), .id = "asked",
					    .virtual_time = true);

	is_int(wf_engine_start(engine, &run, NULL, &error), 0, "a run that waits is started");
	is_int(wf_engine_drive(engine, &error), 0, "driven");
	is_int(wf_engine_end(engine, "asked", NULL), WF_RUN_SUSPENDED, "and suspended");
	is_int(wf_engine_signal(engine, "asked", "go", NULL, &error), 0, "it is signalled");
	wf_engine_close(engine, NULL);
	engine = opened(false);
	is_int(wf_engine_resume(engine, "asked", &error), 0, "another engine goes on with it");
	is_int(wf_engine_drive(engine, &error), 0, "drives it");
	is_int(wf_engine_end(engine, "asked", NULL), WF_RUN_COMPLETED, "to its end");
	is_int(kinds[WF_PROGRESS_SIGNAL], 1, "progress: the signal");
	wf_engine_close(engine, NULL);
}

static void test_turns(void)
{
	wf_engine *engine = opened(true);
	wf_run_options run = WF_RUN_OPTIONS(.workflow = workflow(testing, "order"), .id = "turns",
					    .directory = folder, .virtual_time = true);
	bool more = true;
	int turns = 0;

	is_int(wf_engine_start(engine, &run, NULL, &error), 0, "a run for a loop of one's own");
	while (more && turns++ < 100000) {
		struct pollfd fd = {.fd = wf_engine_fd(engine), .events = POLLIN};
		if (wf_engine_turn(engine, &more, &error) < 0)
			break;
		if (more)
			poll(&fd, 1, wf_engine_timeout(engine));
	}
	is_int(wf_engine_end(engine, "turns", NULL), WF_RUN_COMPLETED, "ends, turn by turn");
	wf_engine_close(engine, NULL);
}

static void test_errors(void)
{
	wf_engine *engine = NULL;
	wf_engine_options nowhere = WF_ENGINE_OPTIONS(.state = "/nonexistent/state");
	wf_run_options run = WF_RUN_OPTIONS(.workflow = "no_such_workflow");
	json_t *status = NULL;

	is_int(wf_engine_open(&engine, &nowhere, &error), -WF_ENGINE_NOT_FOUND,
	       "no state directory");
	ok(engine == NULL, "ret is untouched");
	engine = opened(true);
	is_int(wf_engine_start(engine, &run, NULL, &error), -WF_ENGINE_NOT_FOUND, "no workflow");
	run.workflow = NULL;
	is_int(wf_engine_start(engine, &run, NULL, &error), -WF_ENGINE_USAGE, "none named");
	run.workflow = workflow(testing, "order");
	run.id = "../out";
	is_int(wf_engine_start(engine, &run, NULL, &error), -WF_ENGINE_USAGE, "no id");
	is_int(wf_engine_resume(engine, "nobody", NULL), -WF_ENGINE_NOT_FOUND, "no run; no error");
	is_int(wf_engine_status(engine, "nobody", &status, &error), -WF_ENGINE_NOT_FOUND, "no run");
	ok(status == NULL, "no status");
	is_int(wf_engine_signal(engine, "asked", "", NULL, &error), -WF_ENGINE_USAGE,
	       "no name of a signal");
	is_int(wf_engine_drive(engine, &error), 0, "nothing to drive");
	wf_engine_close(engine, NULL);
	is_int(wf_engine_close(NULL, NULL), 0, "NULL is closed");
}

static void tell_step(void *arg, const wf_progress *progress)
{
	if (progress->kind == WF_PROGRESS_STEP_STARTED && write(*(int *)arg, "s", 1) < 0)
		_exit(3);
}

/* Drives a run whose step holds, in a process that will be killed. */
static void held(int out, const char *until, const char *begun)
{
	wf_engine_options options = WF_ENGINE_OPTIONS(.state = state, .create = true, .wait = true,
						      .progress = tell_step, .progress_arg = &out);
	json_t *input = json_pack("{s:s, s:s}", "until", until, "begun", begun);
	wf_run_options run = WF_RUN_OPTIONS(.workflow = workflow(cli, "holds"), .id = "held",
					    .input = input);
	wf_engine *engine;

	if (wf_engine_open(&engine, &options, NULL) == 0 &&
	    wf_engine_start(engine, &run, NULL, NULL) == 0)
		wf_engine_drive(engine, NULL);
	_exit(4);
}

static int run_wf(const char *verb, const char *id)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execl(wf, "wf", "--state", state, verb, "-q", id, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static void test_killed(void)
{
	char until[200], begun[200], letter;
	int fds[2], status;
	pid_t pid;
	FILE *file;

	snprintf(until, sizeof until, "%s/until", folder);
	snprintf(begun, sizeof begun, "%s/begun", folder);
	if (pipe(fds) < 0)
		return;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		held(fds[1], until, begun);
	}
	close(fds[1]);
	is_int(read(fds[0], &letter, 1), 1, "promise 1: a step of an embedding program runs");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "the program is killed");
	file = fopen(until, "w");
	if (file)
		fclose(file);
	is_int(run_wf("resume", "held"), 0, "promise 1: wf resume goes on with its run");
	close(fds[0]);
}

int main(void)
{
	const char *build = getenv("WF_BUILD");
	char command[200];

	if (!build)
		build = ".";
	setenv("WF_LIBEXEC", build, 1);
	if (!mkdtemp(folder))
		return 1;
	snprintf(state, sizeof state, "%s/state", folder);
	snprintf(testing, sizeof testing, "%s/test/modules/testing.so", build);
	snprintf(cli, sizeof cli, "%s/test/modules/cli.so", build);
	snprintf(wf, sizeof wf, "%s/wf", build);
	test_run();
	test_suspend();
	test_turns();
	test_errors();
	test_killed();
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	ok(system(command) == 0, "clean");
	return done_testing();
}
