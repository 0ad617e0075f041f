/* SPDX-License-Identifier: MIT */
/* The change of stacks: the one place that knows the processor. */
#ifndef WF_CORE_SWITCH_H
#define WF_CORE_SWITCH_H

#include <stddef.h>

/* A stack of n bytes on which run(arg) begins when it is switched to; run must never return. */
void *switch_prepare(char *stack, size_t n, void (*run)(void *arg), void *arg);
/* Remember this place in *from and go on at to. */
void switch_to(void **from, void *to);

#endif
