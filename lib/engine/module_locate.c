/* SPDX-License-Identifier: MIT */
#include "module.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *module_program_dir(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	char *slash;

	if (n <= 0 || (size_t)n >= sizeof path)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	slash[slash == path] = '\0';
	return strdup(path);
}

static bool is_file_name(const char *named)
{
	return strchr(named, '/') || str_ends(named, ".so") || str_ends(named, ".c");
}

/* ':' divides, unless what follows cannot be a workflow's name or the whole is a file that exists.
 */
static int split(const char *named, char **ret_file, char **ret_workflow, struct err *err)
{
	const char *colon = strrchr(named, ':');
	struct stat st;

	*ret_workflow = NULL;
	if (colon && (strchr(colon, '/') || (is_file_name(named) && !stat(named, &st))))
		colon = NULL;
	if (colon && (colon == named || !colon[1]))
		return err_set(err, ERR_USAGE,
			       "'%s' does not name a workflow: write NAME, FILE or FILE:NAME",
			       named);
	*ret_file = colon ? strndup(named, (size_t)(colon - named)) : strdup(named);
	if (*ret_file && colon)
		*ret_workflow = strdup(colon + 1);
	if (*ret_file && (!colon || *ret_workflow))
		return 0;
	free(*ret_file);
	return err_nomem(err);
}

struct search {
	const char *name;
	char *found;
	struct buf tried;
	bool failed;
};

/* Look for the name in one folder; true when the search is over. */
static bool look_in(struct search *s, const char *dir, size_t n)
{
	static const char *const endings[] = {"so", "c"};
	struct stat st;

	if (!n)
		return false;
	for (size_t i = 0; i < 2; i++) {
		char *path = str_format("%.*s/%s.%s", (int)n, dir, s->name, endings[i]);

		if (!path)
			return s->failed = true;
		if (!stat(path, &st) && !S_ISDIR(st.st_mode)) {
			s->found = path;
			return true;
		}
		free(path);
	}
	buf_adds(&s->tried, s->tried.len ? ", " : "");
	buf_add(&s->tried, dir, n);
	return false;
}

static bool look_in_list(struct search *s, const char *list)
{
	while (list && *list) {
		size_t n = strcspn(list, ":");

		if (look_in(s, list, n))
			return true;
		list += n + (list[n] == ':');
	}
	return false;
}

static void look_everywhere(struct search *s)
{
	char *dir = module_program_dir();
	char *beside = dir ? str_format("%s/workflows", dir) : NULL;
	struct stat st;

	if (!look_in_list(s, getenv("WF_PATH")) &&
	    !look_in(s, "./workflows", strlen("./workflows")) &&
	    !(beside && !stat(beside, &st) && look_in(s, beside, strlen(beside))))
		look_in(s, WF_WORKFLOWDIR, strlen(WF_WORKFLOWDIR));
	free(beside);
	free(dir);
}

static int find_name(const char *name, char **ret, struct err *err)
{
	struct search s = {.name = name, .tried = BUF_INIT};
	int rc = 0;

	if (str_id_problem(name))
		return err_set(err, ERR_USAGE, "'%.100s' cannot be the name of a workflow: it %s",
			       name, str_id_problem(name));
	look_everywhere(&s);
	if (s.failed || !buf_ok(&s.tried))
		rc = err_nomem(err);
	else if (!s.found)
		rc = err_set(err, ERR_NOT_FOUND,
			     "no workflow '%s': looked for %s.so and %s.c in %s", name, name, name,
			     s.tried.data);
	buf_release(&s.tried);
	if (rc < 0)
		free(s.found);
	else
		*ret = s.found;
	return rc;
}

/* A file that the user named: there, and of a kind that is known. */
static int check_file(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, ERR_NOT_FOUND, "cannot open '%s': %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is a folder, not a workflow", path);
	if (!str_ends(path, ".c") && !str_ends(path, ".so"))
		return err_set(err, ERR_USAGE, "'%s' is neither a .c nor a .so file", path);
	return 0;
}

int module_locate(const char *named, char **ret_file, char **ret_workflow, struct err *err)
{
	char *name = NULL, *workflow = NULL, *file = NULL;
	int rc;

	if (!*named)
		return err_set(err, ERR_USAGE, "a workflow's name cannot be empty");
	rc = split(named, &name, &workflow, err);
	if (rc < 0)
		return rc;
	if (!is_file_name(name)) {
		rc = find_name(name, &file, err);
	} else if (!(rc = check_file(name, err))) {
		file = name;
		name = NULL;
	}
	free(name);
	if (rc < 0) {
		free(workflow);
		return rc;
	}
	*ret_file = file;
	*ret_workflow = workflow;
	return 0;
}

/* The workflow named like the file, or -1. */
static int named_like(const struct module *module, const char *file)
{
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	const char *dot = strrchr(base, '.');
	char *name = strndup(base, dot ? (size_t)(dot - base) : strlen(base));
	int i = name ? module_find(module, WF_KIND_WORKFLOW, name) : -1;

	free(name);
	return i;
}

static int no_such_workflow(const struct module *module, const char *file, const char *workflow,
			    struct err *err)
{
	struct buf list = BUF_INIT;
	int rc;

	for (size_t i = 0; i < module->count; i++)
		if (module->entries[i].kind == WF_KIND_WORKFLOW)
			buf_addf(&list, "%s%s", list.len ? ", " : "", module->entries[i].name);
	if (!buf_ok(&list))
		rc = err_nomem(err);
	else if (!list.len)
		rc = err_set(err, ERR_USAGE, "'%s' has no workflow, only steps", file);
	else if (workflow)
		rc = err_set(err, ERR_USAGE, "'%s' has no workflow '%s'; it has: %s", file,
			     workflow, list.data);
	else
		rc = err_set(err, ERR_USAGE, "'%s' has several workflows; name one after a ':': %s",
			     file, list.data);
	buf_release(&list);
	return rc;
}

int module_workflow(const struct module *module, const char *file, const char *workflow,
		    int *ret_index, struct err *err)
{
	int only = -1, found;
	size_t n = 0;

	for (size_t i = 0; i < module->count; i++)
		if (module->entries[i].kind == WF_KIND_WORKFLOW) {
			only = (int)i;
			n++;
		}
	if (workflow)
		found = module_find(module, WF_KIND_WORKFLOW, workflow);
	else
		found = n == 1 ? only : named_like(module, file);
	if (found < 0)
		return no_such_workflow(module, file, workflow, err);
	*ret_index = found;
	return 0;
}
