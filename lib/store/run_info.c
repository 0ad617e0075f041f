/* SPDX-License-Identifier: MIT */
/* run.json: to text and back. */
#include "run_internal.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../model/parse.h"

#include <stdlib.h>
#include <string.h>

void run_info_release(struct run_info *info)
{
	if (!info)
		return;
	free(info->id);
	free(info->workflow);
	free(info->module_name);
	free(info->parent);
	free(info->directory);
	json_decref(info->input);
	json_decref(info->environment);
	json_decref(info->options);
	memset(info, 0, sizeof *info);
}

static void hex(const uint8_t *from, size_t n, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*to++ = digits[from[i] >> 4];
		*to++ = digits[from[i] & 15];
	}
	*to = '\0';
}

static bool unhex(const char *from, uint8_t *to, size_t n)
{
	if (strlen(from) != 2 * n || strspn(from, "0123456789abcdef") != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = from[2 * i], low = from[2 * i + 1];

		to[i] = (uint8_t)((high > '9' ? high - 'a' + 10 : high - '0') << 4 |
				  (low > '9' ? low - 'a' + 10 : low - '0'));
	}
	return true;
}

/* Unless there is none. Steals value; made: whether it was to be made at all. */
static int add_member(json_t *root, const char *key, bool made, json_t *value)
{
	return made ? json_object_set_new(root, key, value) : 0;
}

/* A starred member of json_pack would be left out silently when memory is short. */
static int add_optional(json_t *root, const struct run_info *info)
{
	const char *name = info->module_name, *directory = info->directory;
	json_t *parent = NULL;

	if (info->parent)
		parent = json_pack("{s:s, s:I, s:s}", "run", info->parent, "cmd",
				   (json_int_t)info->parent_cmd, "key", info->parent_key);
	if (add_member(root, "parent", info->parent, parent) < 0 ||
	    add_member(root, "module_name", name, name ? json_string(name) : NULL) < 0 ||
	    add_member(root, "directory", directory, directory ? json_string(directory) : NULL) <
		    0 ||
	    add_member(root, "options", info->options, json_incref(info->options)) < 0)
		return -1;
	return add_member(root, "environment", info->environment, json_incref(info->environment));
}

char *run_info_encode(const struct run_info *info)
{
	char seed[2 * sizeof info->seed + 1];
	json_t *root;
	char *text = NULL, *whole = NULL;

	hex(info->seed, sizeof info->seed, seed);
	root = json_pack("{s:s, s:s, s:s, s:I, s:s, s:O?}", "id", info->id, "workflow",
			 info->workflow, "module", info->module, "created",
			 (json_int_t)info->created, "seed", seed, "input", info->input);
	if (root && add_optional(root, info) == 0)
		text = dump_json(root, JSON_COMPACT);
	if (text)
		whole = str_format("%s\n", text);
	free(text);
	json_decref(root);
	return whole;
}

static int damaged(const char *path, const char *what, struct err *err)
{
	return err_set(err, ERR_DAMAGED, "'%s': %s; run 'wf fsck --repair'", path, what);
}

/* A text member into *ret (new). */
static int text_member(const json_t *root, const char *key, bool required, char **ret,
		       const char *path, struct err *err)
{
	const json_t *value = json_object_get(root, key);
	char what[80] = "it has no text '";

	if (!value && !required)
		return 0;
	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return damaged(path, strcat(strcat(what, key), "'"), err);
	*ret = strdup(json_string_value(value));
	return *ret ? 0 : err_nomem(err);
}

static int parent_member(struct run_info *info, const json_t *root, const char *path,
			 struct err *err)
{
	const json_t *parent = json_object_get(root, "parent");
	const char *key;

	if (!parent)
		return 0;
	info->parent_cmd = (uint64_t)json_integer_value(json_object_get(parent, "cmd"));
	key = json_string_value(json_object_get(parent, "key"));
	if (key && strlen(key) < sizeof info->parent_key)
		strcpy(info->parent_key, key);
	return text_member(parent, "run", true, &info->parent, path, err);
}

static int scalars(struct run_info *info, const json_t *root, const char *path, struct err *err)
{
	const char *seed = json_string_value(json_object_get(root, "seed"));
	const char *module = json_string_value(json_object_get(root, "module"));
	const json_t *created = json_object_get(root, "created");

	if (!json_is_integer(created))
		return damaged(path, "it has no number 'created'", err);
	if (!seed || !unhex(seed, info->seed, sizeof info->seed))
		return damaged(path, "its 'seed' is not 64 hexadecimal digits", err);
	if (!module || strlen(module) >= sizeof info->module)
		return damaged(path, "its 'module' is not a SHA-256", err);
	strcpy(info->module, module);
	info->created = json_integer_value(created);
	return 0;
}

static int members(struct run_info *info, const json_t *root, const char *path, struct err *err)
{
	int rc = text_member(root, "id", true, &info->id, path, err);

	if (rc == 0)
		rc = text_member(root, "workflow", true, &info->workflow, path, err);
	if (rc == 0)
		rc = text_member(root, "module_name", false, &info->module_name, path, err);
	if (rc == 0)
		rc = text_member(root, "directory", false, &info->directory, path, err);
	if (rc == 0)
		rc = parent_member(info, root, path, err);
	if (rc == 0)
		rc = scalars(info, root, path, err);
	if (rc < 0)
		return rc;
	info->input = json_incref(json_object_get(root, "input"));
	info->environment = json_incref(json_object_get(root, "environment"));
	info->options = json_incref(json_object_get(root, "options"));
	if (!info->input)
		info->input = json_null();
	if (!info->options)
		info->options = json_object();
	if (!info->environment)
		info->environment = json_object();
	return info->options && info->environment ? 0 : err_nomem(err);
}

int run_info_decode(struct run_info *ret, const char *text, size_t n, const char *path,
		    struct err *err)
{
	struct run_info info = {0};
	struct err why = ERR_INIT;
	json_t *root = NULL;
	int rc = parse_json(&root, text, n, &why);

	if (rc == -ERR_NOMEM)
		return err_nomem(err);
	if (!json_is_object(root)) {
		json_decref(root);
		return damaged(path, root ? "it is no JSON object" : why.text, err);
	}
	rc = members(&info, root, path, err);
	json_decref(root);
	if (rc < 0) {
		run_info_release(&info);
		return rc;
	}
	*ret = info;
	return 0;
}
