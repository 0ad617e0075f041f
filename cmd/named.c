/* SPDX-License-Identifier: MIT */
#include "named.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/module.h"
#include "suggest.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of a file name without folder and suffix. */
static const char *base_of(const char *path, size_t n, size_t *ret_len)
{
	const char *slash = memrchr(path, '/', n);
	const char *base = slash ? slash + 1 : path;
	size_t len = n - (size_t)(base - path);

	if (len > 3 && !memcmp(base + len - 3, ".so", 3))
		len -= 3;
	else if (len > 2 && !memcmp(base + len - 2, ".c", 2))
		len -= 2;
	*ret_len = len;
	return base;
}

int named_parse(struct named *ret, const char *text, struct err *err)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strrchr(slash ? slash : text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text), len;

	if (!n || (colon && !colon[1]))
		return err_set(err, ERR_USAGE,
			       "'%s' names no workflow; give NAME, FILE.so, FILE.c or FILE:NAME",
			       text);
	if (!str_utf8(text, strlen(text))) {
		char *quoted = str_quote(text, strlen(text));

		err_set(err, ERR_USAGE, "%s cannot be the name of a workflow: it is not UTF-8",
			quoted ? quoted : "this");
		free(quoted);
		return -err->code;
	}
	const char *base = base_of(text, n, &len);
	*ret = (struct named){
		.text = text, .after = colon ? colon + 1 : NULL, .base = strndup(base, len)};
	return ret->base ? 0 : err_nomem(err);
}

bool named_is(const struct named *named, const char *workflow, const char *module_name)
{
	const char *module = module_name ? module_name : "";
	size_t len;
	const char *base = base_of(module, strlen(module), &len);
	bool same_file = strlen(named->base) == len && !memcmp(named->base, base, len);

	if (named->after)
		return same_file && !strcmp(named->after, workflow);
	return same_file || !strcmp(named->text, workflow);
}

int named_locate(struct named *named, struct err *err)
{
	return module_locate(named->text, &named->file, &named->workflow, err);
}

bool named_needs_compiler(const struct named *named)
{
	return str_ends(named->file, ".c");
}

static int not_there(const struct named *named, const struct module *module, const char *wanted,
		     struct err *err)
{
	struct suggest near = SUGGEST_INIT;
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < module->count; i++) {
		if (module->entries[i].kind != WF_KIND_WORKFLOW)
			continue;
		suggest_offer(&near, wanted ? wanted : "", wanted ? strlen(wanted) : 0,
			      module->entries[i].name);
		buf_addf(&names, "%s%s", names.len ? ", " : "", module->entries[i].name);
	}
	const char *all = buf_ok(&names) && names.len ? names.data : "none";
	if (!wanted)
		err_set(err, ERR_NOT_FOUND,
			"'%s' has several workflows or none (%s); name one: %s:NAME", named->file,
			all, named->text);
	else if (near.best)
		err_set(err, ERR_NOT_FOUND, "'%s' has no workflow '%s'; did you mean '%s'?",
			named->file, wanted, near.best);
	else
		err_set(err, ERR_NOT_FOUND, "'%s' has no workflow '%s'; it has: %s", named->file,
			wanted, all);
	buf_release(&names);
	return -err->code;
}

int named_choose(const struct named *named, const struct module *module, struct err *err)
{
	int only = -1, count = 0;
	const char *wanted = named->workflow;
	int found = module_find(module, WF_KIND_WORKFLOW, wanted ? wanted : named->base);

	if (found >= 0)
		return found;
	for (size_t i = 0; i < module->count; i++)
		if (module->entries[i].kind == WF_KIND_WORKFLOW) {
			only = (int)i;
			count++;
		}
	if (!wanted && count == 1)
		return only;
	return not_there(named, module, wanted, err);
}

void named_release(struct named *named)
{
	free(named->base);
	free(named->file);
	free(named->workflow);
	*named = (struct named){0};
}

/* What was compiled and cannot be meant is refused by the name of its source. */
static int compile(struct state *state, const char *c_file, char **ret, struct err *err)
{
	struct module *module = NULL;
	int r = module_compile(state, c_file, ret, err);

	if (r == 0 && (r = module_load_made(*ret, c_file, &module, err)) < 0) {
		free(*ret);
		*ret = NULL;
	}
	module_free(module);
	return r;
}

int named_module(struct state *state, const char *word, char **ret, struct err *err)
{
	struct named named = {0};
	int r = named_parse(&named, word, err);

	if (r == 0)
		r = named_locate(&named, err);
	if (r == 0 && named_needs_compiler(&named))
		r = compile(state, named.file, ret, err);
	else if (r == 0 && !(*ret = strdup(named.file)))
		r = err_nomem(err);
	named_release(&named);
	return r;
}
