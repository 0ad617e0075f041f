/* SPDX-License-Identifier: MIT */
/* Commands as steps, run by a worker as they are in earnest. */
#include "pool_fixture.h"

#define SHELL(f, r, text, ...) \
	RUN(f, r, .kind = STEP_SHELL, .input = json_pack("{s:s}", "shell", text), __VA_ARGS__)
#define EXEC(f, r, ...) \
	RUN(f, r, .kind = STEP_EXEC, .input = json_pack("{s:o}", "argv", json_pack(__VA_ARGS__)))

static void test_outcomes(struct fixture *f)
{
	struct result r = {0};

	EXEC(f, &r, "[s, s, s]", "printf", "%s-", "a b");
	is_str(r.text, "{\"status\":0,\"stdout\":\"a b-\",\"stderr\":\"\"}",
	       "a command's words are passed as they are");
	SHELL(f, &r, "echo $((1 + 2)); echo oops >&2", .log_base = path_of(f, "c"));
	is_str(r.text, "{\"status\":0,\"stdout\":\"3\\n\",\"stderr\":\"oops\\n\"}",
	       "a shell command is one for the shell");
	ok(file_is(path_of(f, "c.out"), "3\n"), "its stdout is in the log");
	ok(file_is(path_of(f, "c.err"), "oops\n"), "its stderr too");
	SHELL(f, &r, ":", .log_base = path_of(f, "silent"));
	is_int(files_in(f->folder), 2, "a silent command leaves no file");
	SHELL(f, &r, "printf '\\377\\000\\001\"ok\\303\\244\\303'");
	is_str(field(&r, "stdout"), "\xef\xbf\xbd\xef\xbf\xbd\x01\"ok\xc3\xa4\xef\xbf\xbd",
	       "what is not text is replaced, so that the outcome is JSON");
	SHELL(f, &r, "cat");
	is_str(field(&r, "stdout"), "", "standard input is empty");
	RUN(f, &r, .kind = STEP_SHELL,
	    .input = json_pack("{s:s, s:s}", "shell", "cat; cat", "stdin", "given\n"));
	is_str(field(&r, "stdout"), "given\n", "or what was given");
	result_clear(&r);
}

static void test_failures(struct fixture *f)
{
	struct result r = {0};

	SHELL(f, &r, "echo done; echo first >&2; echo second >&2; echo >&2; exit 3");
	is_str(field(&r, "type"), "exit", "a non-zero exit is a failure");
	is_str(field(&r, "message"), "exit status 3: second", "with the last line of stderr");
	is_str(field(&r, "details"),
	       "{\"status\":3,\"stderr\":\"first\\nsecond\\n\\n\",\"stdout\":\"done\\n\"}",
	       "and both outputs");
	is_str(field(&r, "permanent"), "", "which may be tried again");
	SHELL(f, &r, "exit 4");
	is_str(field(&r, "message"), "exit status 4", "or nothing when there was none");
	SHELL(f, &r, "exit 4", .any_exit = true);
	is_str(r.text, "{\"status\":4,\"stdout\":\"\",\"stderr\":\"\"}",
	       "any_exit makes it an outcome");
	SHELL(f, &r, "echo bye >&2; kill -9 $$", .any_exit = true);
	is_str(field(&r, "type"), "signal", "a signal is none");
	is_str(field(&r, "message"), "killed by SIGKILL: bye", "and is named");
	EXEC(f, &r, "[s]", "wf-no-such-command");
	is_str(r.text,
	       "{\"type\":\"not_found\",\"message\":\"command 'wf-no-such-command' not found\",\"permanent\":true}",
	       "a command that does not exist");
	EXEC(f, &r, "[s]", "/etc/passwd");
	is_str(r.text,
	       "{\"type\":\"not_executable\",\"message\":\"cannot execute '/etc/passwd': Permission denied\","
	       "\"permanent\":true}",
	       "a file that cannot be executed");
	SHELL(f, &r, "wf-no-such-command");
	has_str(field(&r, "message"), "exit status 127: ", "the shell says so by its status");
	EXEC(f, &r, "[]");
	is_str(field(&r, "message"), "the command has no words", "no words");
	EXEC(f, &r, "[s, i]", "echo", 1);
	is_str(field(&r, "type"), "bad_command", "words that are none");
	SHELL(f, &r, ":", .directory = "/nowhere");
	is_str(field(&r, "message"), "cannot enter '/nowhere': No such file or directory",
	       "a folder that is not there");
	SHELL(f, &r, ":", .log_base = "/nowhere/log");
	is_str(field(&r, "message"),
	       "cannot open the log of step 'tried': No such file or directory",
	       "a log that cannot be written");
	result_clear(&r);
}

static void test_capture(struct fixture *f)
{
	struct result r = {0};

	SHELL(f, &r, "printf 0123456789", .capture = 10);
	is_str(r.text, "{\"status\":0,\"stdout\":\"0123456789\",\"stderr\":\"\"}",
	       "as much as is captured");
	SHELL(f, &r, "printf 01234567\xc3\xa4, >&2; printf '012345678\xc3\xa4'", .capture = 10,
	      .log_base = path_of(f, "t"));
	is_str(r.text,
	       "{\"status\":0,\"stdout\":\"012345678\",\"stderr\":\"01234567\xc3\xa4,\",\"truncated\":true}",
	       "more is cut at a character, and said to be");
	ok(file_is(path_of(f, "t.out"), "012345678\xc3\xa4"), "the log has all");
	SHELL(f, &r, "i=0; while [ $i -lt 1000 ]; do echo line $i >&2; i=$((i + 1)); done; exit 1");
	has_str(field(&r, "message"), "exit status 1: line 999",
		"of a long stderr the end is kept");
	ok(strlen(field(&r, "details")) < 5200, "and no more than 4 KiB");
	SHELL(f, &r, "head -c 30000000 /dev/zero | tr '\\0' x", .capture = 30000000);
	is_int(strlen(field(&r, "stdout")), 30000000, "30 MB can be captured");
	result_clear(&r);
}

static void test_surroundings(struct fixture *f)
{
	struct result r = {0};
	char *folder = realpath(f->folder, NULL);

	setenv("FROM_DRIVER", "1", 1);
	SHELL(f, &r, "echo $WF_RUN_ID $WF_STEP $WF_ATTEMPT $WF_IDEMPOTENCY_KEY", .attempt = 2);
	is_str(field(&r, "stdout"), "run-1 tried 2 run-1.7.abcd\n",
	       "a command knows its run, step, attempt and key");
	SHELL(f, &r, "pwd; echo [$FROM_DRIVER] [$A]",
	      .environment = json_pack("{s:s, s:s}", "A", "run's", "PATH", "/usr/bin:/bin"));
	has_str(field(&r, "stdout"), folder, "it runs in the run's folder");
	has_str(field(&r, "stdout"), "\n[] [run's]\n", "with the run's environment alone");
	RUN(f, &r, .kind = STEP_SHELL,
	    .environment = json_pack("{s:s, s:s}", "A", "run's", "B", "kept"),
	    .input = json_pack("{s:s, s:s, s:[s, s]}", "shell", "pwd; echo $A $B $C", "directory",
			       "/", "environment", "A=step's", "C=x=y"));
	is_str(field(&r, "stdout"), "/\nstep's kept x=y\n",
	       "and the step's folder and variables on top");
	SHELL(f, &r, "printf '#!/bin/sh\\necho found' > tool; chmod +x tool");
	RUN(f, &r, .kind = STEP_EXEC, .environment = json_pack("{s:s}", "PATH", "/nowhere:."),
	    .input = json_pack("{s:[s]}", "argv", "tool"));
	is_str(field(&r, "stdout"), "found\n", "commands are looked up in the run's PATH");
	SHELL(f, &r, "echo 'echo plain $1' > script; chmod +x script");
	EXEC(f, &r, "[s, s]", "./script", "arg");
	is_str(field(&r, "stdout"), "plain arg\n", "a script without #! is one for the shell");
	SHELL(f, &r, "ls -l /proc/self/fd | grep -c /");
	is_str(field(&r, "stdout"), "3\n", "no descriptor of the worker is open in it");
	SHELL(f, &r, "kill -PIPE $$");
	is_str(field(&r, "message"), "killed by SIGPIPE", "signals are as by default");
	free(folder);
	result_clear(&r);
}

/* A file without a name is the next command's while nobody else can write to it. */
static void test_logs(struct fixture *f)
{
	static const char script[] = "until [ -e %s.out ]; do :; done; echo seen";
	struct result r = {0};
	const char *log = path_of(f, "live");
	char text[400];
	FILE *old = fopen(path_of(f, "again.out"), "w");

	snprintf(text, sizeof text, script, log);
	SHELL(f, &r, text, .log_base = log);
	is_str(field(&r, "stdout"), "seen\n", "the log of a running command has its name");
	ok(file_is(path_of(f, "live.out"), "seen\n"), "and all it says");
	is_int(access(path_of(f, "live.err"), F_OK), -1, "what stayed empty has lost it again");
	ok(old && fputs("old\n", old) >= 0 && fclose(old) == 0, "an earlier try left a log");
	SHELL(f, &r, ":", .log_base = path_of(f, "again"));
	is_int(access(path_of(f, "again.out"), F_OK), -1, "a silent one does not keep it");
	SHELL(f, &r, "mkfifo go; (read x <go; echo late; : >said) &",
	      .log_base = path_of(f, "behind"));
	SHELL(f, &r, "echo >go; until [ -e said ]; do :; done; echo mine",
	      .log_base = path_of(f, "next"));
	is_str(field(&r, "stdout"), "mine\n",
	       "what a silent command left running does not write into the next one's output");
	SHELL(f, &r, "echo first", .log_base = path_of(f, "1"));
	SHELL(f, &r, "echo second", .log_base = path_of(f, "2"));
	ok(file_is(path_of(f, "1.out"), "first\n") && file_is(path_of(f, "2.out"), "second\n"),
	   "each has a log of its own");
	result_clear(&r);
}

static void test_left_behind(struct fixture *f)
{
	struct result r = {0};
	uint64_t began = uv_hrtime();
	char *pid;

	SHELL(f, &r, "sleep 1000 & echo $!");
	ok(uv_hrtime() - began < UINT64_C(10000000000),
	   "a process left behind with the output open holds nothing up");
	pid = strdup(field(&r, "stdout"));
	SHELL(f, &r, "sleep 1000", .timeout = 60, .grace = 2000);
	is_str(field(&r, "type"), "timeout", "a command ends at its time-out");
	ok(r.us < 1500000, "at TERM, without force");
	SHELL(f, &r, "trap '' TERM; sleep 1000; sleep 1000", .timeout = 60, .grace = 60,
	      .log_base = path_of(f, "k"));
	is_str(field(&r, "type"), "timeout", "one that ignores TERM too");
	SHELL(f, &r, "trap 'echo tidied up; exit 0' TERM; sleep 1000 & wait", .timeout = 60,
	      .log_base = path_of(f, "term"));
	ok(file_is(path_of(f, "term.out"), "tidied up\n"), "TERM lets it tidy up");
	is_int(access(path_of(f, "k.err"), F_OK), -1, "an empty log of a killed command is gone");
	ok(atoi(pid) > 0 && dies(atoi(pid)),
	   "what was left behind ends with its worker at the latest");
	free(pid);
	result_clear(&r);
}

int main(void)
{
	struct fixture f;

	fixture_open(&f, 1, 64 * 1024 * 1024);
	test_outcomes(&f);
	test_failures(&f);
	test_capture(&f);
	test_surroundings(&f);
	test_logs(&f);
	test_left_behind(&f);
	fixture_close(&f);
	ok(no_children(), "no process is left");
	return done_testing();
}
