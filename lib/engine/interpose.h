/* SPDX-License-Identifier: MIT */
/*
 * Promise 6: plain C is deterministic. These files define the functions of libc
 * that tell the time, make chance, or wait. In workflow code they answer from
 * the core; everywhere else they pass through to libc's own.
 *
 * The program must export them, and without a version: a module's reference
 * to glibc's time would go past a versioned one.
 *
 * Not caught, and said so by wf check: what a module reads from /dev/urandom or asks of
 * the kernel by itself. rand_r, erand48 and kin depend on their arguments alone.
 */
#ifndef WF_ENGINE_INTERPOSE_H
#define WF_ENGINE_INTERPOSE_H

/* libc's own functions, in the order of their names in interpose.c. */
enum libc_function {
	LIBC_TIME,
	LIBC_CLOCK_GETTIME,
	LIBC_GETTIMEOFDAY,
	LIBC_TIMESPEC_GET,
	LIBC_CLOCK,
	LIBC_SLEEP,
	LIBC_USLEEP,
	LIBC_NANOSLEEP,
	LIBC_CLOCK_NANOSLEEP,
	LIBC_THRD_SLEEP,
	LIBC_RAND,
	LIBC_SRAND,
	LIBC_RANDOM,
	LIBC_SRANDOM,
	LIBC_DRAND48,
	LIBC_LRAND48,
	LIBC_MRAND48,
	LIBC_SRAND48,
	LIBC_GETRANDOM,
	LIBC_GETENTROPY,
	LIBC_ARC4RANDOM,
	LIBC_ARC4RANDOM_BUF,
	LIBC_ARC4RANDOM_UNIFORM,
	LIBC_FUNCTIONS
};

typedef void libc_fn(void);

/* libc's own function, to be cast to its type; NULL while it is being looked up by this thread, and
 * where libc has none. */
libc_fn *libc_real(enum libc_function which);

#endif
