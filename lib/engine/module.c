/* SPDX-License-Identifier: MIT */
#include "module.h"

#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "module_file.h"
#include "module_range.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NAME 128

static const char *kind_words(uint32_t kind)
{
	return kind == WF_KIND_STEP ? "step" : "workflow";
}

/* Names become file names, lines of a log and words of a command line. */
static int check_name(const void *anchor, const char *name, size_t i, struct err *err)
{
	size_t room = name ? module_range(anchor, name) : 0;
	size_t n = room ? strnlen(name, room < LONGEST_NAME + 1 ? room : LONGEST_NAME + 1) : 0;
	char *shown;
	int rc;

	if (!name || !n)
		return err_set(err, ERR_MODULE, "definition %zu has no name", i + 1);
	if (n > LONGEST_NAME)
		return err_set(err, ERR_MODULE, "definition %zu has a name longer than %d bytes",
			       i + 1, LONGEST_NAME);
	if (n == room)
		return err_set(err, ERR_MODULE, "definition %zu has a name without an end", i + 1);
	if (str_utf8(name, n) && *name != '.' && *name != '-' && !strpbrk(name, " /:\\\"'\177"))
		for (size_t k = 0; (unsigned char)name[k] >= ' '; k++)
			if (k + 1 == n)
				return 0;
	shown = str_quote(name, n);
	rc = err_set(err, ERR_MODULE, "definition %zu has a name that cannot be used: %s", i + 1,
		     shown ? shown : "?");
	free(shown);
	return rc;
}

static int check_options(const wf_step_options *o, const char *name, struct err *err)
{
	if (o->timeout < 0 || o->total_timeout < 0 || o->heartbeat < 0 || o->grace < 0)
		return err_set(err, ERR_MODULE, "step '%s' has a negative time-out", name);
	if (o->retry.attempts < 0 || o->retry.first < 0 || o->retry.longest < 0 ||
	    o->retry.factor < 0)
		return err_set(err, ERR_MODULE,
			       "step '%s' has a negative number in its retry policy", name);
	return 0;
}

static int check_definition(const wf_definition *d, struct err *err)
{
	if (d->kind != WF_KIND_WORKFLOW && d->kind != WF_KIND_STEP)
		return err_set(err, ERR_MODULE, "'%s' is of an unknown kind: %u", d->name,
			       (unsigned)d->kind);
	if (d->kind == WF_KIND_WORKFLOW ? !d->workflow : !d->step)
		return err_set(err, ERR_MODULE, "%s '%s' has no function", kind_words(d->kind),
			       d->name);
	return check_options(&d->options, d->name, err);
}

/* As much of a definition as the module's version declares; the rest stays zero, which means the
 * default. */
static int read_definition(const wf_module_descriptor *from, size_t i, wf_definition *ret,
			   struct err *err)
{
	const char *at = (const char *)from->definitions + i * from->definition_size;
	const size_t head = offsetof(wf_definition, options);
	size_t n, room;

	memset(ret, 0, sizeof *ret);
	memcpy(ret, at, head);
	if (ret->size < head || ret->size > from->definition_size)
		return err_set(err, ERR_MODULE, "definition %zu cannot have %zu bytes", i + 1,
			       ret->size);
	room = ret->size - head;
	if (room < offsetof(wf_step_options, timeout))
		return 0;
	memcpy(&ret->options, at + head, offsetof(wf_step_options, timeout));
	n = ret->options.size;
	memset(&ret->options, 0, sizeof ret->options);
	if (n > room || (n && n < offsetof(wf_step_options, timeout)))
		return err_set(err, ERR_MODULE,
			       "the options of definition %zu cannot have %zu bytes", i + 1, n);
	memcpy(&ret->options, at + head, n < sizeof ret->options ? n : sizeof ret->options);
	ret->options.size = sizeof ret->options;
	return 0;
}

static int add_definition(struct module *module, const wf_definition *d, struct err *err)
{
	if (module_find(module, d->kind, d->name) >= 0)
		return err_set(err, ERR_MODULE, "it defines the %s '%s' twice", kind_words(d->kind),
			       d->name);
	module->entries[module->count++] = (struct module_entry){
		.kind = d->kind,
		.name = d->name,
		.workflow = d->workflow,
		.step = d->step,
		.options = d->options,
	};
	return 0;
}

static int read_definitions(struct module *module, const wf_module_descriptor *from,
			    struct err *err)
{
	size_t bytes = from->count * from->definition_size;
	wf_definition d;
	int rc;

	if (module_range(from, from->definitions) < bytes)
		return err_set(err, ERR_MODULE, "its descriptor points outside of it");
	module->entries = calloc(from->count, sizeof *module->entries);
	if (!module->entries)
		return err_nomem(err);
	for (size_t i = 0; i < from->count; i++)
		if ((rc = read_definition(from, i, &d, err)) < 0 ||
		    (rc = check_name(from, d.name, i, err)) < 0 ||
		    (rc = check_definition(&d, err)) < 0 ||
		    (rc = add_definition(module, &d, err)) < 0)
			return rc;
	return 0;
}

/* What the loader said, without the path that we say ourselves. */
static int loader_error(const char *path, struct err *err)
{
	const char *why = dlerror();
	size_t n = strlen(path);

	if (!why)
		why = "the loader gives no reason";
	if (!strncmp(why, path, n) && !strncmp(why + n, ": ", 2))
		why += n + 2;
	return err_set(err, ERR_MODULE, "%s", why);
}

static int link_module(struct module *module, struct err *err)
{
	const wf_module_descriptor *descriptor;
	/* a path without '/' would be looked for in the library folders */
	char *path = strchr(module->path, '/') ? strdup(module->path)
					       : str_format("./%s", module->path);
	int rc;

	if (!path)
		return err_nomem(err);
	module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	descriptor = module->handle ? dlsym(module->handle, "wf_module") : NULL;
	rc = descriptor ? read_definitions(module, descriptor, err) : loader_error(path, err);
	free(path);
	return rc;
}

static int damaged(struct err *err)
{
	return err_set(err, ERR_DAMAGED, "it does not have the SHA-256 of its name");
}

/* pinned: the SHA-256 that it must have, or NULL. */
static int load(const char *path, struct module *module, const char *pinned, struct err *err)
{
	struct module_file file;
	int rc = module_file_open(&file, path, err);

	if (rc < 0)
		return rc;
	rc = module_file_judge(&file, err);
	if (!rc)
		hash_sha256(file.data, file.size, module->sha256);
	module_file_close(&file);
	if (!rc && pinned && strcmp(pinned, module->sha256))
		rc = damaged(err);
	return rc < 0 ? rc : link_module(module, err);
}

/* shown: the file that the user knows. */
static int load_new(const char *path, const char *shown, const char *pinned,
		    struct module **ret_module, struct err *err)
{
	struct module *module = calloc(1, sizeof *module);
	int rc;

	if (!module || !(module->path = strdup(path))) {
		module_free(module);
		return err_nomem(err);
	}
	rc = load(path, module, pinned, err);
	if (rc < 0) {
		module_free(module);
		err_context(err, "cannot load module '%s'", shown);
		return rc;
	}
	*ret_module = module;
	return 0;
}

int module_load(const char *path, struct module **ret_module, struct err *err)
{
	return load_new(path, path, NULL, ret_module, err);
}

int module_load_pinned(const char *path, const char *sha256, struct module **ret_module,
		       struct err *err)
{
	return load_new(path, path, sha256, ret_module, err);
}

int module_load_made(const char *path, const char *of, struct module **ret_module, struct err *err)
{
	return load_new(path, of, NULL, ret_module, err);
}

void module_free(struct module *module)
{
	if (!module)
		return;
	free(module->entries);
	free(module->path);
	free(module);
}
