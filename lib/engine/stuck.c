/* SPDX-License-Identifier: MIT */
#include "stuck.h"

#include "crash.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

/* Of the real-time signals, one that libraries do not use; workers have another. */
#define SIG_LOOK (SIGRTMAX - 4)

static const int stop_signals[] = {SIGINT, SIGTERM};

/* A signal handler is given no argument of ours, hence these. */
static struct {
	struct sigaction below[2];
	timer_t timer;
	bool has_timer;
	struct itimerspec grace;
	volatile int signum;
	volatile unsigned long turn; /* of workflow code, at the last look; 0: none */
} stuck;

static void leave_if_same(unsigned long turn)
{
	if (turn && turn == stuck.turn)
		crash_leave(" did not give way when asked to stop (endless loop?)",
			    128 + stuck.signum);
}

/* As handlers may do. */
static void look_later(unsigned long turn)
{
	stuck.turn = turn;
	if (stuck.has_timer)
		timer_settime(stuck.timer, 0, &stuck.grace, NULL);
}

static void on_look(int signum)
{
	unsigned long turn = crash_turn();

	(void)signum;
	leave_if_same(turn);
	look_later(turn);
}

static void on_stop(int signum)
{
	unsigned long turn = crash_turn();
	int saved = errno;
	bool again = stuck.signum != 0;

	for (int i = 0; i < 2; i++)
		if (stop_signals[i] == signum && stuck.below[i].sa_handler != SIG_DFL &&
		    stuck.below[i].sa_handler != SIG_IGN)
			stuck.below[i].sa_handler(signum);
	stuck.signum = signum;
	if (again)
		leave_if_same(turn);
	look_later(turn);
	errno = saved;
}

void stuck_install(int64_t grace_ms)
{
	struct sigaction action = {.sa_handler = on_look, .sa_flags = SA_RESTART | SA_ONSTACK};
	struct sigevent look = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIG_LOOK};

	stuck.grace.it_value.tv_sec = grace_ms / 1000;
	stuck.grace.it_value.tv_nsec = (grace_ms % 1000) * 1000000;
	stuck.signum = 0;
	sigaction(SIG_LOOK, &action, NULL);
	stuck.has_timer = timer_create(CLOCK_MONOTONIC, &look, &stuck.timer) == 0;
	for (int i = 0; i < 2; i++) {
		sigaction(stop_signals[i], NULL, &stuck.below[i]);
		action = stuck.below[i];
		action.sa_handler = on_stop;
		action.sa_flags |= SA_ONSTACK;
		sigaction(stop_signals[i], &action, NULL);
	}
}

bool stuck_asked(void)
{
	return stuck.signum != 0;
}

void stuck_uninstall(void)
{
	if (stuck.has_timer)
		timer_delete(stuck.timer);
	stuck.has_timer = false;
	for (int i = 0; i < 2; i++)
		sigaction(stop_signals[i], &stuck.below[i], NULL);
}
