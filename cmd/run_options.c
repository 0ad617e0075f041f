/* SPDX-License-Identifier: MIT */
#include "run_options.h"

#include "../lib/base/error.h"
#include "../lib/engine/stub.h"
#include "crash_child.h"
#include "tag_options.h"

/* A duration in the options of the run, unless it is none. */
static int put_duration(json_t *options, const char *name, int64_t ms)
{
	return ms ? json_object_set_new(options, name, json_integer(ms)) : 0;
}

static int add_durations(const struct run_values *v, json_t *options, struct err *err)
{
	return put_duration(options, "timeout", v->timeout) < 0 ||
			       put_duration(options, "run_timeout", v->run_timeout) < 0 ||
			       put_duration(options, "start_delay", v->start_delay) < 0
		       ? err_nomem(err)
		       : 0;
}

/* Virtual time and stubs. */
static int add_testing(const struct run_values *v, json_t *options, struct err *err)
{
	json_t *stubs = v->stub.n ? json_object() : NULL;
	uint64_t at;
	bool after;
	int r = v->crash_at ? crash_parse(v->crash_at, &at, &after, err) : 0;

	if (r == 0 && v->crash_at && v->crash_everywhere)
		r = err_set(err, ERR_USAGE, "give --crash-at or --crash-everywhere, not both");
	for (size_t i = 0; r == 0 && stubs && i < v->stub.n; i++)
		r = stub_parse(stubs, v->stub.v[i], err);
	if (r == 0 &&
	    ((v->stub.n && !stubs) || (stubs && json_object_set(options, "stubs", stubs) < 0) ||
	     (v->virtual_time && json_object_set_new(options, "virtual_time", json_true()) < 0)))
		r = err_nomem(err);
	json_decref(stubs);
	return r;
}

/* What --on-conflict and --reuse may say. */
static int check_policies(const struct run_values *v, struct err *err)
{
	if ((v->policy.on_conflict || v->policy.reuse) && !v->id)
		return err_set(err, ERR_USAGE, "--on-conflict and --reuse need an --id");
	return id_policy_check(&v->policy, ID_RESULT, err);
}

int run_options_make(const struct run_values *v, json_t **ret, struct err *err)
{
	json_t *options = json_object();
	int r = options ? add_durations(v, options, err) : err_nomem(err);

	if (r == 0)
		r = tag_options(&v->tags, &v->memos, options, err);
	if (r == 0)
		r = add_testing(v, options, err);
	if (r == 0)
		r = check_policies(v, err);
	if (r < 0) {
		json_decref(options);
		return r;
	}
	*ret = options;
	return 0;
}

bool run_options_same_testing(const json_t *mine, const json_t *of_run)
{
	static const char *const members[] = {"virtual_time", "stubs"};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const json_t *one = json_object_get(mine, members[i]);
		const json_t *other = json_object_get(of_run, members[i]);

		if (one && !(other && json_equal(one, other)))
			return false;
	}
	return true;
}
