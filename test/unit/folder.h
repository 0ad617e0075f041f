/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, for tests of the floors that scratch.h itself stands on. */
#ifndef WF_TEST_FOLDER_H
#define WF_TEST_FOLDER_H

#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder_[4096];

static int folder_remove_(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static TAP_UNUSED void folder_done_(void)
{
	nftw(folder_, folder_remove_, 16, FTW_DEPTH | FTW_PHYS);
}

/* Make it; it is removed when the program ends. */
static TAP_UNUSED void folder_make(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(folder_, sizeof folder_, "%s/wf-unit-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(folder_))
		bail_out("cannot make a folder: %s", strerror(errno));
	atexit(folder_done_);
}

/* Its path with name behind it; one of eight places that are used in turn. */
static TAP_UNUSED const char *in_folder(const char *name)
{
	static char paths[8][4400];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", folder_, name);
	return path;
}

static TAP_UNUSED void put_file(const char *path, const void *data, size_t n)
{
	FILE *file = fopen(path, "wb");

	if (!file || (n && fwrite(data, 1, n, file) != n) || fclose(file) != 0)
		bail_out("cannot write %s: %s", path, strerror(errno));
}

/* What the file holds as text, in memory that the next call reuses; NULL when there is none. */
static TAP_UNUSED const char *get_file(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		return NULL;
	n = fread(text, 1, sizeof text - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

/* How many entries the folder has. */
static TAP_UNUSED int count_files(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return n;
}

#endif
