/* SPDX-License-Identifier: MIT */
/* A state directory with runs in it, as a driver leaves it, and plain git to look at the
 * repository. */
#ifndef WF_TEST_GIT_FIXTURE_H
#define WF_TEST_GIT_FIXTURE_H

#include "../../lib/base/error.h"
#include "../../lib/base/hash.h"
#include "../../lib/os/file.h"
#include "../../lib/os/os.h"
#include "../../lib/store/history.h"
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIXTURE_SEGMENT = 262144 };

struct fixture_run {
	char id[64], folder[4400], module[HASH_HEX];
	struct history_position at;
	FILE *segment;
};

static char fixture_root[1024], fixture_state_[1100];

static void fixture_remove(void)
{
	struct err err = ERR_INIT;

	os_remove_tree(os_system(), fixture_root, &err);
}

static TAP_UNUSED const char *fixture_state(void)
{
	return fixture_state_;
}

/* Its path in the state directory; good for the next seven calls. */
static TAP_UNUSED const char *in_state(const char *name)
{
	static char paths[8][4400];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", fixture_state_, name);
	return path;
}

static TAP_UNUSED void put_file(const char *path, const void *data, size_t n)
{
	FILE *file = fopen(path, "wb");

	if (!file || (n && fwrite(data, 1, n, file) != n) || fclose(file) != 0)
		bail_out("cannot write %s: %s", path, strerror(errno));
}

static TAP_UNUSED void fixture_make(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(fixture_root, sizeof fixture_root, "%s/wf-unit-XXXXXX",
		 base && *base ? base : "/tmp");
	if (!mkdtemp(fixture_root))
		bail_out("cannot make a folder: %s", strerror(errno));
	atexit(fixture_remove);
	snprintf(fixture_state_, sizeof fixture_state_, "%s/state", fixture_root);
	mkdir(fixture_state_, 0700);
	mkdir(in_state("open"), 0700);
	mkdir(in_state("closed"), 0700);
	mkdir(in_state("modules"), 0700);
}

/* What a shell command says, without its last newline; runs in the state directory. Its status is
 * in *ret. */
static TAP_UNUSED TAP_LIKE(2, 3) const char *shell(int *ret, const char *format, ...)
{
	static char text[1 << 20];
	char command[8192];
	va_list ap;
	size_t n;
	FILE *out;
	int status;

	n = (size_t)snprintf(command, sizeof command, "cd '%s' && exec 2>&1; ", fixture_state());
	va_start(ap, format);
	vsnprintf(command + n, sizeof command - n, format, ap);
	va_end(ap);
	out = popen(command, "r");
	if (!out)
		bail_out("cannot run %s", command);
	n = fread(text, 1, sizeof text - 1, out);
	text[n] = '\0';
	status = pclose(out);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	if (ret)
		*ret = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return text;
}

/* Plain git accepts the repository, and no branch is cut off from its history. */
static TAP_UNUSED bool git_is_clean(void)
{
	int status;
	const char *said = shell(&status, "git fsck --strict --full --no-dangling --no-progress");

	if (status == 0 && *said == '\0')
		return true;
	diag("git fsck: %d: %s", status, said);
	return false;
}

static TAP_UNUSED void fixture_line(struct fixture_run *run, const char *fields)
{
	char line[4096];
	int n = snprintf(line, sizeof line, "{\"seq\":%llu,\"at\":%llu,%s",
			 (unsigned long long)run->at.seq + 1, 1763872771123ULL + run->at.seq * 7,
			 fields);

	n += snprintf(line + n, sizeof line - (size_t)n, ",\"crc\":\"%08x\"}\n",
		      hash_crc32(line, (size_t)n));
	if (fwrite(line, 1, (size_t)n, run->segment) != (size_t)n)
		bail_out("cannot write a segment");
	run->at.seq++;
	run->at.offset += (uint64_t)n;
}

static TAP_UNUSED void fixture_segment(struct fixture_run *run)
{
	char path[4500], fields[200];

	if (run->segment)
		fclose(run->segment);
	run->at.segment++;
	run->at.offset = 0;
	snprintf(path, sizeof path, "%s/history/%06u.jsonl", run->folder, run->at.segment);
	run->segment = fopen(path, "wb");
	if (!run->segment)
		bail_out("cannot make %s", path);
	snprintf(fields, sizeof fields,
		 "\"type\":\"segment\",\"segment\":%u,\"module\":\"%s\",\"steps\":%llu",
		 run->at.segment, run->module, (unsigned long long)run->at.seq);
	fixture_line(run, fields);
}

/* One more step, on disk (with filling behind it, as a driver leaves it). */
static TAP_UNUSED void fixture_step(struct fixture_run *run)
{
	char fields[300];

	if (run->at.offset > FIXTURE_SEGMENT)
		fixture_segment(run);
	snprintf(
		fields, sizeof fields,
		"\"type\":\"step_completed\",\"cmd\":%llu,\"step\":\"noop\",\"attempt\":1,\"us\":%d,\"input\":null,"
		"\"result\":null",
		(unsigned long long)run->at.seq, 30 + rand() % 40);
	fixture_line(run, fields);
}

static TAP_UNUSED void fixture_sync(struct fixture_run *run)
{
	long end = ftell(run->segment);

	fputs("\n\n\n\n", run->segment);
	fflush(run->segment);
	fseek(run->segment, end, SEEK_SET);
}

static TAP_UNUSED void fixture_put(struct fixture_run *run, const char *name, const char *text)
{
	char path[4500];

	snprintf(path, sizeof path, "%s/%s", run->folder, name);
	put_file(path, text, strlen(text));
}

static TAP_UNUSED void fixture_folder(struct fixture_run *run, const char *name)
{
	char path[4500];

	snprintf(path, sizeof path, "%s/%s", run->folder, name);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		bail_out("cannot make %s", path);
}

static TAP_UNUSED void fixture_begin(struct fixture_run *run, const char *id, const char *module)
{
	char path[200];

	*run = (struct fixture_run){.segment = NULL};
	snprintf(run->id, sizeof run->id, "%s", id);
	snprintf(run->folder, sizeof run->folder, "%s/open/%s", fixture_state(), id);
	mkdir(run->folder, 0700);
	fixture_folder(run, "history");
	fixture_put(run, "run.json", "{\"workflow\":\"noop\"}\n");
	hash_sha256(module, strlen(module), run->module);
	snprintf(path, sizeof path, "modules/%s.so", run->module);
	put_file(in_state(path), module, strlen(module));
	fixture_segment(run);
	fixture_sync(run);
}

/* The run ends: its result is written, its folder moves. */
static TAP_UNUSED void fixture_close(struct fixture_run *run)
{
	char to[4400];

	fixture_put(run, "result.json", "{\"status\":\"completed\"}\n");
	fclose(run->segment);
	run->segment = NULL;
	snprintf(to, sizeof to, "%s/closed/%s", fixture_state(), run->id);
	if (rename(run->folder, to) < 0)
		bail_out("cannot rename %s", run->folder);
	memcpy(run->folder, to, sizeof to);
}

#endif
