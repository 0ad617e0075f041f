/* SPDX-License-Identifier: MIT */
/*
 * The secrets of a run: those that options.secrets of run.json names, which each attempt needs,
 * and those of config.yaml, which it gets when they are set.
 *
 * An attempt is not begun while one is missing: nothing is recorded, the run halts, and goes on
 * with the next driver that has it. To fail the attempt would use up tries, or try for ever, where
 * only whoever starts the driver can help.
 */
#ifndef WF_ENGINE_RUNNER_SECRETS_H
#define WF_ENGINE_RUNNER_SECRETS_H

#include <jansson.h>

struct driver;
struct err;
struct runner;

/* Look up those of config.yaml. ERR_SECRET: one is set to what cannot be kept secret. */
int driver_secrets(struct driver *d, struct err *err);
/* Know for masking what is there already; what is missing is found when it is needed. */
int runner_secrets_open(struct runner *r, struct err *err);
/* The values for an attempt: a new object, NULL when there are none. ERR_SECRET. */
int runner_secrets(struct runner *r, json_t **ret, struct err *err);
/* Put a masked copy in the place of *value, if it holds a secret. */
int runner_mask(struct runner *r, json_t **value, struct err *err);

#endif
