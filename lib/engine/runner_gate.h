/* SPDX-License-Identifier: MIT */
/*
 * What a run must have before anything of it is served: the locks that it held when its last driver
 * died, and the place that config.yaml's limits give to its workflow. Messages and time still
 * reach the workflow; what it asks for waits. Internal to the engine.
 */
#ifndef WF_ENGINE_RUNNER_GATE_H
#define WF_ENGINE_RUNNER_GATE_H

struct err;
struct runner;

enum gate_bolt { GATE_LOCKS = 1, GATE_SLOT = 2, GATE_RATE = 4 };

int runner_gate_shut(struct runner *r, enum gate_bolt bolt, struct err *err);
/* Serves what has gathered, once the last bolt is gone. */
int runner_gate_open(struct runner *r, enum gate_bolt bolt, struct err *err);
/* The limits of its workflow; fresh: it has not begun before. */
int runner_gate_limits(struct runner *r, int fresh, struct err *err);
void runner_gate_look(struct runner *r);
void runner_gate_close(struct runner *r);

#endif
