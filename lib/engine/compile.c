/* SPDX-License-Identifier: MIT */
/*
 * <state>/cache/<key>.so: what a .c file was compiled to. The key is the
 * SHA-256 of all that decides the outcome, so an entry is never wrong and never
 * changed; it is written aside, synced and renamed. A death leaves a ".tmp-*".
 */
#include "module.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../store/state.h"
#include "compile_cache.h"
#include "compile_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef WF_MODULE_CFLAGS
#define WF_MODULE_CFLAGS ""
#endif

/* Beside the executable while it is not installed, else where it was installed. */
static char *include_flag(void)
{
	char *dir = module_program_dir();
	char *header = dir ? str_format("%s/include/wf.h", dir) : NULL;
	char *flag;

	if (header && !access(header, R_OK))
		flag = str_format("-I%s/include", dir);
	else
		flag = str_format("-I%s", WF_INCLUDEDIR);
	free(header);
	free(dir);
	return flag;
}

/* $CC and the flags that are the same for preprocessing and compiling. */
static int compiler(struct argv *argv, struct err *err)
{
	const char *cc = getenv("CC");
	char *include = include_flag();
	int rc = 0;

	if (!include || argv_words(argv, cc) < 0 || (!argv->n && argv_add(argv, "cc", 2) < 0) ||
	    argv_words(argv,
		       "-shared -fPIC -fstack-clash-protection -g -O2 -std=gnu11 -D_GNU_SOURCE") <
		    0 ||
	    argv_add(argv, include, strlen(include)) < 0 ||
	    argv_words(argv, WF_MODULE_CFLAGS) < 0 || argv_words(argv, getenv("WF_CFLAGS")) < 0)
		rc = err_nomem(err);
	free(include);
	return rc;
}

static int add_all(struct argv *argv, const char *const *texts, struct err *err)
{
	for (; *texts; texts++)
		if (argv_add(argv, *texts, strlen(*texts)) < 0)
			return err_nomem(err);
	return 0;
}

static void say(const struct buf *messages)
{
	for (size_t done = 0; done < messages->len;) {
		ssize_t n = write(STDERR_FILENO, messages->data + done, messages->len - done);

		if (n < 0 && errno != EINTR)
			return;
		done += n > 0 ? (size_t)n : 0;
	}
}

/* The first line that speaks of an error; else the first line. Cut where it ends. */
static const char *first_error(char *text)
{
	static const char *const signs[] = {" error: ", "undefined reference",
					    "error:", "cannot find"};
	char *at = NULL;

	if (!text)
		return "it says nothing";
	for (size_t i = 0; !at && i < sizeof signs / sizeof signs[0]; i++)
		at = strstr(text, signs[i]);
	while (at && at > text && at[-1] != '\n')
		at--;
	if (!at)
		at = text + strspn(text, "\n");
	at[strcspn(at, "\n")] = '\0';
	return *at ? at : "it says nothing";
}

/* Run one pass. Its messages are told to the user, and its first error is the caller's. */
static int pass(const struct argv *argv, const char *c_file, struct buf *out, bool tell,
		struct err *err)
{
	struct buf messages = BUF_INIT;
	int rc = compile_run(argv, out, &messages, err);

	if (rc >= 0 && (!buf_ok(&messages) || !buf_ok(out)))
		rc = err_nomem(err);
	if (rc > 0 || (!rc && tell))
		say(&messages);
	if (rc > 0)
		rc = err_set(err, ERR_USAGE, "cannot compile '%s': %s", c_file,
			     first_error(messages.data));
	buf_release(&messages);
	return rc;
}

static int add_text(struct buf *into, const char *text)
{
	buf_add(into, text, strlen(text) + 1);
	return into->failed ? -1 : 0;
}

/* An updated compiler of the same name is another compiler. */
static void add_identity(struct buf *into, const char *program)
{
	const char *path = getenv("PATH");
	struct stat st;

	while (path && *path) {
		size_t n = strcspn(path, ":");
		char *file = strchr(program, '/') ? strdup(program)
						  : str_format("%.*s/%s", (int)n, path, program);

		if (file && !stat(file, &st)) {
			buf_addf(into, "%s %lld %lld.%09ld", file, (long long)st.st_size,
				 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
			free(file);
			return;
		}
		free(file);
		path += n + (path[n] == ':');
	}
}

/* What decides the outcome: the source with all that it includes, the compiler, its flags. */
static int cache_key(const char *c_file, char ret[HASH_HEX], struct err *err)
{
	struct argv argv = {NULL, 0};
	struct buf text = BUF_INIT;
	int rc = compiler(&argv, err);

	if (!rc)
		rc = add_all(&argv, (const char *const[]){"-E", c_file, NULL}, err);
	if (!rc)
		rc = pass(&argv, c_file, &text, false, err);
	if (!rc) {
		add_identity(&text, argv.list[0]);
		for (size_t i = 0; i < argv.n; i++)
			add_text(&text, argv.list[i]);
		if (!buf_ok(&text))
			rc = err_nomem(err);
		else
			hash_sha256(text.data, text.len, ret);
	}
	buf_release(&text);
	argv_release(&argv);
	return rc;
}

static int compile(const char *c_file, const char *so, struct err *err)
{
	struct argv argv = {NULL, 0};
	struct buf out = BUF_INIT;
	int rc = compiler(&argv, err);

	if (!rc)
		rc = add_all(&argv, (const char *const[]){c_file, "-o", so, "-ljansson", NULL},
			     err);
	if (!rc)
		rc = argv_words(&argv, getenv("WF_LDFLAGS")) < 0 ? err_nomem(err) : 0;
	if (!rc)
		rc = pass(&argv, c_file, &out, true, err);
	if (!rc && chmod(so, 0700) < 0) /* linkers go by the umask */
		rc = err_sys(err, errno, "cannot change '%s'", so);
	buf_release(&out);
	argv_release(&argv);
	return rc;
}

static int check_source(const char *c_file, struct err *err)
{
	struct stat st;

	if (stat(c_file, &st) < 0)
		return err_set(err, ERR_NOT_FOUND, "cannot open '%s': %s", c_file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is not a regular file", c_file);
	if (st.st_mode & S_IWOTH)
		return err_set(err, ERR_MODULE,
			       "'%s': everybody can write to it; run 'chmod o-w' on it", c_file);
	if (access(c_file, R_OK) < 0)
		return err_set(err, ERR_USAGE, "cannot open '%s': %s", c_file, strerror(errno));
	return 0;
}

int module_compile(struct state *state, const char *c_file, char **ret_so, struct err *err)
{
	struct cache_entry entry = {NULL, NULL};
	char key[HASH_HEX];
	int rc;

	if ((rc = check_source(c_file, err)) < 0 || (rc = cache_key(c_file, key, err)) < 0)
		return rc;
	rc = cache_find(state, key, &entry, err);
	if (!rc) {
		rc = compile(c_file, entry.temporary, err);
		rc = cache_finish(state, &entry, rc, err);
	}
	if (rc >= 0) {
		*ret_so = entry.path;
		entry.path = NULL;
		rc = 0;
	}
	cache_entry_release(&entry);
	return rc;
}
