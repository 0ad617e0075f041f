/* SPDX-License-Identifier: MIT */
#include "../../lib/engine/command_log.h"
#include "../../lib/engine/log_file.h"
#include "scratch.h"

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void test_folders(void)
{
	const char *log = in_scratch("run/logs/000/000001-a.1.out");
	int fd;

	ok(mkdir(in_scratch("run"), 0700) == 0, "a run that has said nothing");
	fd = log_file_unnamed(log, true);
	ok(fd >= 0, "has room for a file without a name");
	ok(!is_folder(in_scratch("run/logs")), "and no folder of logs");
	ok(write(fd, "said\n", 5) == 5 && log_file_name(fd, log) == 0,
	   "the first file that gets a name makes the folders");
	is_int(access(log, R_OK), 0, "and is there");
	close(fd);
	fd = log_file_open(in_scratch("run/logs/001/001000-a.1.out"), O_WRONLY);
	ok(fd >= 0, "so does one that is opened by its name");
	close(fd);
}

/* Who is late must not make a second folder of a run that has moved. */
static void test_late(void)
{
	const char *late = in_scratch("run/logs/000/000002-late.1.out");
	int fd = log_file_unnamed(late, true);

	ok(fd >= 0 && rename(in_scratch("run"), in_scratch("closed")) == 0,
	   "a run moves while a file has no name yet");
	is_int(log_file_name(fd, late), -1, "it gets none where the run was");
	is_int(log_file_open(late, O_WRONLY), -1, "nor does another");
	ok(!is_folder(in_scratch("run")), "and the run's folder is not made again");
	is_int(log_file_open("/nowhere/log", O_WRONLY), -1, "what is in no run is not made");
	ok(!is_folder("/nowhere"), "nor its folder");
	close(fd);
}

static void test_reuse(void)
{
	struct command_log log = COMMAND_LOG_INIT;
	const char *base = in_scratch("closed/logs/000/000003-b.1");
	int first, left;

	is_int(command_log_open(&log, base, "out"), 0, "the log of a silent command");
	first = log.fd;
	command_log_end(&log, base, "out");
	command_log_rest(&log);
	ok(log.fd == first && log.given >= 0, "is ready for the next one");
	is_int(command_log_open(&log, base, "out"), 0, "which leaves something running");
	left = open(log_file_again(log.given, &(char[40]){0}), O_WRONLY);
	command_log_end(&log, base, "out");
	command_log_rest(&log);
	is_int(log.fd, -1, "that holds it: nobody gets it");
	close(left);
	is_int(command_log_open(&log, base, "out"), 0, "another one");
	left = dup(log.given);
	command_log_end(&log, base, "out");
	ok(write(left, "late\n", 5) == 5 && close(left) == 0,
	   "leaves something that writes, and ends at once");
	command_log_rest(&log);
	is_int(log.fd, -1, "nobody gets what is not empty any more");
}

int main(void)
{
	test_folders();
	test_late();
	test_reuse();
	return done_testing();
}
