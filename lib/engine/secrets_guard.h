/* SPDX-License-Identifier: MIT */
/*
 * For those who are about to write down what a user said: whether the value of a secret, as far as
 * this process knows it, is in there. Such words are refused; what a step says is masked.
 */
#ifndef WF_ENGINE_SECRETS_GUARD_H
#define WF_ENGINE_SECRETS_GUARD_H

#include <jansson.h>

struct err;
struct run;
struct secrets;
struct state;

struct secrets_guard {
	struct secrets *secrets;
	json_t *names; /* owned: of all that were looked up */
};

/* Know the secrets of config.yaml. Release it either way. */
int guard_open(struct secrets_guard *ret, struct state *state, struct err *err);
/* And these, an array of names. */
int guard_know(struct secrets_guard *guard, const json_t *names, struct err *err);
/* ERR_USAGE when value (may be NULL) holds one; what: how the user calls it. */
int guard_check(const struct secrets_guard *guard, const char *what, const json_t *value,
		struct err *err);
void guard_release(struct secrets_guard *guard);
/* inbox_put() of a message without one. */
int guarded_put(struct run *run, json_t *message, char **ret_name, struct err *err);

#endif
