/* SPDX-License-Identifier: MIT */
#include "git_commit.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "git_batch.h"

#include <time.h>

static void add_person(struct buf *out, const char *role, const struct signature *by)
{
	time_t seconds = (time_t)(by->at / 1000);
	struct tm tm;
	long zone = localtime_r(&seconds, &tm) ? tm.tm_gmtoff / 60 : 0;
	long size = zone < 0 ? -zone : zone;

	buf_addf(out, "%s %s %lld %c%02ld%02ld\n", role, by->person, (long long)seconds,
		 zone < 0 ? '-' : '+', size / 60, size % 60);
}

int commit_add_by(struct batch *batch, const git_oid *tree, const git_oid *parents,
		  size_t parent_count, const struct signature *author,
		  const struct signature *committer, const char *message, git_oid *ret,
		  struct err *err)
{
	struct buf text = BUF_INIT;
	char hex[GIT_OID_HEXSZ + 1];
	int rc;

	buf_addf(&text, "tree %s\n", git_oid_tostr(hex, sizeof hex, tree));
	for (size_t i = 0; i < parent_count; i++)
		buf_addf(&text, "parent %s\n", git_oid_tostr(hex, sizeof hex, &parents[i]));
	add_person(&text, "author", author);
	add_person(&text, "committer", committer);
	buf_addf(&text, "\n%s", message);
	rc = buf_ok(&text) ? batch_add(batch, GIT_OBJECT_COMMIT, text.data, text.len, ret, err)
			   : err_nomem(err);
	buf_release(&text);
	return rc;
}

int commit_add(struct batch *batch, const git_oid *tree, const git_oid *parents,
	       size_t parent_count, const char *author, int64_t at, const char *message,
	       git_oid *ret, struct err *err)
{
	struct signature by = {author, at};

	return commit_add_by(batch, tree, parents, parent_count, &by, &by, message, ret, err);
}
