/* SPDX-License-Identifier: MIT */
/*
 * Keeping packs few: small ones are merged when there are more than
 * PACKS_MANY, and with them every larger one that is less than twice as large as
 * all the smaller together; so each object is copied a logarithmic number of times.
 */
#ifndef WF_STORE_GIT_PACKS_H
#define WF_STORE_GIT_PACKS_H

#include <stdbool.h>

struct err;
struct repo;

enum { PACKS_MANY = 30 };

/* Merge packs where there are too many; all: down to one. Does nothing while another process does
 * it. */
int packs_tidy(struct repo *repo, bool all, struct err *err);
/* Remove what killed processes left: temporaries, .keep files of ours, a lock on packed refs. */
void packs_sweep(struct repo *repo);

#endif
