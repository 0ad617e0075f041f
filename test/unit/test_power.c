/* SPDX-License-Identifier: MIT */
/*
 * Promise 1 attacked at every call: the power goes, or the process dies, at the Nth call that the
 * store makes, for every N until the work gets through. Calls that fail: test_faults.c.
 */
#include "base/buf.h"
#include "os/file.h"
#include "sweep.h"

static void cut(struct trial *t, const struct strike *strike, unsigned long n)
{
	(void)strike;
	simdisk_cut_at(t->disk, n);
}

static const struct strike strikes[] = {
	{.name = "power cut", .aim = cut, .power = true, .dies = true},
	{.name = "killed, the next process goes on, then power cut",
	 .aim = cut,
	 .later = true,
	 .dies = true},
};

/* And once more during the first check, which is the recovery: then check again. */
static bool try_twice(const struct attack *a, unsigned long n, unsigned long m, uint64_t seed,
		      char broken[600])
{
	struct trial t = {.disk = simdisk_new(seed)};
	bool struck;

	t.os = simdisk_os(t.disk);
	a->prepare(&t);
	simdisk_sync_all(t.disk);
	simdisk_cut_at(t.disk, n);
	a->work(&t);
	simdisk_power_on(t.disk);
	simdisk_cut_at(t.disk, m);
	a->check(&t);
	struck = simdisk_struck(t.disk);
	simdisk_power_on(t.disk);
	if (struck)
		t.broken[0] = '\0'; /* what it said while the power went means nothing */
	a->check(&t);
	snprintf(broken, 600, "%s", t.broken);
	simdisk_free(t.disk);
	return struck;
}

static void run_attack_twice(const struct attack *a)
{
	unsigned long trials = 0, bad = 0;
	bool struck = true;
	char broken[600];

	for (unsigned long n = 1; n < 60; n += 3)
		for (unsigned long m = 1; m < 80; m++, trials++) {
			struck = try_twice(a, n, m, n * 1009 + m, broken);
			if (broken[0] && bad++ < 3)
				diag("calls %lu and %lu: %s", n, m, broken);
			if (!struck)
				break;
		}
	is_int(bad, 0, "promise 1: %s, power cut again during recovery (%lu trials)", a->name,
	       trials);
}

/* The disk itself: what is not synced can be lost, or the rest of this file shows nothing. */
static void test_disk_forgets(void)
{
	int lost = 0, torn = 0, unnamed = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		struct simdisk *disk = simdisk_new(seed);
		struct os *os = simdisk_os(disk);
		struct err err = ERR_INIT;
		char data[8192] = {0}, back[8192] = {0};
		struct buf text = BUF_INIT;
		int fd = os->ops->open(os, "/kept", 0102, 0600); /* O_CREAT | O_RDWR */

		os->ops->sync_dir(os, "/");
		os->ops->pwrite(os, fd, data, sizeof data, 0);
		os->ops->sync(os, fd);
		memset(data, 'n', sizeof data);
		os->ops->pwrite(os, fd, data, sizeof data, 0);
		os_replace_soft(os, "/soft", "x", 1, 0600, &err);
		simdisk_power_on(disk);
		fd = os->ops->open(os, "/kept", 0, 0);
		os->ops->pread(os, fd, back, sizeof back, 0);
		lost += memchr(back, 'n', sizeof back) == NULL;
		torn += memchr(back, 'n', sizeof back) && memchr(back, 0, sizeof back);
		unnamed += os_read_file(os, "/soft", 10, &text, &err) < 0;
		buf_release(&text);
		simdisk_free(disk);
	}
	ok(lost > 0 && torn > 0 && unnamed > 0,
	   "the simulated disk loses (%d), tears (%d) and unnames (%d) what was not synced", lost,
	   torn, unnamed);
}

int main(void)
{
	test_disk_forgets();
	for (const struct attack *const *a = attacks; *a; a++) {
		for (size_t i = 0; i < sizeof strikes / sizeof strikes[0]; i++)
			sweep(*a, &strikes[i]);
		run_attack_twice(*a);
	}
	return done_testing();
}
