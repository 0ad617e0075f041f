/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "run_internal.h"
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sweep_is_stray(const char *name, bool owned)
{
	struct process_id writer = {0, 0};
	unsigned long long started;
	int end = 0;
	char dash;

	if (!str_starts(name, ".tmp-") && !str_starts(name, ".new-"))
		return false;
	name += strlen(".tmp-");
	if (owned || sscanf(name, "%9d-%n", &writer.pid, &end) != 1 || !end)
		return true;
	if (sscanf(name + end, "%18llu%c", &started, &dash) == 2 && dash == '-')
		writer.started = started;
	return !process_alive(&writer);
}

struct names {
	char **list;
	size_t count, size;
	bool owned;
};

static int gather(void *arg, const char *name, enum os_kind kind)
{
	struct names *names = arg;

	(void)kind;
	if (!sweep_is_stray(name, names->owned))
		return 0;
	if (names->count == names->size) {
		size_t size = names->size ? 2 * names->size : 8;
		char **list = reallocarray(names->list, size, sizeof *list);

		if (!list)
			return -ENOMEM;
		names->list = list;
		names->size = size;
	}
	names->list[names->count] = strdup(name);
	return names->list[names->count] ? (names->count++, 0) : -ENOMEM;
}

static int take(struct os *os, const char *path, bool remove, sweep_fn *each, void *arg,
		struct err *err)
{
	int rc = each ? each(arg, path) : 0;

	return rc == 0 && remove ? os_remove_tree(os, path, err) : rc;
}

int sweep_folder(struct os *os, const char *folder, bool owned, bool remove, sweep_fn *each,
		 void *arg, struct err *err)
{
	struct names names = {.owned = owned};
	int rc = os->ops->list(os, folder, gather, &names);

	if (rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP)
		rc = 0;
	else if (rc < 0)
		rc = err_sys(err, -rc, "cannot read folder '%s'", folder);
	for (size_t i = 0; i < names.count; i++) {
		char *path = rc == 0 ? str_format("%s/%s", folder, names.list[i]) : NULL;

		if (rc == 0)
			rc = path ? take(os, path, remove, each, arg, err) : err_nomem(err);
		free(path);
		free(names.list[i]);
	}
	free(names.list);
	return rc;
}

int sweep_run(struct run *run, bool owned, bool remove, sweep_fn *each, void *arg, struct err *err)
{
	static const char *const folders[] = {"history", "payloads", "attempts", "inbox",
					      "inbox/rejected"};
	int rc = sweep_folder(run->state->os, run->path, owned, remove, each, arg, err);

	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof folders[0]; i++) {
		char *path = run_path(run, folders[i], NULL);

		rc = path ? sweep_folder(run->state->os, path,
					 owned && !str_starts(folders[i], "inbox"), remove, each,
					 arg, err)
			  : err_nomem(err);
		free(path);
	}
	return rc;
}

int sweep_state(struct state *state, struct err *err)
{
	static const char *const folders[] = {"", "open", "modules"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof folders[0]; i++) {
		char *path = *folders[i] ? state_path(state, folders[i], NULL)
					 : strdup(state->path);

		rc = path ? sweep_folder(state->os, path, false, true, NULL, NULL, err)
			  : err_nomem(err);
		free(path);
	}
	return rc;
}
