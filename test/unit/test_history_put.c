/* SPDX-License-Identifier: MIT */
/* Lines on their way to the disk: past the kernel's cache in whole blocks, or through it, to the
 * same bytes. */
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

static void same_bytes(struct os *os, const char *dir, const char *want, size_t want_n,
		       const char *what)
{
	size_t n;
	char *got;

	write_all(os, dir);
	got = all_bytes(os, dir, &n);
	ok(n == want_n && memcmp(got, want, n) == 0, "%s: the same %zu bytes", what, want_n);
	free(got);
}

int main(void)
{
	struct simdisk *cached = simdisk_new(0), *sectors = simdisk_new(1), *pages = simdisk_new(2);
	char *want;
	size_t n;

	write_all(simdisk_os(cached), "/h");
	want = all_bytes(simdisk_os(cached), "/h", &n);
	ok(n > 500000, "through the cache: %zu bytes", n);
	same_bytes(simdisk_os(sectors), "/h", want, n, "blocks of 512 bytes");
	same_bytes(simdisk_os(pages), "/h", want, n, "blocks of 4096 bytes");
	same_bytes(os_system(), in_scratch("real"), want, n, "a real disk");
	same_bytes(liar(), in_scratch("liar"), want, n, "promise 1: direct writes are refused");
	ok(refused > 0, "%d of them", refused);
	is_int(simdisk_handles(sectors) + simdisk_handles(pages), 0, "no handle is left");
	free(want);
	simdisk_free(cached);
	simdisk_free(sectors);
	simdisk_free(pages);
	return done_testing();
}
