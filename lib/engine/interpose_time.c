/* SPDX-License-Identifier: MIT */
/* Telling the time and waiting, in workflow code by the core (promise 6). */
#include "../core/core.h"
#include "interpose.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_MS ((int64_t)100 * 365 * 24 * 3600 * 1000)
#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MS 1000000L

static struct timespec as_timespec(int64_t ms)
{
	return (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * NSEC_PER_MS};
}

static int kernel_time(clockid_t clock, struct timespec *ret)
{
	return (int)syscall(SYS_clock_gettime, clock, ret);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int (*real)(clockid_t, struct timespec *);
	struct core *core = core_current();

	if (core) {
		*ret = as_timespec(core_now(core));
		return 0;
	}
	real = (int (*)(clockid_t, struct timespec *))libc_real(LIBC_CLOCK_GETTIME);
	return real ? real(clock, ret) : kernel_time(clock, ret);
}

time_t time(time_t *ret)
{
	time_t (*real)(time_t *);
	struct core *core = core_current();
	struct timespec t;

	if (!core) {
		real = (time_t(*)(time_t *))libc_real(LIBC_TIME);
		if (real)
			return real(ret);
	}
	if (clock_gettime(CLOCK_REALTIME, &t) < 0)
		return (time_t)-1;
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	int (*real)(struct timeval *, void *);
	struct core *core = core_current();
	struct timespec t;

	if (!core) {
		real = (int (*)(struct timeval *, void *))libc_real(LIBC_GETTIMEOFDAY);
		if (real)
			return real(ret, zone);
	}
	if (clock_gettime(CLOCK_REALTIME, &t) < 0)
		return -1;
	*ret = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
	if (zone)
		*(struct timezone *)zone = (struct timezone){0, 0};
	return 0;
}

int timespec_get(struct timespec *ret, int base)
{
	int (*real)(struct timespec *, int);

	if (!core_current()) {
		real = (int (*)(struct timespec *, int))libc_real(LIBC_TIMESPEC_GET);
		if (real)
			return real(ret, base);
	}
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret) == 0 ? base : 0;
}

clock_t clock(void)
{
	clock_t (*real)(void);
	struct core *core = core_current();
	struct timespec t;

	if (core)
		return (clock_t)(core_now(core) * (CLOCKS_PER_SEC / 1000));
	real = (clock_t(*)(void))libc_real(LIBC_CLOCK);
	if (real)
		return real();
	if (kernel_time(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
		return (clock_t)-1;
	return (clock_t)(t.tv_sec * CLOCKS_PER_SEC + t.tv_nsec / (NSEC_PER_SEC / CLOCKS_PER_SEC));
}

/* ---- waits: durable timers */

/* Rounded up, so that no wait is shorter than asked. A wait without an end is very long. */
static int64_t as_ms(const struct timespec *t)
{
	if (t->tv_sec > LONGEST_MS / 1000 - 1)
		return LONGEST_MS;
	return (int64_t)t->tv_sec * 1000 + (t->tv_nsec + NSEC_PER_MS - 1) / NSEC_PER_MS;
}

static int wait_ms(struct core *core, int64_t ms)
{
	return core_sleep(core, ms < LONGEST_MS ? ms : LONGEST_MS);
}

/* 0 or an errno, as clock_nanosleep says it. */
static int kernel_wait(clockid_t clock, int flags, const struct timespec *wanted,
		       struct timespec *left)
{
	return syscall(SYS_clock_nanosleep, clock, flags, wanted, left) < 0 ? errno : 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
		    struct timespec *left)
{
	int (*real)(clockid_t, int, const struct timespec *, struct timespec *);
	struct core *core = core_current();
	int64_t ms;

	if (!core) {
		real = (int (*)(clockid_t, int, const struct timespec *,
				struct timespec *))libc_real(LIBC_CLOCK_NANOSLEEP);
		return real ? real(clock, flags, wanted, left)
			    : kernel_wait(clock, flags, wanted, left);
	}
	if (wanted->tv_nsec < 0 || wanted->tv_nsec >= NSEC_PER_SEC || wanted->tv_sec < 0)
		return EINVAL;
	ms = flags & TIMER_ABSTIME
		     ? (int64_t)wanted->tv_sec * 1000 +
			       (wanted->tv_nsec + NSEC_PER_MS - 1) / NSEC_PER_MS - core_now(core)
		     : as_ms(wanted);
	if (ms <= 0 || wait_ms(core, ms) == 0)
		return 0;
	if (left && !(flags & TIMER_ABSTIME))
		*left = *wanted;
	return EINTR;
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	int (*real)(const struct timespec *, struct timespec *);
	int sys;

	if (!core_current()) {
		real = (int (*)(const struct timespec *, struct timespec *))libc_real(
			LIBC_NANOSLEEP);
		if (real)
			return real(wanted, left);
	}
	sys = clock_nanosleep(CLOCK_REALTIME, 0, wanted, left);
	if (!sys)
		return 0;
	errno = sys;
	return -1;
}

unsigned sleep(unsigned seconds)
{
	struct timespec wanted = {(time_t)seconds, 0}, left = {0, 0};
	unsigned (*real)(unsigned);

	if (!core_current()) {
		real = (unsigned (*)(unsigned))libc_real(LIBC_SLEEP);
		if (real)
			return real(seconds);
	}
	return nanosleep(&wanted, &left) == 0 ? 0 : (unsigned)left.tv_sec + (left.tv_nsec > 0);
}

int usleep(useconds_t us)
{
	struct timespec wanted = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
	int (*real)(useconds_t);

	if (!core_current()) {
		real = (int (*)(useconds_t))libc_real(LIBC_USLEEP);
		if (real)
			return real(us);
	}
	return nanosleep(&wanted, NULL);
}

int thrd_sleep(const struct timespec *wanted, struct timespec *left)
{
	int (*real)(const struct timespec *, struct timespec *);
	int sys;

	if (!core_current()) {
		real = (int (*)(const struct timespec *, struct timespec *))libc_real(
			LIBC_THRD_SLEEP);
		if (real)
			return real(wanted, left);
	}
	sys = clock_nanosleep(CLOCK_REALTIME, 0, wanted, left);
	return sys == 0 ? 0 : sys == EINTR ? -1 : -2;
}
