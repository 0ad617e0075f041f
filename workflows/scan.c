/* SPDX-License-Identifier: MIT */
/*
 * scan: hash every file under a folder, and say what changed since the last time.
 *
 *     wf run scan --id scan-$(date +%F) folder=/srv store=/var/lib/scan -j 8
 *
 * The files are hashed in batches, a bounded number of them at once, by as many
 * workers as -j allows. A batch says how far it got; killed in the middle of one, it
 * goes on at the last file that it told of.
 *
 * Leaves in store: last.sums, in the format of sha256sum, and RUN.changes with a
 * line for each new, changed, removed or unreadable file.
 *
 * Input:
 *     folder  what to scan; other file systems in it are passed over
 *     store   where last.sums is kept; made if it is not there
 *     batch   files in a batch (200)
 *     window  batches asked for at once (16)
 */
#include "input.h"
#include "sha256.h"

#include <wf.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST 64
#define TOLD_EACH 32 /* files between heartbeats */
#define UNREADABLE "----------------------------------------------------------------"

static const char *text(const json_t *in, const char *key)
{
	return json_string_value(json_object_get(in, key));
}

static json_int_t number(const json_t *in, const char *key)
{
	return json_integer_value(json_object_get(in, key));
}

static json_t *failure(wf_attempt *a, const char *what, const char *path)
{
	return wf_fail(a, "system", "cannot %s '%s': %s", what, path, strerror(errno));
}

/* <store>/<run>.<ending>: a file of this run's own, the same for each of its steps. */
static void own_path(char out[PATH_MAX], const json_t *in, const wf_attempt *a, const char *ending)
{
	if (snprintf(out, PATH_MAX, "%s/%s.%s", text(in, "store"), wf_attempt_run_id(a), ending) >=
	    PATH_MAX)
		out[0] = '\0'; /* which cannot be opened */
}

static void part_path(char out[PATH_MAX], const json_t *in, const wf_attempt *a, json_int_t i)
{
	char ending[40];

	snprintf(ending, sizeof ending, "part-%06lld", (long long)i);
	own_path(out, in, a, ending);
}

/* Close a file that was written, durably. */
static bool finish(FILE *file)
{
	bool done = !ferror(file) && !fflush(file) && fsync(fileno(file)) == 0;

	return !fclose(file) && done;
}

/* ------------------------------------------------------------- the batches */

static json_t *locate(wf_attempt *a, const json_t *in)
{
	char folder[PATH_MAX], store[PATH_MAX];

	if (!realpath(text(in, "folder"), folder))
		return wf_fail_permanently(a, "no_folder", "cannot open '%s': %s",
					   text(in, "folder"), strerror(errno));
	if (mkdir(text(in, "store"), 0777) < 0 && errno != EEXIST)
		return failure(a, "make", text(in, "store"));
	if (!realpath(text(in, "store"), store))
		return failure(a, "open", text(in, "store"));
	return json_pack("{s:s, s:s, s:O}", "folder", folder, "store", store, "batch",
			 json_object_get(in, "batch"));
}

static int by_name(const FTSENT **x, const FTSENT **y)
{
	return strcmp((*x)->fts_name, (*y)->fts_name);
}

/* Paths, each ended by a NUL; offsets gets where each batch begins. -1: errno says why. */
static int list_files(wf_attempt *a, FTS *tree, FILE *list, const json_t *in, json_t *offsets,
		      json_int_t *ret_files)
{
	json_int_t batch = number(in, "batch"), files = 0, bytes = 0;
	size_t root = strlen(text(in, "folder"));
	FTSENT *entry;

	while (errno = 0, (entry = fts_read(tree))) {
		const char *path = entry->fts_path + root;
		size_t n;

		if (entry->fts_info == FTS_D && !strcmp(entry->fts_path, text(in, "store")))
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F)
			continue;
		path += *path == '/';
		n = strlen(path) + 1;
		if (files++ % batch == 0)
			json_array_append_new(offsets, json_integer(bytes));
		bytes += (json_int_t)n;
		if (fwrite(path, 1, n, list) != n)
			return -1;
		if (files % 4096 == 0 && wf_heartbeat(a, NULL) < 0) {
			errno = ECANCELED;
			return -1;
		}
	}
	*ret_files = files;
	return errno ? -1 : 0;
}

static json_t *plan(wf_attempt *a, const json_t *in)
{
	char path[PATH_MAX], *roots[] = {(char *)text(in, "folder"), NULL};
	json_t *offsets = json_array();
	json_int_t files = 0;
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
	FILE *list;
	bool done;

	own_path(path, in, a, "list");
	list = fopen(path, "w");
	done = tree && list && !list_files(a, tree, list, in, offsets, &files);
	if (tree)
		fts_close(tree);
	if (list && !finish(list))
		done = false;
	if (done)
		return json_pack("{s:I, s:o}", "files", files, "offsets", offsets);
	json_decref(offsets);
	return failure(a, "write", path);
}

/* Digest of a file, or of what cannot be read. Bytes read are added. */
static const char *digest_file(const char *path, char hex[DIGEST + 1], json_int_t *bytes)
{
	static char chunk[256 * 1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct sha256 sum;
	ssize_t n = -1;

	sha256_init(&sum);
	while (fd >= 0 && (n = read(fd, chunk, sizeof chunk)) > 0) {
		sha256_add(&sum, chunk, (size_t)n);
		*bytes += n;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return UNREADABLE;
	sha256_finish(&sum, hex);
	return hex;
}

/* A line as sha256sum writes it: one with a newline or a backslash in its path begins with a
 * backslash. */
static void write_line(FILE *part, const char *digest, const char *path)
{
	bool quoted = strpbrk(path, "\n\\") != NULL;

	fprintf(part, "%s%s  ", quoted ? "\\" : "", digest);
	for (; *path; path++)
		if (*path == '\n' || *path == '\\')
			fputs(*path == '\n' ? "\\n" : "\\\\", part);
		else
			putc(*path, part);
	putc('\n', part);
}

struct batch {
	const json_t *in;
	FILE *list, *part;
	json_int_t done, bytes;
	char *path;
	size_t room;
};

/* Hash the files from the done-th on, telling now and then how far it got. */
static bool hash_files(wf_attempt *a, struct batch *b)
{
	json_int_t count = number(b->in, "count");
	char full[PATH_MAX], hex[DIGEST + 1];

	for (json_int_t i = 0; i < count; i++) {
		if (getdelim(&b->path, &b->room, '\0', b->list) < 0)
			break;
		if (i < b->done)
			continue;
		snprintf(full, sizeof full, "%s/%s", text(b->in, "folder"), b->path);
		write_line(b->part, digest_file(full, hex, &b->bytes), b->path);
		b->done++;
		if (b->done % TOLD_EACH == 0) {
			json_t *details;
			int rc;

			if (fflush(b->part))
				return false;
			details = json_pack("{s:I, s:I, s:I}", "done", b->done, "bytes", b->bytes,
					    "end", (json_int_t)ftell(b->part));
			rc = wf_heartbeat(a, details);
			json_decref(details);
			if (rc < 0) {
				errno = ECANCELED;
				return false;
			}
		}
	}
	return !ferror(b->list);
}

static json_t *hash(wf_attempt *a, const json_t *in)
{
	const json_t *told = wf_heartbeat_details(a); /* by an attempt that died */
	struct batch b = {.in = in, .done = number(told, "done"), .bytes = number(told, "bytes")};
	char list[PATH_MAX], part[PATH_MAX];
	long end = (long)number(told, "end");
	bool done;

	own_path(list, in, a, "list");
	part_path(part, in, a, number(in, "index"));
	b.list = fopen(list, "r");
	b.part = fopen(part, told ? "r+" : "w");
	done = b.list && b.part && !fseek(b.list, (long)number(in, "offset"), SEEK_SET) &&
	       !ftruncate(fileno(b.part), end) && !fseek(b.part, end, SEEK_SET) &&
	       hash_files(a, &b);
	if (b.list)
		fclose(b.list);
	if (b.part && !finish(b.part))
		done = false;
	free(b.path);
	if (!done)
		return failure(a, "write", part);
	return json_pack("{s:I, s:I}", "files", b.done, "bytes", b.bytes);
}

/* ----------------------------------------------------------- the comparison */

struct sums {
	char *data;
	char **lines;
	size_t n;
};

static char *path_of_line(char *line)
{
	return line + (*line == '\\') + DIGEST + 2;
}

static char *digest_of_line(char *line)
{
	return line + (*line == '\\');
}

static int by_path(const void *x, const void *y)
{
	return strcmp(path_of_line(*(char *const *)x), path_of_line(*(char *const *)y));
}

static bool split_lines(struct sums *s, size_t size)
{
	size_t most = 0;

	for (size_t i = 0; i < size; i++)
		most += s->data[i] == '\n';
	s->lines = calloc(most + 1, sizeof(char *));
	if (!s->lines)
		return false;
	for (char *line = s->data, *end;
	     (end = memchr(line, '\n', size - (size_t)(line - s->data))); line = end + 1) {
		*end = '\0';
		if (strlen(line) > DIGEST + 2)
			s->lines[s->n++] = line;
	}
	qsort(s->lines, s->n, sizeof(char *), by_path);
	return true;
}

/* All lines of a file, sorted by path; none when there is no file. */
static bool read_sums(struct sums *s, const char *path)
{
	FILE *file = fopen(path, "r");
	struct stat st;
	size_t size = 0;

	if (!file && errno != ENOENT)
		return false;
	if (file && !fstat(fileno(file), &st))
		size = (size_t)st.st_size;
	s->data = malloc(size + 1);
	if (s->data && file)
		size = fread(s->data, 1, size, file);
	if (file)
		fclose(file);
	return s->data && split_lines(s, size);
}

static void free_sums(struct sums *s)
{
	free(s->lines);
	free(s->data);
}

struct changes {
	FILE *file;
	json_t *counts;
};

static void tell(struct changes *c, const char *what, char *line)
{
	json_int_t n = number(c->counts, what);

	json_object_set_new(c->counts, what, json_integer(n + 1));
	fprintf(c->file, "%s %s\n", what, path_of_line(line));
}

/* Both are sorted: one walk along them. */
static void merge(struct changes *c, const struct sums *old, const struct sums *new)
{
	size_t i = 0, k = 0;

	while (i < old->n || k < new->n) {
		int order = i == old->n   ? 1
			    : k == new->n ? -1
					  : by_path(&old->lines[i], &new->lines[k]);

		if (order < 0)
			tell(c, "removed", old->lines[i]);
		else if (!strncmp(digest_of_line(new->lines[k]), UNREADABLE, DIGEST))
			tell(c, "unreadable", new->lines[k]);
		else if (order > 0)
			tell(c, "new", new->lines[k]);
		else if (strncmp(digest_of_line(old->lines[i]), digest_of_line(new->lines[k]),
				 DIGEST))
			tell(c, "changed", new->lines[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

/* Put the parts together, in order. */
static bool join(wf_attempt *a, const json_t *in, const char *to)
{
	char path[PATH_MAX], chunk[65536];
	FILE *all = fopen(to, "w");
	bool done = all != NULL;
	size_t n;

	for (json_int_t i = 0; done && i < number(in, "batches"); i++) {
		FILE *part;

		part_path(path, in, a, i);
		part = fopen(path, "r");
		while (part && (n = fread(chunk, 1, sizeof chunk, part)) > 0)
			fwrite(chunk, 1, n, all);
		done = part && !ferror(part);
		if (part)
			fclose(part);
	}
	return all && finish(all) && done;
}

/* Only reads last.sums and writes files of its own, so it may run twice: the outcome is the same.
 */
static json_t *compare(wf_attempt *a, const json_t *in)
{
	char sums[PATH_MAX], changed[PATH_MAX], last[PATH_MAX];
	struct changes c = {.counts = json_pack("{s:i, s:i, s:i, s:i}", "new", 0, "changed", 0,
						"removed", 0, "unreadable", 0)};
	struct sums old = {0}, new = {0};
	bool done;

	own_path(sums, in, a, "sums");
	own_path(changed, in, a, "changes");
	snprintf(last, sizeof last, "%s/last.sums", text(in, "store"));
	done = join(a, in, sums) && read_sums(&old, last) && read_sums(&new, sums) &&
	       (c.file = fopen(changed, "w"));
	if (done) {
		merge(&c, &old, &new);
		done = finish(c.file);
	}
	free_sums(&old);
	free_sums(&new);
	if (done) {
		json_object_set_new(c.counts, "report", json_string(changed));
		return c.counts;
	}
	json_decref(c.counts);
	return failure(a, "compare with", last);
}

/* Once the comparison is recorded, this scan becomes the last one. */
static json_t *keep(wf_attempt *a, const json_t *in)
{
	char sums[PATH_MAX], last[PATH_MAX];

	own_path(sums, in, a, "sums");
	snprintf(last, sizeof last, "%s/last.sums", text(in, "store"));
	if (rename(sums, last) < 0 && (errno != ENOENT || access(last, R_OK) < 0))
		return failure(a, "write", last);
	return json_string(last);
}

static json_t *clean(wf_attempt *a, const json_t *in)
{
	static const char *const endings[] = {"list", "sums"};
	char path[PATH_MAX];

	for (json_int_t i = 0; i < number(in, "batches"); i++) {
		part_path(path, in, a, i);
		unlink(path);
	}
	for (size_t i = 0; i < 2; i++) {
		own_path(path, in, a, endings[i]);
		unlink(path);
	}
	return json_true();
}

/* ------------------------------------------------------------ the workflow */

static wf_future *start_batch(wf_ctx *wf, const json_t *where, const json_t *offsets, size_t i)
{
	json_t *in = json_pack(
		"{s:O, s:O, s:I, s:O, s:O}", "folder", json_object_get(where, "folder"), "store",
		json_object_get(where, "store"), "index", (json_int_t)i, "offset",
		json_array_get(offsets, i), "count", json_object_get(where, "batch"));
	wf_future *future = wf_start(wf, hash, in, .heartbeat = WF_MINUTES(10),
				     .retry = {.attempts = 10});

	json_decref(in);
	return future;
}

/* Never more than `window` batches at once: one that is done makes room for the next. */
static bool hash_all(wf_ctx *wf, const json_t *where, const json_t *offsets, size_t window,
		     json_int_t *bytes)
{
	size_t n = json_array_size(offsets), next = 0, running = 0;
	wf_future *batches[256];

	while (next < n || running) {
		json_t *done;
		size_t i;

		while (running < window && next < n)
			batches[running++] = start_batch(wf, where, offsets, next++);
		i = wf_await_any(wf, batches, running);
		if (!(done = wf_await(wf, batches[i])))
			return false;
		*bytes += number(done, "bytes");
		wf_release(wf, done);
		wf_forget(wf, batches[i]);
		batches[i] = batches[--running];
	}
	return true;
}

static json_t *run(wf_ctx *wf, json_t *where, size_t window)
{
	json_t *planned, *counts, *cleaned;
	json_int_t bytes = 0;

	if (!(planned = wf_step(wf, plan, where, .heartbeat = WF_MINUTES(10),
				.retry = {.attempts = 5})))
		return NULL;
	json_object_set_new(
		where, "batches",
		json_integer((json_int_t)json_array_size(json_object_get(planned, "offsets"))));
	wf_compensate(wf, clean, where, .retry = {.attempts = 3});
	if (!hash_all(wf, where, json_object_get(planned, "offsets"), window, &bytes) ||
	    !(counts = wf_step(wf, compare, where, .retry = {.attempts = 5})) ||
	    !wf_step(wf, keep, where, .retry = {.attempts = 5}))
		return NULL;
	wf_compensations_done(wf);
	cleaned = wf_step(wf, clean, where, .retry = {.attempts = 3});
	return cleaned ? wf_json(wf, "{s:O, s:I, s:O}", "files", json_object_get(planned, "files"),
				 "bytes", bytes, "changes", counts)
		       : NULL;
}

static json_t *scan(wf_ctx *wf, const json_t *in)
{
	const char *folder, *store;
	json_int_t batch = 200, window = 16;
	json_t *order, *where, *result;
	char problem[200];

	if (input_problem(in, "folder! store! batch# window#", problem, sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	json_unpack((json_t *)in, "{s:s, s:s, s?I, s?I}", "folder", &folder, "store", &store,
		    "batch", &batch, "window", &window);
	if (batch < 1 || window < 1 || window > 256)
		return wf_throw(wf, "bad_input",
				"batch must be at least 1, window between 1 and 256");
	order = json_pack("{s:s, s:s, s:I}", "folder", folder, "store", store, "batch", batch);
	where = wf_step(wf, locate, order, .retry = {.attempts = 3});
	json_decref(order);
	if (!where)
		return NULL;
	where = json_copy(where);
	result = run(wf, where, (size_t)window);
	json_decref(where);
	return result;
}

WF_MODULE(WF_WORKFLOW(scan), WF_STEP(locate), WF_STEP(plan), WF_STEP(hash), WF_STEP(compare),
	  WF_STEP(keep), WF_STEP(clean))
