/* SPDX-License-Identifier: MIT */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_MS = 60000, LONGEST_EACH_MS = 100 }; /* for each run of the state directory */

static int nameless(const char *what)
{
	int fd = memfd_create(what, MFD_CLOEXEC);

	if (fd < 0)
		give_up("cannot make a file in memory");
	return fd;
}

static void become(const struct torture *t, const struct process *p, const char *const argv[])
{
	char number[16];
	int null = open("/dev/null", O_RDONLY);

	snprintf(number, sizeof number, "%d", p->number);
	if (null < 0 || chdir(t->scratch) < 0 || setenv("WF_MARK_DRIVER", number, 1) < 0 ||
	    dup2(null, 0) < 0 || dup2(p->out, 1) < 0 || dup2(p->err, 2) < 0)
		_exit(126);
	close(null);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

void begin_process(struct torture *t, struct process *p, enum job job, const char *const argv[])
{
	p->job = job;
	p->number = t->next_number++;
	p->out = nameless("stdout");
	p->err = nameless("stderr");
	p->pid = fork();
	if (p->pid < 0)
		give_up("cannot fork");
	if (p->pid == 0)
		become(t, p, argv);
	t->begun[job]++;
}

char *whole_file(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc(size > 0 ? (size_t)size + 1 : 1);
	ssize_t n;

	if (!text)
		give_up("no memory");
	n = size > 0 ? pread(fd, text, (size_t)size, 0) : 0;
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Wait for the end of pid, but not for ever: what hangs has broken a promise too. */
static void await(struct torture *t, pid_t pid, const char *what)
{
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (end.fd < 0)
		give_up("cannot watch a process");
	if (poll(&end, 1, LONGEST_MS + (int)t->targets * LONGEST_EACH_MS) == 0) {
		broken(t, "hangs: %s, process %d", what, (int)pid);
		syscall(SYS_pidfd_send_signal, end.fd, SIGKILL, NULL, 0);
	}
	close(end.fd);
}

int run_undisturbed(struct torture *t, const char *const argv[], char **ret, char **ret_err)
{
	struct process p = {0};
	int status;

	begin_process(t, &p, JOB_KINDS - 1, argv);
	t->begun[JOB_KINDS - 1]--;
	await(t, p.pid, argv[1]);
	while (waitpid(p.pid, &status, 0) < 0)
		if (errno != EINTR)
			give_up("cannot wait");
	if (ret)
		*ret = whole_file(p.out);
	if (ret_err)
		*ret_err = whole_file(p.err);
	close(p.out);
	close(p.err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Children of a process, by its main thread; how many. */
static size_t children(pid_t pid, pid_t *ret, size_t max)
{
	char path[64];
	size_t n = 0;
	int child;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	if (!(f = fopen(path, "re")))
		return 0;
	while (n < max && fscanf(f, "%d", &child) == 1)
		ret[n++] = child;
	fclose(f);
	return n;
}

static pid_t parent_of(pid_t pid)
{
	char path[64];
	int parent = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (!(f = fopen(path, "re")))
		return -1;
	if (fscanf(f, "%*d %*[^)]) %*c %d", &parent) != 1)
		parent = -1;
	fclose(f);
	return parent;
}

/* Kill pid if it still is a child of parent: a number may belong to a stranger by now. */
static bool kill_child(pid_t pid, pid_t parent)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool done = fd >= 0 && parent_of(pid) == parent &&
		    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static void kill_below(struct torture *t, pid_t pid)
{
	pid_t child[64];
	size_t n = children(pid, child, 64);

	if (n && kill_child(child[below(t, (unsigned)n)], pid))
		t->killed_below++;
}

/* git is spared: what it leaves when killed is its own affair. */
static bool spared(const struct process *p)
{
	return p->pid == 0 || p->job == JOB_GC;
}

void kill_some(struct torture *t)
{
	struct process *p = &t->process[below(t, t->processes)];
	unsigned way = below(t, 100);

	if (way == 0) {
		for (size_t i = 0; i < t->processes; i++)
			if (!spared(&t->process[i]))
				kill(t->process[i].pid, SIGKILL);
		t->killed_all++;
	} else if (spared(p)) {
		return;
	} else if (way < 25) {
		kill_below(t, p->pid);
	} else if (way < 32) {
		t->stopped += kill(p->pid, SIGTERM) == 0;
	} else {
		t->killed += kill(p->pid, SIGKILL) == 0;
	}
}

void reap(struct torture *t, void (*ended)(struct torture *t, struct process *p, int status))
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < t->processes; i++) {
			struct process *p = &t->process[i];

			if (p->pid != pid)
				continue;
			ended(t, p, status);
			close(p->out);
			close(p->err);
			p->pid = 0;
		}
}

int kill_rest(struct torture *t, double seconds)
{
	double end = seconds_now() + seconds;
	pid_t child[256];
	size_t n = 0;

	for (size_t i = 0; i < t->processes; i++)
		if (t->process[i].pid && t->process[i].job != JOB_GC)
			kill(t->process[i].pid, SIGKILL);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return 0;
		if (pid == 0 && seconds_now() > end)
			break;
		if (pid == 0)
			usleep(2000);
	}
	n = children(getpid(), child, 256);
	for (size_t i = 0; i < n; i++) {
		fprintf(stderr, "torture: left behind: %d\n", (int)child[i]);
		kill_child(child[i], getpid());
		waitpid(child[i], NULL, 0);
	}
	return (int)n;
}
