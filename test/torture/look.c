/* SPDX-License-Identifier: MIT */
#include "torture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t hash_of(const char *text, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
	return h ? h : 1;
}

void each_line(struct torture *t, const char *id,
	       void (*each)(struct torture *t, void *arg, json_t *line, uint64_t hash), void *arg)
{
	static const char *const places[] = {".wf/open", ".wf/closed"};
	char path[4096], *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f = NULL;

	for (size_t i = 0; i < 2 && !f; i++) {
		path_of(t, path, places[i], id, "history/000001.jsonl");
		f = fopen(path, "re");
	}
	if (!f)
		return;
	while ((n = getline(&line, &size, f)) > 0) {
		json_t *event = n > 1 && line[n - 1] == '\n'
					? json_loadb(line, (size_t)n - 1, 0, NULL)
					: NULL;

		if (event && json_object_get(event, "crc"))
			each(t, arg, event, hash_of(line, (size_t)n));
		json_decref(event);
	}
	free(line);
	fclose(f);
}

/* The command whose outcome a line records; 0: none. */
static uint64_t outcome_of(json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	json_int_t cmd = json_integer_value(json_object_get(line, "cmd"));

	if (!type || cmd <= 0 || cmd >= MAX_COMMANDS)
		return 0;
	return strcmp(type, "step_completed") == 0 || strcmp(type, "step_failed") == 0
		       ? (uint64_t)cmd
		       : 0;
}

static void remember(struct torture *t, void *arg, json_t *line, uint64_t hash)
{
	struct target *target = arg;
	uint64_t cmd = outcome_of(line);

	if (cmd == 0 || target->seen[cmd].hash)
		return;
	target->seen[cmd] = (struct seen){.hash = hash, .marks = -1};
	t->recorded_seen++;
}

void look_at(struct torture *t, struct target *target)
{
	char path[4096];
	struct stat st;

	each_line(t, target->id, remember, target);
	path_of(t, path, "marks", target->id, NULL);
	if (stat(path, &st) < 0)
		st.st_size = 0;
	for (size_t i = 0; i < MAX_COMMANDS; i++)
		if (target->seen[i].hash && target->seen[i].marks < 0)
			target->seen[i].marks = st.st_size;
}

struct final {
	struct target *target;
	uint64_t hash[MAX_COMMANDS];
	bool at_most_once[MAX_COMMANDS];
};

static void recall(struct torture *t, void *arg, json_t *line, uint64_t hash)
{
	struct final *final = arg;
	uint64_t cmd = outcome_of(line);
	const char *step = json_string_value(json_object_get(line, "step"));

	if (cmd == 0)
		return;
	if (final->hash[cmd])
		broken(t, "promise 3: %s: two outcomes of command %d", final->target->id, (int)cmd);
	final->hash[cmd] = hash;
	final->at_most_once[cmd] = step && strcmp(step, "once") == 0;
}

static void judge_lines(struct torture *t, struct final *final)
{
	each_line(t, final->target->id, recall, final);
	for (int i = 0; i < MAX_COMMANDS; i++) {
		uint64_t seen = final->target->seen[i].hash;

		if (seen && seen != final->hash[i])
			broken(t,
			       "promise 1: %s: the outcome of command %d that was seen in the history is %s",
			       final->target->id, i, final->hash[i] ? "another now" : "gone");
	}
}

struct marks {
	const struct final *final;
	unsigned begun[MAX_COMMANDS];
	int driver, *gone; /* whose marks came last; those before it */
	size_t gone_count;
};

static void judge_driver(struct torture *t, struct marks *m, int driver, const char *line)
{
	if (driver == m->driver)
		return;
	for (size_t i = 0; i < m->gone_count; i++)
		if (m->gone[i] == driver) {
			broken(t,
			       "promise 5: %s: driver %d acted again after driver %d had begun: %s",
			       m->final->target->id, driver, m->driver, line);
			return;
		}
	m->gone = realloc(m->gone, (m->gone_count + 1) * sizeof *m->gone);
	if (!m->gone)
		give_up("no memory");
	m->gone[m->gone_count++] = m->driver;
	m->driver = driver;
}

static void judge_mark(struct torture *t, struct marks *m, const char *line, off_t offset)
{
	const struct target *target = m->final->target;
	char word[8], key[64];
	int attempt, pid, driver;
	unsigned long cmd;
	const char *dot;

	if (sscanf(line, "%7s %63s %d %d %d", word, key, &attempt, &pid, &driver) != 5 ||
	    !(dot = strchr(key, '.')) || (cmd = strtoul(dot + 1, NULL, 10)) == 0 ||
	    cmd >= MAX_COMMANDS) {
		broken(t, "%s: not a mark: %s", target->id, line);
		return;
	}
	judge_driver(t, m, driver, line);
	if (strcmp(word, "begin") != 0)
		return;
	if (target->seen[cmd].hash && offset >= target->seen[cmd].marks)
		broken(t, "promise 3: %s: recorded step %lu ran again: %s", target->id, cmd, line);
	if (++m->begun[cmd] > 1 && m->final->at_most_once[cmd])
		broken(t, "promise 3: %s: at-most-once step %lu ran again: %s", target->id, cmd,
		       line);
}

static void judge_marks(struct torture *t, const struct final *final)
{
	struct marks m = {.final = final, .driver = -1};
	char path[4096], line[300];
	off_t offset = 0;
	FILE *f;

	path_of(t, path, "marks", final->target->id, NULL);
	if (!(f = fopen(path, "re"))) {
		broken(t, "%s: no marks at all", final->target->id);
		return;
	}
	while (fgets(line, sizeof line, f)) {
		size_t n = strlen(line);

		line[strcspn(line, "\n")] = '\0';
		judge_mark(t, &m, line, offset);
		offset += (off_t)n;
	}
	fclose(f);
	free(m.gone);
}

void judge_run(struct torture *t, struct target *target)
{
	struct final final = {.target = target};

	judge_lines(t, &final);
	judge_marks(t, &final);
}
