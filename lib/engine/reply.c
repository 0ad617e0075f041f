/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../os/file.h"
#include "../os/os.h"
#include "../store/inbox.h"
#include "../store/run.h"
#include "../store/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MOST ((size_t)1 << 20)

static char *path_of(const struct run *run, const char *name)
{
	return str_format("%s/replies%s%s", run->path, name ? "/" : "", name ? name : "");
}

int reply_put(struct run *run, const char *name, json_t *error, struct err *err)
{
	struct os *os = run->state->os;
	char *folder = path_of(run, NULL), *path = path_of(run, name);
	char *text = dump_json(error, JSON_COMPACT);
	int rc = folder && path && text ? os->ops->mkdir(os, folder, 0700) : -ENOMEM;

	if (rc == -EEXIST)
		rc = 0;
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot make '%s'", folder ? folder : "replies");
	else
		rc = os_replace(os, path, text, strlen(text), 0600, err);
	free(folder);
	free(path);
	free(text);
	return rc;
}

bool reply_is_there(struct run *run, const char *name)
{
	char *path = path_of(run, name);
	bool there = path && os_exists(run->state->os, path);

	free(path);
	return there;
}

int reply_get(struct run *run, const char *name, json_t **ret, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	char *path = path_of(run, name);
	json_t *error = NULL;
	int rc = path ? os_read_file(run->state->os, path, REPLY_MOST, &text, &why)
		      : err_nomem(&why);

	free(path);
	if (rc == 0)
		error = json_loadb(text.data ? text.data : "", text.len, 0, NULL);
	buf_release(&text);
	if (error) {
		*ret = error;
		return 1;
	}
	if (rc == 0 || rc == -ERR_NOT_FOUND)
		return 0;
	return err_set(err, why.code, "%s", why.text);
}

void reply_remove(struct run *run, const char *name)
{
	struct os *os = run->state->os;
	struct err ignored = ERR_INIT;
	char *path = path_of(run, name), *folder = path_of(run, NULL);

	if (inbox_remove(run, name, &ignored) == 0 && path)
		os->ops->unlink(os, path);
	if (folder)
		os->ops->rmdir(os, folder);
	free(path);
	free(folder);
}
