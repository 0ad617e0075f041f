/* SPDX-License-Identifier: MIT */
#include "git_tree.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/sorted.h"
#include "../base/str.h"
#include "git_batch.h"
#include "git_repo.h"

#include <stdlib.h>
#include <string.h>

#define MODE_FILE "100644"
#define MODE_FOLDER "40000"
#define MODE_LINK "160000"

struct tree *tree_new(void)
{
	return calloc(1, sizeof(struct tree));
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->leaves[i].name);
		tree_free(tree->leaves[i].sub);
	}
	free(tree->leaves);
	free(tree);
}

struct leaf_key {
	const char *name;
	bool folder;
};

/* git sorts a folder as if its name ended in a slash. */
static int order(const void *key, const void *item)
{
	const struct leaf_key *k = key;
	const struct tree_leaf *leaf = item;
	const unsigned char *a = (const unsigned char *)k->name,
			    *b = (const unsigned char *)leaf->name;
	int x, y;

	while (*a && *a == *b)
		a++, b++;
	x = *a ? *a : k->folder ? '/' : 0;
	y = *b ? *b : leaf->folder ? '/' : 0;
	return x - y;
}

/* Where it is, or would be. */
static size_t place(const struct tree *tree, const char *name, bool folder, bool *ret_found)
{
	struct leaf_key key = {name, folder};

	return sorted_place(tree->leaves, tree->count, sizeof *tree->leaves, &key, order,
			    ret_found);
}

struct tree_leaf *tree_find(const struct tree *tree, const char *name, bool folder)
{
	bool found;
	size_t at = place(tree, name, folder, &found);

	return found ? &tree->leaves[at] : NULL;
}

static int insert(struct tree *tree, const char *name, bool folder, struct tree_leaf **ret,
		  struct err *err)
{
	bool found;
	size_t at = place(tree, name, folder, &found);
	struct tree_leaf *leaves;
	char *copy;

	if (!found) {
		copy = strdup(name);
		leaves = copy ? sorted_room(tree->leaves, tree->count, &tree->cap, sizeof *leaves,
					    at)
			      : NULL;
		if (!leaves) {
			free(copy);
			return err_nomem(err);
		}
		tree->leaves = leaves;
		leaves[at] = (struct tree_leaf){.name = copy, .folder = folder};
		tree->count++;
	}
	*ret = &tree->leaves[at];
	return 0;
}

int tree_put(struct tree *tree, const char *name, const git_oid *id, struct tree_leaf **ret,
	     struct err *err)
{
	struct tree_leaf *leaf;

	if (insert(tree, name, false, &leaf, err) < 0)
		return -err->code;
	if (!git_oid_equal(&leaf->id, id)) {
		leaf->id = *id;
		tree->dirty = true;
	}
	if (ret)
		*ret = leaf;
	return 0;
}

void tree_remove(struct tree *tree, const char *name, bool folder)
{
	bool found;
	size_t at = place(tree, name, folder, &found);

	if (!found)
		return;
	free(tree->leaves[at].name);
	tree_free(tree->leaves[at].sub);
	tree->count--;
	memmove(tree->leaves + at, tree->leaves + at + 1,
		(tree->count - at) * sizeof *tree->leaves);
	tree->dirty = true;
}

int tree_folder(struct tree *tree, struct repo *repo, const char *name, bool make,
		struct tree **ret, struct err *err)
{
	struct tree_leaf *leaf = tree_find(tree, name, true);

	if (!leaf && !make) {
		*ret = NULL;
		return 0;
	}
	if (!leaf && insert(tree, name, true, &leaf, err) < 0)
		return -err->code;
	if (!leaf->sub && !git_oid_is_zero(&leaf->id) &&
	    tree_load(&leaf->sub, repo, &leaf->id, err) < 0)
		return -err->code;
	if (!leaf->sub)
		leaf->sub = tree_new();
	if (!leaf->sub)
		return err_nomem(err);
	*ret = leaf->sub;
	return 0;
}

/* One entry of a tree object: "<mode> <name>\0<20 bytes>". Returns how long it is, or 0. */
static size_t parse_entry(struct tree *tree, const char *data, size_t n, struct err *err)
{
	const char *end = memchr(data, '\0', n),
		   *space = end ? memchr(data, ' ', (size_t)(end - data)) : NULL;
	struct tree_leaf *leaf;

	if (!space || n - (size_t)(end - data) < 21) {
		err_set(err, ERR_DAMAGED, "a tree that is cut off");
		return 0;
	}
	if (insert(tree, space + 1, data[0] == '4', &leaf, err) < 0)
		return 0;
	memcpy(leaf->id.id, end + 1, 20);
	leaf->link = str_starts(data, MODE_LINK);
	return (size_t)(end - data) + 21;
}

int tree_load(struct tree **ret, struct repo *repo, const git_oid *id, struct err *err)
{
	git_odb_object *object;
	struct tree *tree;
	size_t n, step;
	const char *data;

	if (repo_read(repo, id, GIT_OBJECT_TREE, &object, err) < 0)
		return -err->code;
	data = git_odb_object_data(object);
	n = git_odb_object_size(object);
	tree = tree_new();
	if (!tree)
		err_nomem(err);
	for (; tree && n > 0 && (step = parse_entry(tree, data, n, err)) > 0; n -= step)
		data += step;
	git_odb_object_free(object);
	if (!tree || n > 0) {
		tree_free(tree);
		return -err->code;
	}
	*ret = tree;
	return 0;
}

/* Folders below first: a changed one changes this tree. */
static int write_folders(struct tree *tree, struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct tree_leaf *leaf = &tree->leaves[i];
		git_oid before = leaf->id;

		if (!leaf->sub ||
		    (!leaf->sub->dirty && leaf->sub->count == 0 && git_oid_is_zero(&before)))
			continue;
		if (tree_write(leaf->sub, batch, &leaf->id, err) < 0)
			return -err->code;
		if (!git_oid_equal(&before, &leaf->id))
			tree->dirty = true;
	}
	return 0;
}

int tree_write(struct tree *tree, struct batch *batch, git_oid *ret, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc = write_folders(tree, batch, err);

	if (rc < 0 || !tree->dirty)
		return rc;
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_leaf *leaf = &tree->leaves[i];

		if (git_oid_is_zero(&leaf->id))
			continue;
		buf_addf(&text, "%s %s",
			 leaf->folder ? MODE_FOLDER
			 : leaf->link ? MODE_LINK
				      : MODE_FILE,
			 leaf->name);
		buf_addc(&text, '\0');
		buf_add(&text, leaf->id.id, 20);
	}
	if (!buf_ok(&text))
		rc = err_nomem(err);
	else if (text.len)
		rc = batch_add(batch, GIT_OBJECT_TREE, text.data, text.len, ret, err);
	else
		*ret = (git_oid){{0}};
	if (!rc)
		tree->dirty = false;
	buf_release(&text);
	return rc;
}
