/* SPDX-License-Identifier: MIT */
#include "git_fold_pick.h"

#include "../base/error.h"
#include "../base/str.h"
#include "git_folder.h"
#include "git_refs.h"
#include "git_repo.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUN_REFS "refs/heads/run/"

struct picks {
	struct pick *items;
	size_t count, cap;
};

void pick_free(struct pick *picks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(picks[i].id);
	free(picks);
}

static int add(struct picks *p, const char *id, const git_oid *tip, struct err *err)
{
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 256;
		struct pick *items = realloc(p->items, cap * sizeof *items);

		if (!items)
			return err_nomem(err);
		p->items = items;
		p->cap = cap;
	}
	p->items[p->count] = (struct pick){.id = strdup(id), .tip = *tip};
	if (!p->items[p->count].id)
		return err_nomem(err);
	p->count++;
	return 0;
}

static int all_branches(struct repo *repo, struct picks *p, struct err *err)
{
	git_reference_iterator *refs;
	git_reference *ref;
	int rc = 0, next = git_reference_iterator_glob_new(&refs, repo->git, RUN_REFS "*");

	if (next < 0)
		return repo_error(err, GIT_ERROR, "cannot list branches");
	while (!rc && (next = git_reference_next(&ref, refs)) == 0) {
		if (git_reference_target(ref))
			rc = add(p, git_reference_name(ref) + strlen(RUN_REFS),
				 git_reference_target(ref), err);
		git_reference_free(ref);
	}
	git_reference_iterator_free(refs);
	if (!rc && next < 0 && next != GIT_ITEROVER)
		rc = repo_error(err, GIT_ERROR, "cannot list branches");
	return rc;
}

static int is_closed(struct repo *repo, const struct pick *pick, struct err *err)
{
	const char *where;
	git_oid tree;

	if (repo_commit_tree(repo, &pick->tip, &tree, err) < 0 ||
	    folder_of_run(repo, pick->id, &tree, &where, err) < 0)
		return -err->code;
	return strcmp(where, "closed") == 0;
}

static int look_up_time(struct repo *repo, struct pick *pick, struct err *err)
{
	git_commit *commit;
	struct tm tm;
	time_t at;

	if (git_commit_lookup(&commit, repo->git, &pick->tip) < 0)
		return repo_error(err, GIT_ENOTFOUND, "cannot read the tip of run/%s", pick->id);
	pick->at = git_commit_time(commit);
	git_commit_free(commit);
	at = (time_t)pick->at;
	if (!gmtime_r(&at, &tm) || !strftime(pick->month, sizeof pick->month, "%Y-%m", &tm))
		strcpy(pick->month, "0000-00");
	return 0;
}

static int keep_closed(struct repo *repo, struct picks *p, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		int rc = err->code ? 0 : is_closed(repo, &p->items[i], err);

		if (rc == 1 && look_up_time(repo, &p->items[i], err) == 0)
			p->items[kept++] = p->items[i];
		else
			free(p->items[i].id);
	}
	p->count = kept;
	return -err->code;
}

static int by_time(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : strcmp(x->id, y->id);
}

int pick_closed(struct repo *repo, size_t keep, size_t least, struct pick **ret, size_t *ret_count,
		struct err *err)
{
	struct picks p = {NULL, 0, 0};
	size_t n;

	if (all_branches(repo, &p, err) < 0)
		goto out;
	if (p.count > keep && keep_closed(repo, &p, err) < 0)
		goto out;
	n = p.count > keep ? p.count - keep : 0;
	if (n < least)
		n = 0;
	if (p.count)
		qsort(p.items, p.count, sizeof *p.items, by_time);
	for (size_t i = n; i < p.count; i++)
		free(p.items[i].id);
	*ret = p.items;
	*ret_count = n;
	return 0;
out:
	pick_free(p.items, p.count);
	return -err->code;
}
