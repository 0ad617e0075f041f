/* SPDX-License-Identifier: MIT */
/*
 * backup: an archive of a folder, proven readable, with the old ones rotated.
 *
 *     wf run backup --id backup-$(date +%F) --quiet source=/srv/data target=/var/backups keep=14
 * >/dev/null
 *
 * That line belongs into cron: called again on the same day it goes on where a
 * kill or a reboot stopped it, or reports the result again.
 *
 * Leaves in target: NAME-TIME.tar.gz, NAME-TIME.list (size, time of change and
 * path of every file, as it was when the run began) and NAME-TIME.sha256 (for
 * sha256sum -c). An archive gets its name only once it was read back; until
 * then it is .NAME-TIME.partial, and if the run fails, that is removed.
 *
 * Input:
 *     source    the folder
 *     target    where the archives go; made if it is not there
 *     name      first part of their names (the last part of source)
 *     keep      how many archives of that name stay; 0: all (7)
 *     compress  gzip, bzip2, xz, zstd or none (gzip)
 */
#include "input.h"

#include <wf.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MANY_DIFFERENCES (4 * 1024 * 1024)

static const char *text(const json_t *in, const char *key)
{
	return json_string_value(json_object_get(in, key));
}

static json_t *system_failure(wf_attempt *a, const char *what, const char *path)
{
	return wf_fail(a, "system", "cannot %s '%s': %s", what, path, strerror(errno));
}

/* ---------------------------------------------------------------- planning */

static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/*
 * Whole paths, so that the run can be resumed from any folder. They are recorded
 * with this step's outcome, and every later step is given them.
 */
static json_t *locate(wf_attempt *a, const json_t *in)
{
	char source[PATH_MAX], target[PATH_MAX], *wanted = strdup(text(in, "target"));
	bool made = wanted && *wanted && make_folders(wanted);

	free(wanted);
	if (!made)
		return system_failure(a, "make", text(in, "target"));
	if (!realpath(text(in, "target"), target))
		return system_failure(a, "open", text(in, "target"));
	if (!realpath(text(in, "source"), source))
		return wf_fail_permanently(a, "no_source", "cannot open '%s': %s",
					   text(in, "source"), strerror(errno));
	if (!strcmp(source, target))
		return wf_fail_permanently(a, "bad_input", "'%s' cannot be backed up into itself",
					   source);
	return json_pack("{s:s, s:s}", "source", source, "target", target);
}

/* --------------------------------------------------------------- snapshot */

static int by_name(const FTSENT **x, const FTSENT **y)
{
	return strcmp((*x)->fts_name, (*y)->fts_name);
}

/* One line of the list. A newline or a backslash in a path is written as tar does. */
static int list_file(FILE *list, const FTSENT *entry, const char *path)
{
	struct tm tm;

	gmtime_r(&entry->fts_statp->st_mtime, &tm);
	if (fprintf(list, "%12lld %04d-%02d-%02dT%02d:%02d:%02dZ ",
		    (long long)entry->fts_statp->st_size, tm.tm_year + 1900, tm.tm_mon + 1,
		    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec) < 0)
		return -1;
	for (; *path; path++)
		if (*path == '\n' || *path == '\\')
			fputs(*path == '\n' ? "\\n" : "\\\\", list);
		else
			putc(*path, list);
	return putc('\n', list) == EOF ? -1 : 0;
}

struct totals {
	json_int_t files, bytes, unreadable;
};

/* Walk the folder and write the list; what belongs to target is passed over. -1: errno says why. */
static int walk(wf_attempt *a, FTS *tree, FILE *list, const char *target, struct totals *sum)
{
	FTSENT *entry;
	size_t root = 0;

	while (errno = 0, (entry = fts_read(tree))) {
		if (entry->fts_level == 0)
			root = entry->fts_pathlen > 1 ? entry->fts_pathlen
						      : 0; /* "/" ends in its slash */
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS)
			sum->unreadable++;
		if (entry->fts_info == FTS_D && !strcmp(entry->fts_path, target))
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F)
			continue;
		if (list_file(list, entry, entry->fts_path + root + 1) < 0)
			return -1;
		sum->files++;
		sum->bytes += entry->fts_statp->st_size;
		if (sum->files % 1000 == 0 && wf_heartbeat(a, NULL) < 0) {
			errno = ECANCELED;
			return -1;
		}
	}
	return errno ? -1 : 0;
}

static json_t *snapshot(wf_attempt *a, const json_t *plan)
{
	const char *path = text(plan, "list");
	char *roots[] = {(char *)text(plan, "source"), NULL};
	struct totals sum = {0, 0, 0};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
	FILE *list = fopen(path, "w");
	bool done = tree && list && !walk(a, tree, list, text(plan, "target"), &sum) &&
		    !fflush(list) && fsync(fileno(list)) == 0;
	int sys = errno;

	if (tree)
		fts_close(tree);
	if (list && fclose(list) && done) {
		sys = errno;
		done = false;
	}
	errno = sys;
	if (!done)
		return system_failure(a, "write the list", path);
	if (sum.unreadable)
		return wf_fail_permanently(a, "unreadable",
					   "%lld files or folders of '%s' cannot be read",
					   (long long)sum.unreadable, roots[0]);
	return json_pack("{s:I, s:I}", "files", sum.files, "bytes", sum.bytes);
}

/* ------------------------------------------------------------------ verify */

/* Whether a file has changed, or gone, since the run began; then the archive may well hold another
 * state of it. */
static bool changed_since(const char *source, const char *name, size_t n, json_int_t since_ms)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof path, "%s/%.*s", source, (int)n, name) >= (int)sizeof path)
		return false;
	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return (json_int_t)st.st_ctim.tv_sec * 1000 + st.st_ctim.tv_nsec / 1000000 >= since_ms;
}

/* Lines of tar --compare: "PATH: Contents differ", those of one file one after the other. Every one
 * must be explained by a change of the file itself. */
static json_t *explain(wf_attempt *a, const json_t *in)
{
	const char *line = text(in, "differences"), *source = text(in, "source");
	const char *last = line;
	json_int_t since = json_integer_value(json_object_get(in, "since")), changed = 0;
	size_t last_name = 0;

	while (*line) {
		size_t n = strcspn(line, "\n"), name = n;

		while (name && line[name] != ':')
			name--;
		if (!changed_since(source, line, name, since))
			return wf_fail_permanently(
				a, "corrupt", "the archive does not hold what '%s' holds: %.*s",
				source, (int)n, line);
		changed += name != last_name || memcmp(line, last, name) != 0;
		last = line;
		last_name = name;
		line += n + (line[n] == '\n');
	}
	return json_integer(changed);
}

/* ------------------------------------------------------- names, old archives */

static bool write_text(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");
	bool done = file && fputs(content, file) >= 0 && !fflush(file) && fsync(fileno(file)) == 0;

	return file && !fclose(file) && done;
}

static bool sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Give the archive its name. A second attempt may find that the first one did. */
static json_t *seal(wf_attempt *a, const json_t *plan)
{
	const char *partial = text(plan, "partial"), *archive = text(plan, "archive");
	const char *base = strrchr(archive, '/') + 1;
	char line[PATH_MAX + 80];

	snprintf(line, sizeof line, "%s  %s\n", text(plan, "sha256"), base);
	if (!write_text(text(plan, "sum"), line))
		return system_failure(a, "write", text(plan, "sum"));
	if (!sync_path(partial, O_RDONLY) && (errno != ENOENT || access(archive, F_OK) < 0))
		return system_failure(a, "write", partial);
	if (rename(partial, archive) < 0 && (errno != ENOENT || access(archive, F_OK) < 0))
		return system_failure(a, "write", archive);
	if (!sync_path(text(plan, "target"), O_RDONLY | O_DIRECTORY))
		return system_failure(a, "write", text(plan, "target"));
	return json_string(archive);
}

/* What a run that fails leaves behind is taken away again. */
static json_t *discard(wf_attempt *a, const json_t *plan)
{
	static const char *const parts[] = {"partial", "list", "sum"};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (unlink(text(plan, parts[i])) < 0 && errno != ENOENT)
			return system_failure(a, "remove", text(plan, parts[i]));
	return json_true();
}

/* NAME-20261122T030000Z.tar, with any further ending. */
static bool is_archive(const char *file, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(file, name, n) && file[n] == '-' &&
	       strspn(file + n + 1, "0123456789T") == 15 && !strncmp(file + n + 16, "Z.tar", 5);
}

static int newest_first(const FTSENT **x, const FTSENT **y)
{
	return strcmp((*y)->fts_name, (*x)->fts_name);
}

static bool remove_archive(const char *target, const char *file)
{
	static const char *const endings[] = {".list", ".sha256"};
	const char *stem_end = strstr(file, "Z.tar") + 1;
	char path[PATH_MAX];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%.*s%s", target, (int)(stem_end - file), file,
			 endings[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return false;
	}
	snprintf(path, sizeof path, "%s/%s", target, file);
	return unlink(path) == 0 || errno == ENOENT;
}

/* Keep the newest; the rest goes. Nothing but archives of this name is touched. */
static json_t *rotate(wf_attempt *a, const json_t *plan)
{
	const char *target = text(plan, "target");
	char *roots[] = {(char *)target, NULL};
	json_int_t keep = json_integer_value(json_object_get(plan, "keep")), seen = 0;
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, newest_first);
	json_t *removed = json_array();
	FTSENT *entry;
	bool done = tree != NULL;

	while (done && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D && entry->fts_level == 1)
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F || !is_archive(entry->fts_name, text(plan, "name")))
			continue;
		if (!keep || ++seen <= keep)
			continue;
		done = remove_archive(target, entry->fts_name);
		json_array_append_new(removed, json_string(entry->fts_name));
	}
	if (tree)
		fts_close(tree);
	if (done)
		return removed;
	json_decref(removed);
	return system_failure(a, "remove old archives in", target);
}

/* ------------------------------------------------------------ the workflow */

/* The option of tar and the ending of the file. */
static bool compression(const char *name, const char **option, const char **ending)
{
	static const char *const table[][3] = {
		{"gzip", "--gzip", ".gz"},
		{"bzip2", "--bzip2", ".bz2"},
		{"xz", "--xz", ".xz"},
		{"zstd", "--zstd", ".zst"},
		{"none", "--no-auto-compress", ""},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (!strcmp(table[i][0], name)) {
			*option = table[i][1];
			*ending = table[i][2];
			return true;
		}
	return false;
}

/* What every later step is given: paths, all decided before anything is written. */
static json_t *make_plan(wf_ctx *wf, const json_t *where, const char *name, json_int_t keep,
			 const char *ending)
{
	const char *target = text(where, "target");
	time_t now = time(NULL); /* the run's time: the same when it is replayed */
	char stamp[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	snprintf(stamp, sizeof stamp, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return wf_json(wf, "{s:O, s:O, s:s, s:I, s:o, s:o, s:o, s:o}", "source",
		       json_object_get(where, "source"), "target", json_object_get(where, "target"),
		       "name", name, "keep", keep, "partial",
		       json_sprintf("%s/.%s-%s.partial", target, name, stamp), "archive",
		       json_sprintf("%s/%s-%s.tar%s", target, name, stamp, ending), "list",
		       json_sprintf("%s/%s-%s.list", target, name, stamp), "sum",
		       json_sprintf("%s/%s-%s.sha256", target, name, stamp));
}

/* tar says 1 for "changed while it was read": a live folder does that. */
static bool archive_folder(wf_ctx *wf, const json_t *plan, const char *option)
{
	const char *source = text(plan, "source"), *target = text(plan, "target");
	size_t n = strcmp(source, "/") ? strlen(source) : 0;
	/* an archive must not hold itself */
	bool nested = !strncmp(target, source, n) && target[n] == '/';
	json_t *exclude = json_sprintf("--exclude=.%s", nested ? target + n : "/.no-such-thing");
	const char *argv[] = {"tar",
			      "--one-file-system",
			      "--create",
			      option,
			      "--file",
			      text(plan, "partial"),
			      "--directory",
			      source,
			      "--anchored",
			      "--no-wildcards",
			      json_string_value(exclude),
			      ".",
			      NULL};
	json_t *outcome = wf_exec(wf, "archive", argv, .retry = {.attempts = 3}, .any_exit = true);

	json_decref(exclude);
	if (!outcome)
		return false;
	if (json_integer_value(json_object_get(outcome, "status")) <= 1)
		return true;
	wf_throw(wf, "archive", "tar failed: %s", text(outcome, "stderr"));
	return false;
}

/* Read the archive back and compare it with the folder. The number of files that changed meanwhile,
 * or NULL. */
static json_t *verify(wf_ctx *wf, const json_t *plan, json_int_t since)
{
	const char *argv[] = {"tar",
			      "--compare",
			      "--file",
			      text(plan, "partial"),
			      "--directory",
			      text(plan, "source"),
			      "--quoting-style=literal",
			      NULL};
	json_t *outcome = wf_exec(wf, "compare", argv, .retry = {.attempts = 3}, .any_exit = true,
				  .capture = MANY_DIFFERENCES);
	json_t *differences, *changed;

	if (!outcome)
		return NULL;
	if (json_integer_value(json_object_get(outcome, "status")) > 1)
		return wf_throw(wf, "corrupt", "the archive cannot be read back: %s",
				text(outcome, "stderr"));
	differences = wf_json(wf, "{s:O, s:O, s:I}", "differences",
			      json_object_get(outcome, "stdout"), "source",
			      json_object_get(plan, "source"), "since", since);
	if (!differences)
		return NULL;
	changed = wf_step(wf, explain, differences);
	json_decref(differences);
	return changed;
}

/* The digest of the archive, read back from the disk; into the plan. */
static bool checksum(wf_ctx *wf, json_t *plan)
{
	json_t *outcome = wf_exec(wf, "checksum", WF_ARGV("sha256sum", "--", text(plan, "partial")),
				  .retry = {.attempts = 3});
	const char *line = outcome ? text(outcome, "stdout") : NULL;

	if (!outcome)
		return false;
	line += *line == '\\'; /* how sha256sum marks a name that it had to quote */
	return !json_object_set_new(plan, "sha256", json_stringn(line, strcspn(line, " ")));
}

static json_t *take(wf_ctx *wf, json_t *plan, const char *option)
{
	json_int_t since = wf_now(wf);
	json_t *sizes, *changed, *removed, *archive;

	wf_compensate(wf, discard, plan, .retry = {.attempts = 5});
	if (!(sizes = wf_step(wf, snapshot, plan, .heartbeat = WF_MINUTES(5),
			      .retry = {.attempts = 3})) ||
	    !archive_folder(wf, plan, option) || !(changed = verify(wf, plan, since)) ||
	    !checksum(wf, plan) || !(archive = wf_step(wf, seal, plan, .retry = {.attempts = 5})))
		return NULL;
	wf_compensations_done(
		wf); /* from here on it is a good backup, whatever happens to the old ones */
	if (!(removed = wf_step(wf, rotate, plan, .retry = {.attempts = 3})))
		return NULL;
	return wf_json(wf, "{s:O, s:O, s:O, s:O, s:O, s:O}", "archive", archive, "sha256",
		       json_object_get(plan, "sha256"), "files", json_object_get(sizes, "files"),
		       "bytes", json_object_get(sizes, "bytes"), "changed", changed, "removed",
		       removed);
}

static json_t *backup(wf_ctx *wf, const json_t *in)
{
	const char *source = NULL, *target = NULL, *name = NULL, *compress = "gzip", *option,
		   *ending;
	json_int_t keep = 7;
	json_t *where, *plan, *result;
	char problem[200];

	if (input_problem(in, "source! target! name keep# compress", problem, sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	json_unpack((json_t *)in, "{s:s, s:s, s?s, s?I, s?s}", "source", &source, "target", &target,
		    "name", &name, "keep", &keep, "compress", &compress);
	if (keep < 0)
		return wf_throw(wf, "bad_input", "keep cannot be negative");
	if (!compression(compress, &option, &ending))
		return wf_throw(wf, "bad_input",
				"compress is gzip, bzip2, xz, zstd or none, not '%s'", compress);
	if (!(where = wf_step(wf, locate, in, .retry = {.attempts = 3})))
		return NULL;
	if (!name)
		name = strrchr(text(where, "source"), '/') + 1;
	if (!*name || *name == '.' || strchr(name, '/'))
		return wf_throw(wf, "bad_input", "name cannot be '%s'; give name=NAME", name);
	if (!(plan = make_plan(wf, where, name, keep, ending)))
		return NULL;
	result = take(wf, plan, option);
	json_decref(plan);
	return result;
}

WF_MODULE(WF_WORKFLOW(backup), WF_STEP(locate), WF_STEP(snapshot), WF_STEP(explain), WF_STEP(seal),
	  WF_STEP(discard), WF_STEP(rotate))
