/* SPDX-License-Identifier: MIT */
#include "switch.h"

#include <stdint.h>
#include <string.h>

/* A shadow stack knows only the calls of one stack: there libc has to do it. */
#if defined(__CET__) && (__CET__ & 2)
#define SHADOW_STACK 1
#else
#define SHADOW_STACK 0
#endif

#if defined(__x86_64__) && !SHADOW_STACK

/* What a called function must keep: rbx, rbp, r12 to r15 and the two floating point control words.
 */
__asm__(".text\n"
	".p2align 4\n"
	".hidden wf_switch_\n"
	".globl wf_switch_\n"
	".type wf_switch_, @function\n"
	"wf_switch_:\n"
	"	.cfi_startproc\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	subq $8, %rsp\n"
	"	stmxcsr (%rsp)\n"
	"	fnstcw 4(%rsp)\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	ldmxcsr (%rsp)\n"
	"	fldcw 4(%rsp)\n"
	"	addq $8, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size wf_switch_, .-wf_switch_\n"
	".p2align 4\n"
	".type wf_switch_begin_, @function\n"
	".hidden wf_switch_begin_\n"
	".globl wf_switch_begin_\n"
	"wf_switch_begin_:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"	movq %r12, %rdi\n"
	"	callq *%r13\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size wf_switch_begin_, .-wf_switch_begin_\n");

void wf_switch_(void **from, void *to);
void wf_switch_begin_(void);

enum { CONTROL, R15, R14, R13, R12, RBX, RBP, RETURN, PAD, FRAME };

void *switch_prepare(char *stack, size_t n, void (*run)(void *arg), void *arg)
{
	uint64_t *frame = (uint64_t *)(void *)(stack + (n & ~(size_t)15)) - FRAME - 1;
	uint32_t mxcsr;
	uint16_t x87;

	memset(frame, 0, (FRAME + 1) * sizeof *frame);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	frame[CONTROL] = mxcsr | (uint64_t)x87 << 32;
	frame[R12] = (uint64_t)(uintptr_t)arg;
	frame[R13] = (uint64_t)(uintptr_t)run;
	frame[RETURN] = (uint64_t)(uintptr_t)wf_switch_begin_;
	return frame;
}

void switch_to(void **from, void *to)
{
	wf_switch_(from, to);
}

#elif defined(__aarch64__)

/* What a called function must keep: x19 to x30 and the low halves of v8 to v15. */
__asm__(".text\n"
	".p2align 4\n"
	".hidden wf_switch_\n"
	".globl wf_switch_\n"
	".type wf_switch_, %function\n"
	"wf_switch_:\n"
	"	.cfi_startproc\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size wf_switch_, .-wf_switch_\n"
	".p2align 4\n"
	".hidden wf_switch_begin_\n"
	".globl wf_switch_begin_\n"
	".type wf_switch_begin_, %function\n"
	"wf_switch_begin_:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	mov x0, x19\n"
	"	blr x20\n"
	"	brk #1\n"
	"	.cfi_endproc\n"
	".size wf_switch_begin_, .-wf_switch_begin_\n");

void wf_switch_(void **from, void *to);
void wf_switch_begin_(void);

enum { X19, X20, X29 = 10, X30 = 11, FRAME = 20 };

void *switch_prepare(char *stack, size_t n, void (*run)(void *arg), void *arg)
{
	uint64_t *frame = (uint64_t *)(void *)(stack + (n & ~(size_t)15)) - FRAME;

	memset(frame, 0, FRAME * sizeof *frame);
	frame[X19] = (uint64_t)(uintptr_t)arg;
	frame[X20] = (uint64_t)(uintptr_t)run;
	frame[X30] = (uint64_t)(uintptr_t)wf_switch_begin_;
	return frame;
}

void switch_to(void **from, void *to)
{
	wf_switch_(from, to);
}

#else

#include <ucontext.h>

/* Elsewhere libc's way; each change then costs two system calls. The place is kept on the stack
 * that it is about. */
struct start {
	ucontext_t context;
	void (*run)(void *arg);
	void *arg;
};

static void begin(unsigned high, unsigned low)
{
	struct start *start = (struct start *)(uintptr_t)((uint64_t)high << 32 | low);

	start->run(start->arg);
}

void *switch_prepare(char *stack, size_t n, void (*run)(void *arg), void *arg)
{
	struct start *start = (struct start *)(void *)(stack + ((n - sizeof *start) & ~(size_t)63));
	uint64_t place = (uintptr_t)start;

	memset(start, 0, sizeof *start);
	getcontext(&start->context);
	start->context.uc_stack.ss_sp = stack;
	start->context.uc_stack.ss_size = (size_t)((char *)start - stack);
	start->run = run;
	start->arg = arg;
	makecontext(&start->context, (void (*)(void))(uintptr_t)begin, 2, (unsigned)(place >> 32),
		    (unsigned)place);
	return start;
}

void switch_to(void **from, void *to)
{
	ucontext_t here;

	*from = &here;
	swapcontext(&here, to);
}

#endif
