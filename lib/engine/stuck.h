/* SPDX-License-Identifier: MIT */
/*
 * A workflow that never gives way keeps the loop from seeing that it is asked
 * to stop. So a look is taken some time after SIGINT or SIGTERM: when workflow code still runs
 * the same turn, the process leaves then. What was told to it is durable and committed; the run is
 * interrupted. A second signal meanwhile makes it leave at once.
 */
#ifndef WF_ENGINE_STUCK_H
#define WF_ENGINE_STUCK_H

#include <stdbool.h>
#include <stdint.h>

/* Go before the handlers that these two signals have now. */
void stuck_install(int64_t grace_ms);
/* Nothing more is looked at; before the handlers below are taken away. */
void stuck_uninstall(void);
/* Whether one of the two has come since stuck_install: of use to who waits outside the loop. */
bool stuck_asked(void);

#endif
