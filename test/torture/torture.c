/* SPDX-License-Identifier: MIT */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Noreturn void give_up(const char *what)
{
	fprintf(stderr, "torture: %s: %s\n", what, strerror(errno));
	exit(2);
}

void broken(struct torture *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("torture: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	t->broken++;
}

static uint64_t next_random(struct torture *t)
{
	uint64_t z = t->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

unsigned below(struct torture *t, unsigned n)
{
	return (unsigned)(next_random(t) % n);
}

double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void path_of(const struct torture *t, char ret[4096], const char *a, const char *b, const char *c)
{
	if (snprintf(ret, 4096, "%s/%s%s%s%s%s", t->scratch, a, b ? "/" : "", b ? b : "",
		     c ? "/" : "", c ? c : "") >= 4096) {
		errno = ENAMETOOLONG;
		give_up(t->scratch);
	}
}

/* A run that has not ended; when too few are open, one more. */
static struct target *pick(struct torture *t)
{
	size_t open[1024], n = 0;

	for (size_t i = 0; i < t->targets && n < 1024; i++)
		if (!t->target[i].ended)
			open[n++] = i;
	if (n >= t->open_runs)
		return &t->target[open[below(t, (unsigned)n)]];
	t->target = realloc(t->target, (t->targets + 1) * sizeof *t->target);
	if (!t->target)
		give_up("no memory");
	memset(&t->target[t->targets], 0, sizeof *t->target);
	snprintf(t->target[t->targets].id, sizeof t->target->id, "t%zu", t->targets);
	return &t->target[t->targets++];
}

void inputs_of(const struct torture *t, const struct target *target, struct inputs *ret)
{
	strcpy(ret->marks, "marks=");
	path_of(t, ret->marks + 6, "marks", target->id, NULL);
	snprintf(ret->us, sizeof ret->us, "us=%zu", (size_t)(target - t->target) % 7 * 300);
}

static void begin_run(struct torture *t, struct process *p, struct target *target)
{
	struct inputs inputs;
	const char *const argv[] = {t->wf,      "run",        t->module, "--id",
				    target->id, inputs.marks, inputs.us, NULL};

	inputs_of(t, target, &inputs);
	p->target = (size_t)(target - t->target);
	begin_process(t, p, JOB_RUN, argv);
}

static void begin_look(struct torture *t, struct process *p, const struct target *target)
{
	const char *const all[] = {"list", "status", "show", "log", "status"};
	unsigned which = below(t, 5);
	const char *const argv[] = {t->wf, all[which], which >= 2 ? target->id : "--json", NULL};

	begin_process(t, p, JOB_LOOK, argv);
}

static void begin_one(struct torture *t, struct process *p)
{
	struct target *target = pick(t);
	const char *const resume[] = {t->wf, "resume", target->id, NULL};
	const char *const resume_all[] = {t->wf, "resume", "--quiet", NULL};
	const char *const fsck[] = {t->wf, "fsck", NULL};
	const char *const gc[] = {"git", "-C", ".wf", "gc", "--quiet", NULL};
	unsigned way = below(t, 100);

	p->target = (size_t)(target - t->target);
	if (way < 50)
		begin_run(t, p, target);
	else if (way < 60)
		begin_process(t, p, JOB_RESUME, resume);
	else if (way < 66)
		begin_process(t, p, JOB_RESUME_ALL, resume_all);
	else if (way < 76)
		begin_signal(t, p, target);
	else if (way < 80)
		begin_update(t, p, target);
	else if (way < 85)
		begin_query(t, p, target);
	else if (way < 94 || (way < 98 && !t->has_fsck))
		begin_look(t, p, target);
	else if (way < 98)
		begin_process(t, p, JOB_FSCK, fsck);
	else
		begin_process(t, p, JOB_GC, gc);
}

/* Exits that a disturbed command may have: done, usage of a run that is not there yet (but by those
 * that make it), driven by another, stopped. */
static bool allowed(const struct process *p, int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM;
	switch (WEXITSTATUS(status)) {
	case 0:
	case 143:
		return true;
	case 2:
		return p->job != JOB_RUN && p->job != JOB_GC;
	case 3:
		return p->job == JOB_UPDATE;
	case 4:
		return p->job == JOB_RUN || p->job == JOB_RESUME || p->job == JOB_RESUME_ALL;
	case 7:
		return p->job == JOB_FSCK;
	default:
		return p->job == JOB_GC;
	}
}

static void on_end(struct torture *t, struct process *p, int status)
{
	struct target *target = &t->target[p->target];

	if (!allowed(p, status)) {
		char *err = whole_file(p->err);

		broken(t, "%s: job %d ended with status %#x: %s", target->id, p->job,
		       (unsigned)status, err);
		free(err);
	}
	if (p->job == JOB_SIGNAL || p->job == JOB_UPDATE)
		mail_ended(t, p, status);
	if (p->job != JOB_RUN || status != 0)
		return;
	char *result = whole_file(p->out);
	if (target->result && strcmp(target->result, result) != 0)
		broken(t, "promise 1: %s: told %s, then %s", target->id, target->result, result);
	free(target->result);
	target->result = result;
	t->ended += !target->ended;
	target->ended = true;
}

static void nap(struct torture *t)
{
	double u = ((double)below(t, 1000000) + 1) / 1000001;
	struct timespec time = {0};

	time.tv_nsec = (long)(-log(u) * t->kill_us * 1000) % 1000000000;
	nanosleep(&time, NULL);
}

static void storm(struct torture *t)
{
	double end = seconds_now() + t->seconds;

	while (seconds_now() < end && t->broken < 20) {
		reap(t, on_end);
		for (size_t i = 0; i < t->processes; i++)
			if (!t->process[i].pid)
				begin_one(t, &t->process[i]);
		nap(t);
		look_at(t, pick(t));
		kill_some(t);
	}
}

static void prepare(struct torture *t)
{
	const char *const known[] = {t->wf, "fsck", "--help", NULL};
	const char *const init[] = {t->wf, "resume", NULL};
	char path[4096];

	if (!getcwd(t->scratch, sizeof t->scratch - 32))
		give_up("cannot tell the working folder");
	strcat(t->scratch, "/torture.XXXXXX");
	if (!mkdtemp(t->scratch))
		give_up(t->scratch);
	path_of(t, path, "marks", NULL, NULL);
	if (mkdir(path, 0700) < 0)
		give_up(path);
	path_of(t, path, ".wf", NULL, NULL);
	setenv("WF_STATE", path, 1);
	setenv("LC_ALL", "C", 1);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		give_up("cannot become the reaper");
	if (!(t->process = calloc(t->processes, sizeof *t->process)))
		give_up("no memory");
	t->has_fsck = run_undisturbed(t, known, NULL, NULL) == 0;
	run_undisturbed(t, init, NULL, NULL);
}

static void summary(const struct torture *t, double took)
{
	printf("torture: seed %u, %.0f s: %u wf run, %u wf resume, %u wf signal, %u wf update, %u wf query, "
	       "%u looks, %u wf fsck, %u git gc; kill -9 of %u, below %u, of all %u times; TERM of %u\n",
	       t->seed, took, t->begun[JOB_RUN], t->begun[JOB_RESUME] + t->begun[JOB_RESUME_ALL],
	       t->begun[JOB_SIGNAL], t->begun[JOB_UPDATE], t->begun[JOB_QUERY], t->begun[JOB_LOOK],
	       t->begun[JOB_FSCK], t->begun[JOB_GC], t->killed, t->killed_below, t->killed_all,
	       t->stopped);
	printf("torture: %u signals and updates acknowledged, %u in the histories\n", t->mail_told,
	       t->mail_taken);
	printf("torture: %zu runs, %u of them ended in the storm; %u outcomes seen on the way; %u promises broken\n",
	       t->targets, t->ended, t->recorded_seen, t->broken);
}

static void clean_up(struct torture *t)
{
	const char *const argv[] = {"rm", "-rf", t->scratch, NULL};

	if (t->keep || t->broken)
		printf("torture: all is in %s\n", t->scratch);
	else
		run_undisturbed(t, argv, NULL, NULL);
}

static void forget(struct torture *t)
{
	for (size_t i = 0; i < t->targets; i++) {
		free(t->target[i].result);
		free(t->target[i].sent);
	}
	free(t->target);
	free(t->process);
}

static void usage(void)
{
	fputs("usage: torture [--seconds N] [--seed N] [--runs N] [--processes N] [--kill-us N] [--keep] /PATH/OF/WF /MODULE:WORKFLOW\n"
	      "Runs many drivers on one new state directory below the working folder, kills at random,\n"
	      "resumes, and checks. Exit 1 when a promise was broken.\n",
	      stderr);
	exit(2);
}

static void options(struct torture *t, int argc, char **argv)
{
	static const struct option known[] = {
		{"seconds", 1, NULL, 's'},
		{"seed", 1, NULL, 'x'},
		{"runs", 1, NULL, 'r'},
		{"processes", 1, NULL, 'p'},
		{"kill-us", 1, NULL, 'k'},
		{"keep", 0, NULL, 'K'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (c) {
		case 's':
			t->seconds = strtod(optarg, NULL);
			break;
		case 'x':
			t->seed = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			t->open_runs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			t->processes = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'k':
			t->kill_us = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'K':
			t->keep = true;
			break;
		default:
			usage();
		}
	if (argc - optind != 2 || t->seconds <= 0 || !t->processes || !t->open_runs ||
	    t->open_runs > 1000 || !t->kill_us)
		usage();
	t->wf = argv[optind];
	t->module = argv[optind + 1];
	if (t->wf[0] != '/' || t->module[0] != '/')
		usage();
}

int main(int argc, char **argv)
{
	struct torture t = {.seed = (unsigned)time(NULL) ^ (unsigned)getpid(),
			    .open_runs = 24,
			    .processes = 12,
			    .kill_us = 4000,
			    .seconds = 60};
	double start = seconds_now();
	int left;

	options(&t, argc, argv);
	t.random = t.seed;
	prepare(&t);
	storm(&t);
	if ((left = kill_rest(&t, 30)) > 0)
		broken(&t, "%d processes outlived the drivers", left);
	judge_all(&t);
	if ((left = kill_rest(&t, 5)) > 0)
		broken(&t, "%d processes outlived the commands", left);
	summary(&t, seconds_now() - start);
	clean_up(&t);
	forget(&t);
	return t.broken ? 1 : 0;
}
