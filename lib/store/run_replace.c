/* SPDX-License-Identifier: MIT */
#include "run_replace.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "run_internal.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_JSON_MOST ((size_t)256 << 20)

void run_key(const struct run_info *info, char ret[9])
{
	snprintf(ret, 9, "%08x", (unsigned)hash_crc32(info->seed, sizeof info->seed));
}

/* 1: what is in closed/ is the run that was meant. */
static int is_meant(struct run *run, const char *folder, const char *key, struct err *err)
{
	char *path = str_format("%s/run.json", folder), has[9];
	struct run_info info = {0};
	struct buf text = BUF_INIT;
	int rc = path ? os_read_file(run->state->os, path, RUN_JSON_MOST, &text, err)
		      : err_nomem(err);

	if (rc == 0)
		rc = run_info_decode(&info, text.data ? text.data : "", text.len, path, err);
	if (rc == 0) {
		run_key(&info, has);
		rc = strcmp(has, key) == 0;
	}
	run_info_release(&info);
	buf_release(&text);
	free(path);
	return rc;
}

/* One rename takes it away; then it means nothing, and may go in any order. */
static int drop(struct run *run, const char *folder, struct err *err)
{
	struct os *os = run->state->os;
	char *all = state_path(run->state, "closed", NULL), *away = NULL;
	int rc = all ? run_name_new(run->state, "closed", &away, err) : err_nomem(err);

	if (rc == 0 && (rc = os->ops->rename(os, folder, away)) < 0)
		rc = err_sys(err, -rc, "cannot rename '%s'", folder);
	if (rc == 0)
		rc = run_sync(os, all, err);
	if (rc == 0)
		rc = os_remove_tree(os, away, err);
	free(all);
	free(away);
	return rc;
}

int run_drop_replaced(struct run *run, struct err *err)
{
	const char *key = json_string_value(json_object_get(run->info.options, RUN_REPLACES));
	char *folder = key ? state_path(run->state, "closed", run->id) : NULL;
	int rc = 0;

	if (!key)
		return 0;
	if (!folder)
		return err_nomem(err);
	if (os_exists(run->state->os, folder))
		rc = is_meant(run, folder, key, err);
	if (rc > 0)
		rc = drop(run, folder, err);
	free(folder);
	return rc < 0 ? rc : 0;
}
