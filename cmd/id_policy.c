/* SPDX-License-Identifier: MIT */
#include "id_policy.h"

#include "../lib/base/error.h"
#include "../lib/engine/status.h"
#include "../lib/store/run.h"

#include <string.h>

static bool is(const char *word, const char *name)
{
	return word && strcmp(word, name) == 0;
}

static bool is_one_of(const char *word, const char *const *names)
{
	for (; word && *names; names++)
		if (strcmp(word, *names) == 0)
			return true;
	return !word;
}

int id_policy_check(const struct id_policy *policy, enum id_default by_default, struct err *err)
{
	static const char *const conflicts[] = {"use-existing", "fail", "terminate-existing", NULL},
				 *const reuses[] = {"reject", "allow", "allow-failed", "result",
						    NULL};
	bool result = by_default == ID_RESULT;

	if (!is_one_of(policy->on_conflict, conflicts))
		return err_set(
			err, ERR_USAGE,
			"--on-conflict is use-existing, fail or terminate-existing, not '%s'",
			policy->on_conflict);
	if (!is_one_of(policy->reuse, reuses) || (!result && is(policy->reuse, "result")))
		return err_set(err, ERR_USAGE,
			       "--reuse is %sreject, allow or allow-failed, not '%s'",
			       result ? "result, " : "", policy->reuse);
	return 0;
}

static int judge_open(const struct id_policy *policy, const struct run *run, enum id_verdict *ret,
		      struct err *err)
{
	if (is(policy->on_conflict, "fail"))
		return err_set(err, ERR_USAGE,
			       "run '%s' is open already, and --on-conflict says fail", run->id);
	*ret = is(policy->on_conflict, "terminate-existing") ? ID_END : ID_USE;
	return 0;
}

/* Whether somebody who wanted to replace it came as far as ending it. */
static bool was_ended_for_this(const struct run_summary *s)
{
	const char *why = json_string_value(json_object_get(s->error, "message"));

	return s->status == STATUS_TERMINATED && is(why, ID_POLICY_REASON);
}

int id_policy_judge(const struct id_policy *policy, enum id_default by_default,
		    const struct run *run, enum id_verdict *ret, struct err *err)
{
	struct run_summary summary;
	bool again, open;
	int rc = run_summarize(&summary, run->state, run->id, run->closed, err);

	if (rc < 0)
		return rc;
	open = summary.status < STATUS_COMPLETED;
	again = is(policy->reuse, "allow") ||
		(is(policy->reuse, "allow-failed") && summary.status != STATUS_COMPLETED) ||
		(is(policy->on_conflict, "terminate-existing") && was_ended_for_this(&summary));
	run_summary_release(&summary);
	if (open)
		return judge_open(policy, run, ret, err);
	if (!again && (is(policy->reuse, "reject") || by_default == ID_REJECT))
		return err_set(err, ERR_USAGE, "run '%s' has ended already%s", run->id,
			       policy->reuse ? ", and --reuse does not let its id be taken" : "");
	/* one whose driver died with its end recorded is still in open/ */
	*ret = !again ? ID_USE : run->closed ? ID_REPLACE : ID_END;
	return 0;
}
