/* SPDX-License-Identifier: MIT */
/* The folder of compiled modules in a state directory. */
#ifndef WF_ENGINE_COMPILE_CACHE_H
#define WF_ENGINE_COMPILE_CACHE_H

struct err;
struct state;

struct cache_entry {
	char *path;      /* owned: where it is, or will be */
	char *temporary; /* owned: where to make it; NULL when it is there */
};

/* 1 when the entry is there, 0 when it is to be made at entry->temporary (the folder is made). */
int cache_find(struct state *state, const char *key, struct cache_entry *ret, struct err *err);
/* made: 0 when the temporary is whole: syncs it, gives it its name, and forgets the entries used
 * longest ago. Otherwise removes it. Returns made, or the code of what failed. */
int cache_finish(struct state *state, struct cache_entry *entry, int made, struct err *err);
void cache_entry_release(struct cache_entry *entry);

#endif
