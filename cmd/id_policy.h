/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a run that has the id already: --on-conflict, when it is
 * open, and --reuse, when it has ended.
 *
 * --on-conflict terminate-existing ends the open run and then replaces it. A death
 * between leaves it terminated, for this reason; the same words, said again, find that and go on
 * with replacing it.
 */
#ifndef WF_CMD_ID_POLICY_H
#define WF_CMD_ID_POLICY_H

struct err;
struct run;

struct id_policy {
	const char *on_conflict, *reuse; /* NULL: the default */
};

#define ID_POLICY_REASON "another run takes its id"

/* What the reuse of a run that has ended is by default. */
enum id_default { ID_RESULT, ID_REJECT };

#define ID_POLICY_OPTIONS(values, member, on_conflict_help, reuse_help) \
	{.name = "on-conflict", \
	 .argument = "POLICY", \
	 .kind = OPTION_TEXT, \
	 .offset = offsetof(values, member) + offsetof(struct id_policy, on_conflict), \
	 .help = on_conflict_help}, \
	{ \
		.name = "reuse", .argument = "POLICY", .kind = OPTION_TEXT, \
		.offset = offsetof(values, member) + offsetof(struct id_policy, reuse), \
		.help = reuse_help \
	}

/* ERR_USAGE: a word that is none. */
int id_policy_check(const struct id_policy *policy, enum id_default by_default, struct err *err);

enum id_verdict {
	ID_USE,     /* go on with it, or tell its result */
	ID_END,     /* terminate it, and then replace it */
	ID_REPLACE, /* it has ended: begin anew */
};

/* What to do with this run. ERR_USAGE: nothing, for the policy says so. */
int id_policy_judge(const struct id_policy *policy, enum id_default by_default,
		    const struct run *run, enum id_verdict *ret, struct err *err);

#endif
