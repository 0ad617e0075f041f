/* SPDX-License-Identifier: MIT */
/* Which runs the repository knows, as branches or folded into closed/<year-month>. */
#include "../base/error.h"
#include "../base/str.h"
#include "git_fold.h"
#include "git_folder.h"
#include "git_refs.h"
#include "git_repo.h"
#include "git_restore.h"

#include <string.h>

#define RUN_REFS "refs/heads/run/"

int git_find_run(struct repo *repo, const char *id, git_oid *ret, struct err *err)
{
	int rc = refs_read_run(repo, id, ret, err);

	return rc ? rc : fold_find(repo, id, ret, err);
}

static int add(struct repo *repo, int all, const char *id, json_t *branches, struct err *err)
{
	const char *where;
	int rc;

	if (str_id_problem(id))
		return 0;
	rc = folder_of_run(repo, id, NULL, &where, err);
	if (rc < 0 || (rc == 1 && !all))
		return rc < 0 ? rc : 0;
	return json_array_append_new(branches, json_string(id)) < 0 ? err_nomem(err) : 0;
}

int git_list(struct repo *repo, int all, json_t **ret, struct err *err)
{
	json_t *branches = json_array();
	git_reference_iterator *refs = NULL;
	const char *name;
	int rc = git_reference_iterator_glob_new(&refs, repo->git, RUN_REFS "*");

	if (rc < 0)
		rc = repo_error(err, GIT_ERROR, "cannot list branches");
	while (!rc && branches && (rc = git_reference_next_name(&name, refs)) == 0)
		rc = add(repo, all, name + strlen(RUN_REFS), branches, err);
	if (rc == GIT_ITEROVER)
		rc = 0;
	else if (rc < 0)
		rc = repo_error(err, GIT_ERROR, "cannot list branches");
	git_reference_iterator_free(refs);
	if (!rc && !(*ret = json_pack("{s:O}", "branches", branches)))
		rc = err_nomem(err);
	json_decref(branches);
	return rc;
}
