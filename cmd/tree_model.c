/* SPDX-License-Identifier: MIT */
#include "tree_model.h"

#include "../lib/base/buf.h"
#include "../lib/base/sorted.h"
#include "describe.h"

#include <stdlib.h>
#include <string.h>

#define MOST_OVER 400 /* outcomes kept; folded to half of it when there are more */

bool node_is_over(const struct node *node)
{
	return node->state >= NODE_COMPLETED;
}

static void node_release(struct node *node)
{
	free(node->name);
	free(node->text);
	free(node->said);
}

static struct tree_run *find_run(struct tree_model *model, const char *id)
{
	struct tree_run *run = model->runs;

	while (run && strcmp(run->id, id) != 0)
		run = run->next;
	return run;
}

static struct tree_run *run_of(struct tree_model *model, const struct progress *p, int64_t now)
{
	struct tree_run *run = find_run(model, p->run_id), **last = &model->runs;

	if (run || !(run = calloc(1, sizeof *run)))
		return run;
	run->id = strdup(p->run_id);
	run->workflow = strdup(p->workflow ? p->workflow : "");
	run->began = now;
	if (!run->id || !run->workflow) {
		free(run->id);
		free(run->workflow);
		free(run);
		return NULL;
	}
	while (*last)
		last = &(*last)->next;
	return *last = run;
}

static int by_cmd(const void *key, const void *item)
{
	const uint64_t *cmd = key;
	const struct node *node = item;

	return *cmd < node->cmd ? -1 : *cmd > node->cmd;
}

/* Where the command is, or would be. */
static size_t place_of(const struct tree_run *run, uint64_t cmd, bool *ret_found)
{
	if (run->count && run->nodes[run->count - 1].cmd < cmd) {
		*ret_found = false;
		return run->count;
	}
	return sorted_place(run->nodes, run->count, sizeof *run->nodes, &cmd, by_cmd, ret_found);
}

static void fold(struct tree_run *run)
{
	size_t over = run->count - run->active, drop = over > MOST_OVER ? over - MOST_OVER / 2 : 0,
	       kept = 0;

	if (!drop)
		return;
	for (size_t i = 0; i < run->count; i++) {
		if (drop && node_is_over(&run->nodes[i])) {
			node_release(&run->nodes[i]);
			run->folded++;
			drop--;
		} else {
			run->nodes[kept++] = run->nodes[i];
		}
	}
	run->count = kept;
}

static struct node *node_of(struct tree_run *run, const struct progress *p)
{
	struct node *nodes;
	bool found;
	size_t at;

	fold(run);
	at = place_of(run, p->cmd, &found);
	if (found)
		return &run->nodes[at];
	nodes = sorted_room(run->nodes, run->count, &run->size, sizeof *nodes, at);
	if (!nodes)
		return NULL;
	run->nodes = nodes;
	nodes[at] = (struct node){
		.cmd = p->cmd, .state = NODE_COMPLETED, .name = p->step ? strdup(p->step) : NULL};
	run->count++;
	return &run->nodes[at];
}

static void set_text(char **ret, const char *text)
{
	free(*ret);
	*ret = text ? strdup(text) : NULL;
}

static bool change(struct tree_run *run, const struct progress *p, enum node_state state,
		   int64_t now)
{
	struct node *node = node_of(run, p);

	if (!node)
		return false;
	run->active -= !node_is_over(node);
	node->state = state;
	run->active += !node_is_over(node);
	node->since = now;
	node->us = p->us;
	if (p->attempt)
		node->attempt = p->attempt;
	if (state == NODE_RETRY || state == NODE_FAILED)
		set_text(&node->text, p->text);
	set_text(&node->said, NULL);
	return true;
}

static bool take_waits(struct tree_run *run, const struct progress *p)
{
	struct buf text = BUF_INIT;

	describe_waits(&text, p->detail);
	free(run->waits);
	run->waits = buf_detach(&text);
	return run->waits != NULL;
}

static bool retry(struct tree_run *run, const struct progress *p, int64_t now)
{
	if (!change(run, p, NODE_RETRY, now))
		return false;
	node_of(run, p)->until = now / 1000 + p->wait_ms; /* monotonic: a wait is a span of time */
	return true;
}

static bool heartbeat(struct tree_run *run, const struct progress *p, int64_t now)
{
	struct node *node = node_of(run, p);

	if (node && node->state != NODE_RUNNING && !change(run, p, NODE_RUNNING, now))
		return false;
	if (node)
		set_text(&node->said, p->text);
	return node != NULL;
}

bool tree_model_apply(struct tree_model *model, const struct progress *p, int64_t now)
{
	struct tree_run *run = run_of(model, p, now);

	if (!run)
		return false;
	switch (p->kind) {
	case PROGRESS_RUN_STARTED:
		run->replayed = p->replayed;
		break;
	case PROGRESS_STEP_STARTED:
		return change(run, p, NODE_QUEUED, now);
	case PROGRESS_STEP_BEGAN:
		return change(run, p, NODE_RUNNING, now);
	case PROGRESS_HEARTBEAT:
		return heartbeat(run, p, now);
	case PROGRESS_STEP_RETRY:
		return retry(run, p, now);
	case PROGRESS_STEP_COMPLETED:
		run->steps++;
		return change(run, p, NODE_COMPLETED, now);
	case PROGRESS_STEP_FAILED:
		run->steps++;
		return change(run, p, NODE_FAILED, now);
	case PROGRESS_TIMER_STARTED:
		if (!change(run, p, NODE_TIMER, now))
			return false;
		node_of(run, p)->until = p->until;
		break;
	case PROGRESS_TIMER_FIRED:
		return change(run, p, NODE_FIRED, now);
	case PROGRESS_WAITING:
		return take_waits(run, p);
	case PROGRESS_RUN_ENDED:
		run->end = p->end;
		break;
	case PROGRESS_SIGNAL:
	case PROGRESS_UPDATE:
	case PROGRESS_LOG:
		break;
	}
	return true;
}

void tree_model_release(struct tree_model *model)
{
	while (model->runs) {
		struct tree_run *run = model->runs;

		model->runs = run->next;
		for (size_t i = 0; i < run->count; i++)
			node_release(&run->nodes[i]);
		free(run->nodes);
		free(run->id);
		free(run->workflow);
		free(run->waits);
		free(run);
	}
}
