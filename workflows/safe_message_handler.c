/* SPDX-License-Identifier: MIT */
/*
 * A cluster whose nodes are assigned by updates that take steps: handlers run side by side, so what
 * they read and write is guarded, and the run ends only when none is left. Nor does it begin again
 * with a short history before that, which it does after `moves` of them. `wf signal ID start`,
 * `wf update ID assign job=a nodes=2`, `wf update ID delete job=a`, `wf signal ID shutdown`.
 */
#include <wf.h>

#include <string.h>

#define NODES 25

struct cluster {
	json_t *nodes;   /* name -> job, or null when it is free */
	json_int_t left; /* moves in this generation */
	bool up, down, locked;
};

static const char *job_of(const json_t *argument)
{
	return json_string_value(json_object_get(argument, "job"));
}

static bool is_up(wf_ctx *wf, void *arg)
{
	const struct cluster *cluster = (const struct cluster *)arg;

	(void)wf;
	return cluster->up;
}

static bool is_free(wf_ctx *wf, void *arg)
{
	(void)wf;
	return !((const struct cluster *)arg)->locked;
}

static bool lock(wf_ctx *wf, struct cluster *cluster)
{
	if (!wf_condition(wf, is_up, cluster, 0) || !wf_condition(wf, is_free, cluster, 0))
		return false;
	cluster->locked = true;
	return true;
}

static json_t *move_nodes(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_deep_copy(in);
}

static bool names_job(wf_ctx *wf, const json_t *argument, void *arg)
{
	if (((struct cluster *)arg)->down)
		wf_throw(wf, "shut_down", "the cluster is shut down");
	else if (!job_of(argument))
		wf_throw(wf, "no_job", "which job?");
	return job_of(argument) && !((struct cluster *)arg)->down;
}

static bool holds(const json_t *holder, const char *job)
{
	return json_is_string(holder) && strcmp(json_string_value(holder), job) == 0;
}

/* The names of so many free nodes; NULL: there are not. Asked for again, a job keeps what it has.
 */
static json_t *pick(wf_ctx *wf, const struct cluster *cluster, const char *job, json_int_t wanted)
{
	json_t *picked = json_array(), *holder;
	const char *node;

	json_object_foreach (cluster->nodes, node, holder)
		if (holds(holder, job))
			json_array_append_new(picked, json_string(node));
	if (json_array_size(picked))
		return picked;
	json_object_foreach (cluster->nodes, node, holder)
		if (json_is_null(holder) && (json_int_t)json_array_size(picked) < wanted)
			json_array_append_new(picked, json_string(node));
	if ((json_int_t)json_array_size(picked) == wanted)
		return picked;
	json_decref(picked);
	return wf_throw(wf, "too_few", "%lld nodes are not free", (long long)wanted);
}

static json_t *assign(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct cluster *cluster = (struct cluster *)arg;
	const json_t *node;
	json_t *picked;
	size_t i;

	if (!lock(wf, cluster))
		return NULL;
	picked = pick(wf, cluster, job_of(argument),
		      json_integer_value(json_object_get(argument, "nodes")));
	if (picked && wf_step(wf, move_nodes, picked)) {
		cluster->left--;
		json_array_foreach (picked, i, node)
			json_object_set_new(cluster->nodes, json_string_value(node),
					    json_string(job_of(argument)));
	}
	cluster->locked = false;
	return picked;
}

static json_t *delete_job(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct cluster *cluster = (struct cluster *)arg;
	const char *job = job_of(argument), *node;
	json_t *holder;
	void *next;
	json_int_t freed = 0;

	if (!lock(wf, cluster))
		return NULL;
	if (wf_step(wf, move_nodes, argument)) {
		cluster->left--;
		json_object_foreach_safe (cluster->nodes, next, node, holder)
			if (holds(holder, job)) {
				json_object_set_new(cluster->nodes, node, json_null());
				freed++;
			}
	}
	cluster->locked = false;
	return wf_json(wf, "{s:I}", "freed", freed);
}

static void start(wf_ctx *wf, const json_t *payload, void *arg)
{
	(void)wf;
	(void)payload;
	((struct cluster *)arg)->up = true;
}

static void shut_down(wf_ctx *wf, const json_t *payload, void *arg)
{
	(void)wf;
	(void)payload;
	((struct cluster *)arg)->up = ((struct cluster *)arg)->down = true;
}

static bool is_over(wf_ctx *wf, void *arg)
{
	const struct cluster *cluster = (const struct cluster *)arg;

	return (cluster->down || cluster->left <= 0 || wf_continue_suggested(wf)) &&
	       wf_handlers_done(wf);
}

static json_t *go_on(wf_ctx *wf, const json_t *in, const struct cluster *cluster)
{
	json_t *next = json_is_object(in) ? json_copy((json_t *)in) : json_object();

	json_object_set(next, "nodes", cluster->nodes);
	json_object_set_new(next, "up", json_boolean(cluster->up));
	wf_continue_as_new(wf, next);
	json_decref(next);
	return NULL;
}

static json_t *safe_message_handler(wf_ctx *wf, const json_t *in)
{
	struct cluster *cluster = (struct cluster *)wf_alloc(wf, sizeof *cluster);
	json_int_t busy = 0;
	const char *node;
	json_t *holder;

	cluster->nodes = json_deep_copy(json_object_get(in, "nodes"));
	cluster->up = json_is_true(json_object_get(in, "up"));
	cluster->left = json_integer_value(json_object_get(in, "moves"));
	if (!cluster->left)
		cluster->left = 1000;
	if (!cluster->nodes)
		cluster->nodes = json_object();
	for (int i = 0; i < NODES && json_object_size(cluster->nodes) < NODES; i++)
		json_object_set_new(cluster->nodes, (char[]){'n', (char)('a' + i), '\0'},
				    json_null());
	wf_on_update(wf, "assign", names_job, assign, cluster);
	wf_on_update(wf, "delete", names_job, delete_job, cluster);
	wf_on_signal(wf, "start", start, cluster);
	wf_on_signal(wf, "shutdown", shut_down, cluster);
	if (!wf_condition(wf, is_over, cluster, 0))
		return NULL;
	if (!cluster->down)
		return go_on(wf, in, cluster);
	json_object_foreach (cluster->nodes, node, holder)
		busy += json_is_string(holder);
	json_decref(cluster->nodes);
	return wf_json(wf, "{s:I}", "assigned", busy);
}

WF_MODULE(WF_WORKFLOW(safe_message_handler), WF_STEP(move_nodes))
