/* SPDX-License-Identifier: MIT */
/*
 * The values of secrets, as the process that drives runs knows them. They are in its memory, in
 * that of its workers and in the environment of the commands that are given them, and nowhere
 * else: what a run says is masked before it is written or told.
 *
 * NAME is read from the environment variable NAME, else from the file that NAME_FILE names, which
 * must belong to the user (or root) and be closed to all others. It is looked at again for each
 * attempt, so a file may be replaced; a value that was ever known stays masked.
 */
#ifndef WF_ENGINE_SECRETS_H
#define WF_ENGINE_SECRETS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct mask;
struct os;
struct secrets;

/* taken: called for each that is read, with the variable (NULL: from a file), which it may take out
 * of the environment; NULL: nobody is called. */
int secrets_new(struct secrets **ret, struct os *os, void (*taken)(const char *variable),
		struct err *err);
void secrets_free(struct secrets *secrets);
/*
 * Look NAME up: from now on its value is masked, and is put into the object values (may be NULL).
 * What is not set is no error unless required. ERR_SECRET also when its value cannot be masked
 * safely, or others could read its file.
 */
int secrets_look_up(struct secrets *secrets, const char *name, bool required, json_t *values,
		    struct err *err);
/* What masks all that is known. Borrowed. */
const struct mask *secrets_mask(const struct secrets *secrets);
/* What masks the values of an object as above. Release it. -1: no memory. */
int secrets_mask_of(const json_t *values, struct mask *ret);

#endif
