/* SPDX-License-Identifier: MIT */
/*
 * The physical work of a durable step and nothing else: one round trip of a
 * byte to a child over a socket pair, then one overwrite of 250 bytes with
 * fdatasync. What wf reaches is to be read beside what this prints.
 *
 *     bare_loop [ROUNDS [FOLDER]]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE 250
#define FILLED (16 * 1024 * 1024)

static void die(const char *what)
{
	fprintf(stderr, "bare_loop: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void echo(int fd)
{
	char byte;

	while (read(fd, &byte, 1) == 1)
		if (write(fd, &byte, 1) != 1)
			break;
	_exit(0);
}

/* A file of allocated blocks, so that an overwrite changes no metadata. It has no name. */
static int filled_file(const char *folder)
{
	static char zeros[65536];
	char path[4096];
	int fd;

	snprintf(path, sizeof path, "%s/.bare-loop-XXXXXX", folder);
	fd = mkstemp(path);
	if (fd < 0 || unlink(path) < 0)
		die(path);
	memset(zeros, '\n', sizeof zeros);
	for (size_t done = 0; done < FILLED; done += sizeof zeros)
		if (write(fd, zeros, sizeof zeros) != (ssize_t)sizeof zeros)
			die("cannot fill the file");
	if (fsync(fd) < 0)
		die("fsync");
	return fd;
}

static void loop(long rounds, int pipe, int file)
{
	char line[LINE], byte = 'x';

	memset(line, 'a', sizeof line);
	for (long i = 0; i < rounds; i++) {
		off_t at = (off_t)(i % (FILLED / LINE)) * LINE;

		if (write(pipe, &byte, 1) != 1 || read(pipe, &byte, 1) != 1)
			die("round trip");
		if (pwrite(file, line, LINE, at) != LINE || fdatasync(file) < 0)
			die("write");
	}
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
	int file, pair[2];
	double start;
	pid_t child;

	if (rounds < 1) {
		fprintf(stderr, "usage: bare_loop [ROUNDS [FOLDER]]\n");
		return 2;
	}
	file = filled_file(argc > 2 ? argv[2] : ".");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || (child = fork()) < 0)
		die("cannot start the child");
	if (!child) {
		close(pair[0]);
		echo(pair[1]);
	}
	close(pair[1]);
	start = seconds();
	loop(rounds, pair[0], file);
	printf("%.0f\n", (double)rounds / (seconds() - start));
	close(pair[0]);
	waitpid(child, NULL, 0);
	return 0;
}
