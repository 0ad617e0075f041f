/* SPDX-License-Identifier: MIT */
#include "../../lib/base/buf.h"
#include "../../lib/base/error.h"
#include "../../lib/os/file.h"
#include "faulty_os.h"
#include "folder.h"
#include "oom.h"

static struct os *os;

/* Read path with a limit; the text in memory that the next call reuses, NULL on failure. */
static const char *read_back(const char *path, size_t limit, struct err *err)
{
	static struct buf text = BUF_INIT;

	buf_clear(&text);
	buf_adds(&text, "");
	return os_read_file(os, path, limit, &text, err) < 0 ? NULL : text.data;
}

static void read_fails(const char *path, size_t limit, int code, const char *words)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	buf_adds(&text, "before");
	is_int(os_read_file(os, path, limit, &text, &err), -code, "read: %s", words);
	has_str(err.text, words, "it says: %s", words);
	is_str(text.data, "before", "what was in the buffer stays");
	buf_release(&text);
}

static void test_read(void)
{
	static char large[200000];
	struct err err = ERR_INIT;
	const char *text;

	put_file(in_folder("empty"), "", 0);
	is_str(read_back(in_folder("empty"), 0, &err), "", "read an empty file");
	put_file(in_folder("five"), "12345", 5);
	is_str(read_back(in_folder("five"), 5, &err), "12345", "read as much as the limit");
	memset(large, 'x', sizeof large);
	put_file(in_folder("large"), large, sizeof large);
	text = read_back(in_folder("large"), SIZE_MAX, &err);
	is_int(text ? strlen(text) : 0, sizeof large, "read a large file");
	text = read_back("/proc/self/cmdline", 4096, &err);
	ok(text && *text, "read a file that says it is empty");
	read_fails(in_folder("five"), 4, ERR_DAMAGED, "is larger than 4 bytes");
	read_fails("/proc/self/maps", 4, ERR_DAMAGED, "is larger than 4 bytes");
	read_fails(in_folder("none"), 10, ERR_NOT_FOUND, "cannot open");
	read_fails(in_folder("five/x"), 10, ERR_NOT_FOUND, "cannot open");
	read_fails(in_folder("."), 10, ERR_DAMAGED, "is not a regular file");
	mkfifo(in_folder("fifo"), 0600);
	read_fails(in_folder("fifo"), 10, ERR_DAMAGED, "is not a regular file");
	if (symlink("five", in_folder("link")) < 0)
		bail_out("symlink: %s", strerror(errno));
	read_fails(in_folder("link"), 10, ERR_DAMAGED, "is a symbolic link");
}

static void test_replace(void)
{
	const char *path = in_folder("replace/file");
	struct err err = ERR_INIT;
	struct stat st;

	mkdir(in_folder("replace"), 0700);
	is_int(os_replace(os, path, "one", 3, 0640, &err), 0, "replace makes a file");
	is_str(get_file(path), "one", "with the data");
	stat(path, &st);
	is_int(st.st_mode & 0777, 0640, "and the mode");
	is_int(os_replace(os, path, "two", 3, 0600, &err), 0, "replace changes it");
	is_str(get_file(path), "two", "wholly");
	is_int(os_replace_soft(os, path, "", 0, 0600, &err), 0, "the soft one too");
	is_str(get_file(path), "", "even to nothing");
	is_int(count_files(in_folder("replace")), 1, "no temporary stays");
	is_int(os_replace(os, in_folder("none/file"), "x", 1, 0600, &err), -ERR_SYSTEM,
	       "no folder");
	has_str(err.text, "cannot create", "says so");
}

/* A name without a folder is in the working folder. */
static void test_replace_here(void)
{
	struct err err = ERR_INIT;
	char here[4096];

	if (!getcwd(here, sizeof here) || chdir(in_folder("replace")) < 0)
		bail_out("chdir: %s", strerror(errno));
	is_int(os_replace(os, "here", "x", 1, 0600, &err), 0, "replace in the working folder");
	is_int(os_copy_file(os, "here", "copy", 0600, &err), 0, "copy in the working folder");
	is_str(get_file("copy"), "x", "gives the data");
	if (chdir(here) < 0)
		bail_out("chdir: %s", strerror(errno));
}

/* Run an operation with each of its calls to the machine failing in turn. */
static void each_fault(const char *name, int (*operation)(struct os *, struct err *))
{
	bool whole = true, clean = true, told = true;
	unsigned n;

	for (n = 1;; n++) {
		struct faulty_os faulty = faulty_os(n, EIO);
		struct err err = ERR_INIT;
		const char *text;
		int rc;

		put_file(in_folder("fault/file"), "old", 3);
		rc = operation(&faulty.os, &err);
		if (!faulty.failed)
			break;
		text = get_file(in_folder("fault/file"));
		whole = whole && text && (!strcmp(text, "old") || !strcmp(text, "new"));
		clean = clean && count_files(in_folder("fault")) == 1;
		/* a file that was only read may fail to close in silence */
		told = told &&
		       (rc == -ERR_SYSTEM ? err.sys == EIO && strstr(err.text, "Input/output")
					  : rc == 0 && !strcmp(faulty.failed, "close"));
		if (!told)
			diag("%s: call %u, %s: rc %d '%s'", name, n, faulty.failed, rc, err.text);
	}
	ok(n > 4, "%s: %u calls can fail", name, n - 1);
	ok(whole, "promise 1: %s: the old file or the new one, whichever call fails", name);
	ok(clean, "%s: no temporary stays, whichever call fails", name);
	ok(told, "%s: every failure is told", name);
	is_str(get_file(in_folder("fault/file")), "new", "%s: done when none fails", name);
}

static int do_replace(struct os *faulty, struct err *err)
{
	return os_replace(faulty, in_folder("fault/file"), "new", 3, 0600, err);
}

static int do_replace_soft(struct os *faulty, struct err *err)
{
	return os_replace_soft(faulty, in_folder("fault/file"), "new", 3, 0600, err);
}

static int do_copy(struct os *faulty, struct err *err)
{
	return os_copy_file(faulty, in_folder("source"), in_folder("fault/file"), 0600, err);
}

static void test_faults(void)
{
	struct faulty_os quiet = faulty_os(0, EIO);
	struct err err = ERR_INIT;
	unsigned hard;

	mkdir(in_folder("fault"), 0700);
	put_file(in_folder("source"), "new", 3);
	each_fault("replace", do_replace);
	each_fault("soft replace", do_replace_soft);
	each_fault("copy", do_copy);
	do_replace(&quiet.os, &err);
	hard = quiet.count;
	quiet.count = 0;
	do_replace_soft(&quiet.os, &err);
	is_int(hard - quiet.count, 2, "promise 1: a hard replace syncs the file and the folder");
}

static void test_copy(void)
{
	static char large[150000];
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (char)(i * 7);
	put_file(in_folder("from"), large, sizeof large);
	is_int(os_copy_file(os, in_folder("from"), in_folder("to"), 0700, &err), 0, "copy");
	os_read_file(os, in_folder("to"), SIZE_MAX, &text, &err);
	ok(text.len == sizeof large && memcmp(text.data, large, sizeof large) == 0, "every byte");
	buf_release(&text);
	is_int(os_copy_file(os, in_folder("none"), in_folder("to"), 0700, &err), -ERR_NOT_FOUND,
	       "copy of nothing");
	err_clear(&err);
	is_int(os_copy_file(os, in_folder("from"), in_folder("none/x"), 0700, &err), -ERR_SYSTEM,
	       "copy to nowhere");
}

static void test_make_dir(void)
{
	const char *path = in_folder("made");
	struct err err = ERR_INIT;
	bool made = false;

	is_int(os_make_dir(os, path, 0700, &made, &err), 0, "make a folder");
	ok(made, "it was made");
	is_int(os_make_dir(os, path, 0700, &made, &err), 0, "again");
	ok(!made, "it was there");
	is_int(os_make_dir(os, path, 0700, NULL, &err), 0, "nobody needs to know");
	is_int(os_make_dir(os, in_folder("five"), 0700, NULL, &err), -ERR_SYSTEM,
	       "not where a file is");
	has_str(err.text, "Not a directory", "says so");
	err_clear(&err);
	if (symlink("made", in_folder("made-link")) < 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(os_make_dir(os, in_folder("made-link"), 0700, NULL, &err), -ERR_SYSTEM,
	       "nor a link");
	err_clear(&err);
	is_int(os_make_dir(os, in_folder("none/made"), 0700, NULL, &err), -ERR_SYSTEM,
	       "nor nowhere");
}

static void fill_tree(void)
{
	mkdir(in_folder("tree"), 0700);
	mkdir(in_folder("tree/a"), 0700);
	mkdir(in_folder("tree/a/b"), 0700);
	put_file(in_folder("tree/a/b/file"), "x", 1);
	put_file(in_folder("tree/file"), "x", 1);
	if (symlink("../keep", in_folder("tree/link")) < 0 && errno != EEXIST)
		bail_out("symlink: %s", strerror(errno));
}

static void test_remove_tree(void)
{
	struct err err = ERR_INIT;
	unsigned n;
	int rc;

	mkdir(in_folder("keep"), 0700);
	put_file(in_folder("keep/file"), "kept", 4);
	fill_tree();
	is_int(os_remove_tree(os, in_folder("tree"), &err), 0, "remove a tree");
	ok(!os_exists(os, in_folder("tree")), "it is gone");
	is_str(get_file(in_folder("keep/file")), "kept", "what a link in it points to is not");
	is_int(os_remove_tree(os, in_folder("tree"), &err), 0, "what is not there is no error");
	if (symlink("keep", in_folder("keep-link")) < 0)
		bail_out("symlink: %s", strerror(errno));
	ok(os_exists(os, in_folder("keep-link")), "a link exists");
	is_int(os_remove_tree(os, in_folder("keep-link"), &err), 0, "remove a link");
	ok(!os_exists(os, in_folder("keep-link")), "only the link goes");
	is_str(get_file(in_folder("keep/file")), "kept", "what it points to stays");
	put_file(in_folder("single"), "x", 1);
	is_int(os_remove_tree(os, in_folder("single"), &err), 0, "a file goes as well");
	ok(!os_exists(os, in_folder("single")), "wholly");
	for (n = 1;; n++) {
		struct faulty_os faulty = faulty_os(n, EIO);

		fill_tree();
		err_clear(&err);
		rc = os_remove_tree(&faulty.os, in_folder("tree"), &err);
		is_int(rc, faulty.failed ? -ERR_SYSTEM : 0, "a failure of call %u (%s) is told", n,
		       faulty.failed ? faulty.failed : "none");
		if (!faulty.failed)
			break;
	}
	ok(!os_exists(os, in_folder("tree")), "after all failures it can be removed");
}

/* Nothing but ERR_NOMEM comes of memory that ran out, and nothing stays behind. */
static void test_oom(void)
{
	bool told = true;
	long n;
	int rc;

	if (!oom_works()) {
		skip_test("memory that runs out", "malloc is not ours here");
		return;
	}
	for (n = 0, rc = -1; rc < 0; n++) {
		struct buf text = BUF_INIT;
		struct err err = ERR_INIT;

		fill_tree();
		put_file(in_folder("fault/file"), "old", 3);
		oom_after(n);
		rc = do_replace(os, &err);
		if (rc == 0)
			rc = do_copy(os, &err);
		if (rc == 0)
			rc = os_read_file(os, in_folder("fault/file"), 100, &text, &err);
		if (rc == 0)
			rc = os_remove_tree(os, in_folder("tree"), &err);
		oom_off();
		told = told && (rc == 0 || (rc == -ERR_NOMEM && err.code == ERR_NOMEM));
		if (!told)
			diag("allocation %ld: rc %d '%s'", n, rc, err.text);
		buf_release(&text);
	}
	ok(n > 5 && told, "memory that runs out is told, whichever allocation fails (%ld)", n);
	is_int(count_files(in_folder("fault")), 1, "and no temporary stays");
}

int main(void)
{
	os = os_system();
	umask(0);
	folder_make();
	test_read();
	test_replace();
	test_replace_here();
	test_faults();
	test_copy();
	test_make_dir();
	test_remove_tree();
	test_oom();
	return done_testing();
}
