/* SPDX-License-Identifier: MIT */
#include "git_modules.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_refs.h"
#include "git_repo.h"
#include "git_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define REF "refs/wf/modules"

static int load(struct modules *modules, struct repo *repo, struct err *err)
{
	struct err quiet = ERR_INIT;

	if (modules->known)
		return 0;
	modules->tip = (git_oid){{0}};
	/* a damaged one is begun anew */
	if (refs_read(repo, REF, &modules->tip, &quiet) == 1 &&
	    tree_load(&modules->known, repo, &modules->tip, &quiet) == 0)
		return 0;
	modules->known = tree_new();
	return modules->known ? 0 : err_nomem(err);
}

static int read_module(struct repo *repo, struct batch *batch, const char *name, git_oid *ret,
		       struct err *err)
{
	struct os *os = repo->os;
	char *path = str_format("%s/modules/%s", repo->state, name);
	struct os_stat st;
	int fd, rc;

	if (!path)
		return err_nomem(err);
	fd = os->ops->open(os, path, O_RDONLY, 0);
	if (fd < 0) {
		rc = fd == -ENOENT ? 0 : err_sys(err, -fd, "cannot open '%s'", path);
	} else {
		rc = os->ops->fstat(os, fd, &st);
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot read '%s'", path);
		else if ((rc = batch_add_file(batch, fd, 0, st.size, ret, err)) < 0)
			err_context(err, "'%s'", path);
		else
			rc = 1;
		os->ops->close(os, fd);
	}
	free(path);
	return rc;
}

int modules_blob(struct modules *modules, struct repo *repo, struct batch *batch,
		 const char *sha256, git_oid *ret, struct err *err)
{
	char *name = str_format("%s.so", sha256);
	const struct tree_leaf *leaf;
	int rc;

	if (!name)
		return err_nomem(err);
	rc = load(modules, repo, err);
	if (rc == 0) {
		leaf = tree_find(modules->known, name, false);
		if (leaf && (batch_has(batch, &leaf->id) || git_odb_exists(repo->odb, &leaf->id))) {
			*ret = leaf->id;
			rc = 1;
		} else {
			rc = read_module(repo, batch, name, ret, err);
			if (rc == 1 && tree_put(modules->known, name, ret, NULL, err) < 0)
				rc = -err->code;
			modules->unsaved |= rc == 1;
		}
	}
	free(name);
	return rc;
}

int modules_save(struct modules *modules, struct repo *repo, struct err *err)
{
	bool has_tip = !git_oid_is_zero(&modules->tip);
	git_oid tip = modules->tip;
	struct batch batch;
	int rc;

	if (!modules->unsaved)
		return 0;
	batch_init(&batch, repo->os, repo->path);
	modules->known->dirty = true;
	rc = tree_write(modules->known, &batch, &tip, err);
	if (!rc)
		rc = batch_write(&batch, NULL, err);
	if (!rc)
		rc = refs_move(repo, REF, has_tip ? &modules->tip : NULL, &tip, err);
	batch_release(&batch);
	modules->unsaved = false;
	if (rc == 1)
		modules->tip = tip;
	else
		modules_forget(modules); /* another was faster, with modules of its own */
	return rc < 0 ? rc : 0;
}

void modules_forget(struct modules *modules)
{
	tree_free(modules->known);
	*modules = (struct modules){.known = NULL};
}
