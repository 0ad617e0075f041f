/* SPDX-License-Identifier: MIT */
/*
 * Torture: many runs and processes on one state directory, killed at random.
 *
 *   torture.c  what is asked for, the storm itself, the summary
 *   world.c    the processes: begin, kill (by pid, only what we began), reap
 *   look.c     what was seen recorded while the storm went on
 *   mail.c     signals, updates and queries, and what must be left of them
 *   judge.c    what must hold when all has been resumed
 *
 * The program is the reaper of every orphan below it (PR_SET_CHILD_SUBREAPER),
 * so that no process of the storm can get away unseen.
 */
#ifndef WF_TORTURE_H
#define WF_TORTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define MAX_COMMANDS 64 /* more than any run of the storm asks for */

enum job {
	JOB_RUN,
	JOB_RESUME,
	JOB_RESUME_ALL,
	JOB_LOOK,
	JOB_SIGNAL,
	JOB_UPDATE,
	JOB_QUERY,
	JOB_FSCK,
	JOB_GC,
	JOB_KINDS,
};

/* One of our processes. */
struct process {
	pid_t pid; /* 0: free */
	enum job job;
	size_t target; /* of a run, resume or message */
	size_t sent;   /* of a message */
	int number;    /* marks of its steps carry it */
	int out, err;  /* files without a name */
};

/* A line seen in a history, and how many bytes of marks there were by then. */
struct seen {
	uint64_t hash; /* 0: not seen */
	off_t marks;
};

/* A signal or an update; its number tells it apart. */
struct sent {
	int number;
	bool update, told; /* told: wf exited 0 */
};

struct target {
	char id[24];
	bool ended;   /* a run of it has exited 0 */
	char *result; /* what was told then; may be NULL */
	struct seen seen[MAX_COMMANDS];
	struct sent *sent;
	size_t sent_count;
};

struct torture {
	const char *wf, *module;
	char scratch[4096];
	unsigned seed, open_runs, processes, kill_us;
	double seconds;
	bool keep, has_fsck;

	uint64_t random;
	struct process *process;
	struct target *target;
	size_t targets;
	int next_number;

	unsigned begun[JOB_KINDS], killed, killed_below, killed_all, stopped, ended, recorded_seen,
		mail_told, mail_taken;
	unsigned broken; /* promises, with a line each on stderr */
};

/* One more broken promise. */
__attribute__((format(printf, 2, 3))) void broken(struct torture *t, const char *format, ...);
/* A number below n. */
unsigned below(struct torture *t, unsigned n);
_Noreturn void give_up(const char *what);
double seconds_now(void);
/* The id's marks file, history folder and the like: <scratch>/<a>/<b>. */
void path_of(const struct torture *t, char ret[4096], const char *a, const char *b, const char *c);

/* KEY=VALUE of a run. */
struct inputs {
	char marks[4096 + 8], us[16];
};
void inputs_of(const struct torture *t, const struct target *target, struct inputs *ret);

/* --- world.c --- */

/* Begin a process; argv[0] is looked up in PATH. */
void begin_process(struct torture *t, struct process *p, enum job job, const char *const argv[]);
/* Run to its end, without disturbance; its status, stdout in ret (may be NULL; new). */
int run_undisturbed(struct torture *t, const char *const argv[], char **ret, char **ret_err);
/* kill -9: one of the drivers, something below one, or once in a while all of them. */
void kill_some(struct torture *t);
/* Take in the ends of our processes; calls ended for each that was one of the table. */
void reap(struct torture *t, void (*ended)(struct torture *t, struct process *p, int status));
/* Kill all that we began and all below; how many are still there after the time given. */
int kill_rest(struct torture *t, double seconds);
/* All that a file without a name has; new. */
char *whole_file(int fd);

/* --- look.c --- */

/* Call each for every whole line with a checksum in the history of id, wherever its run is. */
void each_line(struct torture *t, const char *id,
	       void (*each)(struct torture *t, void *arg, json_t *line, uint64_t hash), void *arg);
/* Remember what is recorded of a run by now. */
void look_at(struct torture *t, struct target *target);
/* What was seen is still recorded, in the same words (promise 1), and was not run again (promise
 * 3); two drivers never overlapped (promise 5). */
void judge_run(struct torture *t, struct target *target);

/* --- mail.c --- */

void begin_signal(struct torture *t, struct process *p, struct target *target);
void begin_update(struct torture *t, struct process *p, struct target *target);
void begin_query(struct torture *t, struct process *p, const struct target *target);
/* A signaller or updater has ended; status as of wait. */
void mail_ended(struct torture *t, struct process *p, int status);
/* What was acknowledged is in the history, and nothing is there twice (promise 1). */
void judge_mail(struct torture *t, struct target *target);

/* --- judge.c --- */

void judge_all(struct torture *t);

#endif
