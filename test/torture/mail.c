/* SPDX-License-Identifier: MIT */
#include "torture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct sent *send_new(struct torture *t, struct target *target, struct process *p,
			     bool update)
{
	target->sent = realloc(target->sent, (target->sent_count + 1) * sizeof *target->sent);
	if (!target->sent)
		give_up("no memory");
	p->sent = target->sent_count++;
	target->sent[p->sent] = (struct sent){.number = t->next_number, .update = update};
	return &target->sent[p->sent];
}

void begin_signal(struct torture *t, struct process *p, struct target *target)
{
	char number[16];
	const char *const argv[] = {t->wf, "signal", target->id, "note", number, NULL};

	snprintf(number, sizeof number, "%d", send_new(t, target, p, false)->number);
	begin_process(t, p, JOB_SIGNAL, argv);
}

void begin_update(struct torture *t, struct process *p, struct target *target)
{
	char number[16], name[20];
	const char *const argv[] = {t->wf, "update",  target->id,  "add",   number, "--update-id",
				    name,  "--quiet", "--timeout", "300ms", NULL};

	snprintf(number, sizeof number, "%d", send_new(t, target, p, true)->number);
	snprintf(name, sizeof name, "u%s", number);
	begin_process(t, p, JOB_UPDATE, argv);
}

void begin_query(struct torture *t, struct process *p, const struct target *target)
{
	const char *const all[] = {"notes", "stack", "waits"};
	const char *const argv[] = {t->wf, "query", target->id, all[below(t, 3)], NULL};

	begin_process(t, p, JOB_QUERY, argv);
}

void mail_ended(struct torture *t, struct process *p, int status)
{
	struct target *target = &t->target[p->target];
	struct sent *sent = &target->sent[p->sent];
	char *told;

	if (status != 0)
		return;
	sent->told = true;
	t->mail_told++;
	told = sent->update ? whole_file(p->out) : NULL;
	if (told && atoi(told) != sent->number + 1)
		broken(t, "promise 1: %s: update %d was answered %s", target->id, sent->number,
		       told);
	free(told);
}

/* How often a message is in the history: as taken, and, for an update, as answered. */
struct found {
	struct target *target;
	unsigned *taken, *answered;
};

static struct sent *sent_of(struct target *target, bool update, long number, size_t *ret_at)
{
	for (size_t i = 0; i < target->sent_count; i++)
		if (target->sent[i].number == number && target->sent[i].update == update) {
			*ret_at = i;
			return &target->sent[i];
		}
	return NULL;
}

static void count_line(struct torture *t, void *arg, json_t *line, uint64_t hash)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const char *update = json_string_value(json_object_get(line, "update"));
	long number = update ? strtol(update + 1, NULL, 10)
			     : (long)json_integer_value(json_object_get(line, "payload"));
	bool taken = type &&
		     (strcmp(type, "signal_received") == 0 || strcmp(type, "update_accepted") == 0);
	bool answered = type && strcmp(type, "update_completed") == 0;
	struct found *found = arg;
	size_t at = 0;

	(void)hash;
	if (!taken && !answered)
		return;
	if (!sent_of(found->target, update != NULL, number, &at)) {
		broken(t, "%s: a message nobody sent: %ld", found->target->id, number);
		return;
	}
	found->taken[at] += taken;
	found->answered[at] += answered;
}

static void judge_one(struct torture *t, const struct found *found, size_t i)
{
	const struct sent *sent = &found->target->sent[i];
	const char *what = sent->update ? "update" : "signal";

	if (sent->told && found->taken[i] == 0)
		broken(t, "promise 1: %s: %s %d was acknowledged and is gone", found->target->id,
		       what, sent->number);
	if (sent->told && sent->update && found->answered[i] == 0)
		broken(t, "promise 1: %s: the answer of update %d is gone", found->target->id,
		       sent->number);
	if (found->taken[i] > 1 || found->answered[i] > 1)
		broken(t, "%s: %s %d was taken %u times, answered %u times", found->target->id,
		       what, sent->number, found->taken[i], found->answered[i]);
	t->mail_taken += found->taken[i];
}

void judge_mail(struct torture *t, struct target *target)
{
	struct found found = {.target = target};

	found.taken = calloc(target->sent_count + 1, sizeof *found.taken);
	found.answered = calloc(target->sent_count + 1, sizeof *found.answered);
	if (!found.taken || !found.answered)
		give_up("no memory");
	each_line(t, target->id, count_line, &found);
	for (size_t i = 0; i < target->sent_count; i++)
		judge_one(t, &found, i);
	free(found.taken);
	free(found.answered);
}
