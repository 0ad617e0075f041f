/* SPDX-License-Identifier: MIT */
/* Stacks of their own: switching, recycling, and the guard below. */
#include "../../lib/core/coroutine.h"
#include "core_fixture.h"

#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct counter {
	struct coroutine co;
	int from, to;
	double sum;
};

static void count(void *arg)
{
	struct counter *c = arg;
	volatile char used[2000];

	memset((char *)used, 7, sizeof used);
	for (int i = c->from; i < c->to; i++) {
		c->sum += i * 0.5;
		coroutine_leave(&c->co);
	}
	c->sum += used[c->from] - 7;
}

static void test_switching(void)
{
	struct counter counters[100];
	struct stack_pool pool;
	size_t finished = 0;
	bool right = true;

	stack_pool_init(&pool, 100000);
	for (int i = 0; i < 100; i++) {
		counters[i] = (struct counter){.from = i, .to = 2 * i};
		if (coroutine_init(&counters[i].co, &pool, count, &counters[i]) < 0)
			bail_out("no stack");
	}
	while (finished < 100) {
		finished = 0;
		for (int i = 0; i < 100; i++) {
			if (!counters[i].co.finished)
				coroutine_enter(&counters[i].co);
			finished += counters[i].co.finished;
		}
	}
	for (int i = 0; i < 100; i++) {
		double want = 0;
		for (int k = i; k < 2 * i; k++)
			want += k * 0.5;
		right = right && counters[i].sum == want;
		coroutine_release(&counters[i].co, &pool);
	}
	ok(right, "a hundred coroutines in turn each keep their own");
	is_int(pool.count, STACK_POOL_SLOTS, "some stacks are kept for the next");
	stack_pool_release(&pool);
	is_int(pool.count, 0, "and given back");
}

static void round_down(void *arg)
{
	struct coroutine *co = arg;

	fesetround(FE_DOWNWARD);
	coroutine_leave(co);
	if (fegetround() != FE_DOWNWARD)
		bail_out("the rounding mode of a coroutine was lost");
}

static void test_rounding(void)
{
	struct stack_pool pool;
	struct coroutine co;

	stack_pool_init(&pool, 65536);
	if (coroutine_init(&co, &pool, round_down, &co) < 0)
		bail_out("no stack");
	coroutine_enter(&co);
	is_int(fegetround(), FE_TONEAREST, "the rounding mode belongs to the coroutine");
	coroutine_enter(&co);
	ok(co.finished, "which goes on with it");
	coroutine_release(&co, &pool);
	stack_pool_release(&pool);
}

static void test_guard(void)
{
	struct stack_pool pool;
	struct coroutine co;

	stack_pool_init(&pool, 65536);
	if (coroutine_init(&co, &pool, round_down, &co) < 0)
		bail_out("no stack");
	ok(coroutine_in_guard(&co, co.stack), "the guard begins where the mapping does");
	ok(!coroutine_in_guard(&co, co.stack - 1), "not below");
	ok(!coroutine_in_guard(&co, co.sp), "the stack itself is no guard");
	coroutine_release(&co, &pool);
	ok(!coroutine_in_guard(&co, co.stack), "what has no stack has no guard");
	stack_pool_release(&pool);
}

/* ---- a workflow that never stops calling itself */

static unsigned depth(volatile char *above, unsigned n)
{
	volatile char frame[512];

	memset((char *)frame, (int)n, sizeof frame);
	return n ? depth(frame, n + 1) + (unsigned)frame[n % 512] + (unsigned)above[0] : 0;
}

static json_t *endless(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_json(wf, "i", (int)depth((char[]){0}, 1));
}

static json_t *bad_pointer(wf_ctx *wf, const json_t *in)
{
	(void)in;
	*(volatile char *)(uintptr_t)wf_history_length(wf) = 1;
	return json_null();
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (!core_current() || strlen(core_current_name()) == 0)
		_exit(2);
	_exit(core_is_stack_overflow(info->si_addr) ? 42 : 43);
}

static int exit_of(const char *workflow)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_size = 65536};
	struct core_test t;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		stack.ss_sp = malloc(stack.ss_size);
		if (!stack.ss_sp || sigaltstack(&stack, NULL) < 0 ||
		    sigaction(SIGSEGV, &action, NULL) < 0 || sigaction(SIGBUS, &action, NULL) < 0)
			_exit(3);
		start(&t, workflow, "null");
		_exit(4);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void test_overflow(void)
{
#if defined(__SANITIZE_ADDRESS__)
	skip_test("an overflow is a fault in the guard", "the sanitizer reports it by itself");
#else
	is_int(exit_of("endless"), 42, "an overflow is a fault in the guard");
#endif
	is_int(exit_of("bad_pointer"), 43, "a bad pointer is none");
}

/* ---- workflows of large frames, many at once */

static json_t *large_frame(wf_ctx *wf, const json_t *in)
{
	char text[300000];

	(void)in;
	memset(text, 'x', sizeof text);
	if (wf_sleep(wf, 1000) < 0)
		return NULL;
	return json_integer(text[sizeof text - 1]);
}

static void test_large_frame(void)
{
	struct core_test t;

	start(&t, "large_frame", "null");
	fired(&t, 1, 1000);
	is_str(ended(&t), "completed 120", "a workflow may have large locals");
	finish(&t);
}

WF_MODULE(WF_WORKFLOW(endless), WF_WORKFLOW(bad_pointer), WF_WORKFLOW(large_frame))

int main(void)
{
	test_switching();
	test_rounding();
	test_guard();
	test_overflow();
	test_large_frame();
	return done_testing();
}
