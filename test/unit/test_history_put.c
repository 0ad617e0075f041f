/* SPDX-License-Identifier: MIT */
/* Lines on their way to the disk: past the kernel's cache in whole blocks, or through it, to the
 * same events. */
#include "scratch.h"
#include "simdisk.h"
#include "store/history.h"

#define LINES 700

/* A machine whose files promise direct writes and then refuse them. */
static struct os_ops liar_ops;
static int refused;

static int liar_direct(struct os *os, int fd, bool on)
{
	int unit = os_system()->ops->direct(os, fd, false);

	return unit < 0 || !on ? unit : 512;
}

static ssize_t liar_pwrite(struct os *os, int fd, const void *data, size_t n, uint64_t offset)
{
	if (n % 512 == 0 && n < 16384) {
		refused++;
		return -EINVAL;
	}
	return os_system()->ops->pwrite(os, fd, data, n, offset);
}

static struct os *liar(void)
{
	static struct os os = {&liar_ops};

	liar_ops = *os_system()->ops;
	liar_ops.direct = liar_direct;
	liar_ops.pwrite = liar_pwrite;
	return &os;
}

static struct history *start(struct os *os, const char *dir)
{
	struct history_options options = {.segment_bytes = 100000, .writable = true, .run = "r"};
	struct err err = ERR_INIT;
	struct history *h;
	struct event event;

	if (history_open(&h, os, dir, &options, &err) < 0)
		bail_out("history_open: %s", err.text);
	while (history_read(h, &event, &err) > 0)
		event_release(&event);
	if (err.code)
		bail_out("history_read: %s", err.text);
	return h;
}

/* Lines of many lengths, synced one by one, some at a time, and more than a write holds; opened
 * again in between. */
static void write_all(struct os *os, const char *dir)
{
	static const int batches[] = {1, 1, 1, 7, 2, 200, 1, 40, 5, 1};
	char fields[4096] = "\"result\":\"";
	struct history *h = start(os, dir);
	struct err err = ERR_INIT;
	int left = 1, turn = 0;

	for (int i = 1; i <= LINES && err.code == 0; i++) {
		struct event event = {
			.type = EVENT_STEP_COMPLETED, .at = 1000 + i, .cmd = (uint64_t)i};
		size_t n = 10 + (size_t)i * 37 % 1500;

		memset(fields + 10, 'a' + i % 26, n);
		strcpy(fields + n, "\"");
		history_append(h, &event, fields, n + 1, &err);
		if (--left > 0)
			continue;
		history_sync(h, &err);
		left = batches[turn++ % 10];
		if (turn % 13)
			continue;
		history_close(h);
		h = start(os, dir);
	}
	if (history_sync(h, &err) < 0 || err.code)
		bail_out("write: %s", err.text);
	history_close(h);
}

/* What was recorded: the result of each event. The lines around them differ in where a segment
 * ends. Returns how many bytes are left. */
static size_t only_results(char *text, size_t n)
{
	static const char begin[] = "\"result\":", end[] = ",\"crc\"";
	size_t kept = 0;
	char *from = text, *to;

	while ((from = memmem(from, (size_t)(text + n - from), begin, sizeof begin - 1)) &&
	       (to = memmem(from, (size_t)(text + n - from), end, sizeof end - 1))) {
		memmove(text + kept, from, (size_t)(to - from));
		kept += (size_t)(to - from);
		from = to;
	}
	return kept;
}

/* All segments, one behind the other; new. */
static char *all_bytes(struct os *os, const char *dir, size_t *ret_n)
{
	char path[PATH_MAX], *all = NULL;
	size_t n = 0;

	for (int segment = 1;; segment++) {
		struct os_stat st;
		int fd;

		snprintf(path, sizeof path, "%s/%06d.jsonl", dir, segment);
		fd = os->ops->open(os, path, O_RDONLY, 0);
		if (fd < 0)
			break;
		if (os->ops->fstat(os, fd, &st) < 0 || !(all = realloc(all, n + st.size)) ||
		    os->ops->pread(os, fd, all + n, st.size, 0) != (ssize_t)st.size)
			bail_out("cannot read '%s'", path);
		n += st.size;
		os->ops->close(os, fd);
	}
	*ret_n = n;
	return all;
}

static void same_results(struct os *os, const char *dir, const char *want, size_t want_n,
			 const char *what)
{
	size_t n;
	char *got;

	write_all(os, dir);
	got = all_bytes(os, dir, &n);
	n = only_results(got, n);
	ok(n == want_n && memcmp(got, want, n) == 0, "%s: the same %zu bytes of results", what,
	   want_n);
	free(got);
}

/* Lines that are synced one by one, each less than a block: how many of them touch two blocks; and
 * how many empty lines there are. */
static int crossings(struct os *os, size_t block, int *ret_empty)
{
	struct history *h = start(os, "/one");
	struct err err = ERR_INIT;
	int crossing = 0;
	char *all;
	size_t n;

	for (int i = 1; i <= 100; i++) {
		struct event event = {
			.type = EVENT_STEP_COMPLETED, .at = 1000 + i, .cmd = (uint64_t)i};

		if (history_append(h, &event, "\"result\":1", 10, &err) < 0 ||
		    history_sync(h, &err) < 0)
			bail_out("write: %s", err.text);
	}
	history_close(h);
	all = all_bytes(os, "/one", &n);
	*ret_empty = 0;
	for (size_t at = 0, end; at < n; at = end) {
		end = (size_t)((char *)memchr(all + at, '\n', n - at) - all) + 1;
		if (end - at == 1)
			++*ret_empty;
		else if (at / block != (end - 1) / block)
			crossing++;
	}
	free(all);
	return crossing;
}

static void test_one_block_for_a_line(void)
{
	struct simdisk *cached = simdisk_new(0), *sectors = simdisk_new(1);
	int empty;

	is_int(crossings(simdisk_os(sectors), 512, &empty), 0, "no line is in two blocks");
	ok(empty > 0, "%d newlines make it so", empty);
	ok(crossings(simdisk_os(cached), 512, &empty) > 0, "through the cache nobody minds");
	is_int(empty, 0, "and no line is empty");
	simdisk_free(cached);
	simdisk_free(sectors);
}

/* A sync of several writes, at the Nth call of which the kernel has no memory: whether one more
 * sync says yes behind a write that failed, in *ret_believed. Returns the call, SIM_CALLS behind
 * the last. */
static enum sim_call no_memory_at(unsigned long n, bool *ret_believed)
{
	struct simdisk *disk = simdisk_new(1);
	struct history *h = start(simdisk_os(disk), "/h");
	struct event event = {.type = EVENT_STEP_COMPLETED, .at = 1000, .cmd = 1};
	struct err err = ERR_INIT, again = ERR_INIT;
	char fields[20000] = "\"result\":\"";
	enum sim_call call = SIM_CALLS;

	memset(fields + 10, 'a', sizeof fields - 12);
	strcpy(fields + sizeof fields - 2, "\"");
	for (; event.cmd <= 5; event.cmd++)
		if (history_append(h, &event, fields, sizeof fields - 1, &err) < 0)
			bail_out("append: %s", err.text);
	simdisk_fail_at(disk, n, ENOMEM);
	history_sync(h, &err);
	if (simdisk_struck(disk))
		call = simdisk_struck_call(disk);
	*ret_believed = call == SIM_PWRITE && history_sync(h, &again) == 0;
	history_close(h);
	simdisk_free(disk);
	return call;
}

static void test_no_memory_for_a_write(void)
{
	enum sim_call call = SIM_OPEN;
	int writes = 0, believed = 0;
	bool yes;

	for (unsigned long n = 1; call != SIM_CALLS; n++) {
		call = no_memory_at(n, &yes);
		writes += call == SIM_PWRITE;
		believed += yes;
	}
	ok(writes > 2, "a sync of %d writes", writes);
	is_int(believed, 0,
	       "promise 1: nothing is acknowledged behind a write that failed for "
	       "want of memory");
}

int main(void)
{
	struct simdisk *cached = simdisk_new(0), *sectors = simdisk_new(1), *pages = simdisk_new(2);
	char *want;
	size_t n;

	write_all(simdisk_os(cached), "/h");
	want = all_bytes(simdisk_os(cached), "/h", &n);
	ok(n > 500000, "through the cache: %zu bytes", n);
	n = only_results(want, n);
	same_results(simdisk_os(sectors), "/h", want, n, "blocks of 512 bytes");
	same_results(simdisk_os(pages), "/h", want, n, "blocks of 4096 bytes");
	same_results(os_system(), in_scratch("real"), want, n, "a real disk");
	same_results(liar(), in_scratch("liar"), want, n, "promise 1: direct writes are refused");
	ok(refused > 0, "%d of them", refused);
	is_int(simdisk_handles(sectors) + simdisk_handles(pages), 0, "no handle is left");
	free(want);
	simdisk_free(cached);
	simdisk_free(sectors);
	simdisk_free(pages);
	test_one_block_for_a_line();
	test_no_memory_for_a_write();
	return done_testing();
}
