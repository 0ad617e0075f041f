/* SPDX-License-Identifier: MIT */
/* A pool on a loop of its own, with steps given as functions, for the tests of the pool. */
#ifndef WF_TEST_POOL_FIXTURE_H
#define WF_TEST_POOL_FIXTURE_H

#include "base/error.h"
#include "engine/pool.h"
#include "model/module.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

struct result {
	int outcomes, began, beats;
	enum pool_result result;
	char *text, *beat;
	size_t len;
	int64_t us;
};

struct fixture {
	uv_loop_t loop;
	struct pool *pool;
	char folder[64];
	size_t ended;
	bool light; /* keep no texts */
	void (*on_began)(struct fixture *f, struct result *r);
	void (*on_ended)(struct fixture *f, struct result *r);
};

/* What to ask for; zero is a default. */
struct ask {
	wf_step_fn *function;
	json_t *input; /* stolen */
	enum step_kind kind;
	int64_t timeout, heartbeat, grace;
	const char *log_base, *details, *directory;
	json_t *environment; /* stolen */
	bool any_exit;
	size_t capture;
	uint64_t id;
	int attempt;
};

static TAP_UNUSED void fixture_outcome(void *arg, const struct pool_outcome *o)
{
	struct fixture *f = arg;
	struct result *r = o->owner;

	r->outcomes++;
	r->result = o->result;
	r->us = o->us;
	r->len = o->len;
	f->ended++;
	if (!f->light) {
		free(r->text);
		r->text = strndup(o->text, o->len);
	}
	if (f->on_ended)
		f->on_ended(f, r);
}

static TAP_UNUSED void fixture_began(void *arg, void *owner, uint64_t id)
{
	struct fixture *f = arg;
	struct result *r = owner;

	(void)id;
	r->began++;
	if (f->on_began)
		f->on_began(f, r);
}

static TAP_UNUSED void fixture_beat(void *arg, void *owner, uint64_t id, const char *details,
				    size_t len)
{
	struct result *r = owner;

	(void)arg;
	(void)id;
	r->beats++;
	free(r->beat);
	r->beat = strndup(details, len);
}

static TAP_UNUSED void fixture_open(struct fixture *f, unsigned jobs, size_t max_result)
{
	struct pool_callbacks callbacks = {fixture_outcome, fixture_began, fixture_beat, f};
	struct err err = ERR_INIT;

	memset(f, 0, sizeof *f);
	strcpy(f->folder, "/tmp/wf-pool-XXXXXX");
	if (!mkdtemp(f->folder) || uv_loop_init(&f->loop) < 0 ||
	    pool_new(&f->pool, &f->loop, jobs, max_result, &callbacks, &err) < 0)
		bail_out("no pool: %s", err.text);
}

/* A path in the fixture's folder; good until the 8th next call. */
static TAP_UNUSED const char *path_of(const struct fixture *f, const char *name)
{
	static char ring[8][200];
	static unsigned next;
	char *path = ring[next++ % 8];

	snprintf(path, sizeof ring[0], "%s/%s", f->folder, name);
	return path;
}

static TAP_UNUSED int files_in(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return dir ? n - 2 : -1;
}

static TAP_UNUSED void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

static TAP_UNUSED void fixture_close(struct fixture *f)
{
	pool_free(f->pool);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&f->loop) != 0)
		bail_out("the pool left handles in the loop");
	remove_folder(f->folder);
}

static TAP_UNUSED void submit(struct fixture *f, struct result *r, struct ask ask)
{
	struct module_entry entry = {.kind = WF_KIND_STEP, .name = "tried", .step = ask.function};
	struct module module = {.count = 1, .entries = &entry};
	char name[] = "tried";
	struct step step = {.kind = ask.kind,
			    .name = name,
			    .input = ask.input,
			    .timeout = ask.timeout,
			    .heartbeat = ask.heartbeat,
			    .grace = ask.grace ? ask.grace : 5000,
			    .any_exit = ask.any_exit,
			    .capture = ask.capture ? ask.capture : 65536};
	struct pool_request request = {.owner = r,
				       .id = ask.id,
				       .step = &step,
				       .module = &module,
				       .attempt = ask.attempt ? ask.attempt : 1,
				       .run_id = "run-1",
				       .key = "run-1.7.abcd",
				       .details = ask.details,
				       .log_base = ask.log_base,
				       .directory = ask.directory ? ask.directory : f->folder,
				       .environment = ask.environment};
	struct err err = ERR_INIT;

	if (pool_submit(f->pool, &request, &err) < 0)
		bail_out("cannot submit: %s", err.text);
	json_decref(ask.input);
	json_decref(ask.environment);
}

/* Turn the loop until everything submitted has its outcome. */
static TAP_UNUSED void settle(struct fixture *f)
{
	while (pool_active(f->pool)) {
		pool_flush(f->pool);
		uv_run(&f->loop, UV_RUN_ONCE);
	}
}

static TAP_UNUSED void result_clear(struct result *r)
{
	free(r->text);
	free(r->beat);
	memset(r, 0, sizeof *r);
}

#define RUN(f, r, ...) (result_clear(r), submit(f, r, (struct ask){__VA_ARGS__}), settle(f))

/* A field of an outcome's text, as text; "" when it is not there. Good until the 8th next call. */
static TAP_UNUSED const char *field(const struct result *r, const char *name)
{
	static char *ring[8];
	static unsigned next;
	char **place = &ring[next++ % 8];
	json_t *object = json_loads(r->text ? r->text : "", 0, NULL),
	       *value = json_object_get(object, name);

	free(*place);
	*place = json_is_string(value) ? strdup(json_string_value(value))
		 : value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS)
			 : strdup("");
	json_decref(object);
	return *place;
}

static TAP_UNUSED char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, EOF, file) < 0 && text)
		*text = '\0';
	fclose(file);
	return text;
}

static TAP_UNUSED bool file_is(const char *path, const char *want)
{
	char *text = slurp(path);
	bool same = text && strcmp(text, want) == 0;

	if (!same)
		diag("%s holds '%s'", path, text ? text : "(no file)");
	free(text);
	return same;
}

static TAP_UNUSED bool no_children(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* Neither gone nor a zombie. */
static TAP_UNUSED bool alive(pid_t pid)
{
	char path[40], state = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%*d %*s %c", &state) != 1)
		state = 'X';
	fclose(file);
	return state != 'Z' && state != 'X';
}

/* Whether it does within ten seconds. */
static TAP_UNUSED bool dies(pid_t pid)
{
	uint64_t end = uv_hrtime() + UINT64_C(10000000000);

	while (alive(pid) && uv_hrtime() < end)
		sched_yield();
	return !alive(pid);
}

#endif
