/* SPDX-License-Identifier: MIT */
/* Whether git may know a run: a loose branch, a packed one, or a folded one; and when that cannot
 * be looked at. */
#include "base/error.h"
#include "os/file.h"
#include "simdisk.h"
#include "store/branches.h"
#include "store/state.h"
#include "tap.h"

#include <errno.h>

static const struct layout {
	const char *name, *file, *text;
} layouts[] = {
	{"a branch of its own", "/wf/.git/refs/heads/run/r", "0\n"},
	{"a packed branch", "/wf/.git/packed-refs",
	 "# pack-refs with: peeled\n1234 refs/heads/run/r\n"},
	{"a month that runs are folded into", "/wf/.git/refs/heads/closed/2026-11", "0\n"},
	{"a packed month", "/wf/.git/packed-refs", "1234 refs/heads/closed/2026-11\n"},
};

static struct simdisk *disk_with(const struct layout *layout, struct state *ret)
{
	static const char *const folders[] = {"/wf",
					      "/wf/.git",
					      "/wf/.git/refs",
					      "/wf/.git/refs/heads",
					      "/wf/.git/refs/heads/run",
					      "/wf/.git/refs/heads/closed"};
	struct simdisk *disk = simdisk_new(1);
	struct os *os = simdisk_os(disk);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		os->ops->mkdir(os, folders[i], 0700);
	if (layout &&
	    os_replace(os, layout->file, layout->text, strlen(layout->text), 0600, &err) < 0)
		bail_out("%s", err.text);
	*ret = (struct state){.os = os, .path = (char *)(uintptr_t) "/wf"};
	return disk;
}

/* The Nth call that may give the error gives it. Whether it came. */
static bool known_when(const struct layout *layout, unsigned long n, int error, bool *ret_known)
{
	struct state state;
	struct simdisk *disk = disk_with(layout, &state);
	bool struck;

	simdisk_fail_at(disk, n, error);
	*ret_known = branches_may_have(&state, "r");
	struck = simdisk_struck(disk);
	simdisk_free(disk);
	return struck;
}

static void test_layout(const struct layout *layout)
{
	static const int errors[] = {EIO, ENOMEM, EMFILE};
	int strikes = 0, unknown = 0;
	bool known;

	known_when(layout, 0, EIO, &known);
	ok(known, "%s is known", layout->name);
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		for (unsigned long n = 1; known_when(layout, n, errors[i], &known); n++) {
			strikes++;
			unknown += !known;
		}
	ok(strikes > 0, "%d calls fail", strikes);
	is_int(unknown, 0, "promise 3: %s, and what cannot be looked at may be there",
	       layout->name);
}

int main(void)
{
	struct state state;
	struct simdisk *disk = disk_with(NULL, &state);

	ok(!branches_may_have(&state, "r"), "there is none");
	simdisk_free(disk);
	for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
		test_layout(&layouts[i]);
	return done_testing();
}
