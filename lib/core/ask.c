/* SPDX-License-Identifier: MIT */
/* From what workflow code says to the entry of a step. */
#include "author.h"

#include "../base/str.h"
#include "../model/module.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MOST 200

static struct entry *out_of_memory(struct core *core, struct entry *entry)
{
	entry_free(entry);
	core_die(core);
}

/* Index of a step in the module; by its function, for that is quick, else by name. */
static int find_step(const struct module *module, const char *name, wf_step_fn *fn)
{
	for (size_t i = 0; fn && i < module->count; i++) {
		const struct module_entry *entry = &module->entries[i];
		if (entry->step == fn && entry->kind == WF_KIND_STEP &&
		    strcmp(entry->name, name) == 0)
			return (int)i;
	}
	return fn ? -1 : module_find(module, WF_KIND_STEP, name);
}

/* An entry with its options merged and checked; NULL: the running strand has met the reason. */
static struct entry *new_step(struct core *core, enum step_kind kind, const char *name,
			      const wf_step_options *options)
{
	struct entry *entry = entry_new(COMMAND_STEP);
	char problem[120];

	if (!options_check(options, kind, problem, sizeof problem)) {
		author_fail(core, "bad_option", "step '%s': %s", name, problem);
		entry_free(entry);
		return NULL;
	}
	if (!entry)
		core_die(core);
	entry->step.kind = kind;
	entry->step.index = -1;
	entry->step.name = strdup(name);
	if (!entry->step.name || options_apply(&entry->step, options) < 0)
		return out_of_memory(core, entry);
	return entry;
}

struct entry *author_step(struct core *core, const char *name, wf_step_fn *fn, const json_t *in,
			  bool share, const wf_step_options *options)
{
	json_t *input = (json_t *)(uintptr_t)in;
	int index = find_step(core->module, name, fn);
	wf_step_options merged;
	struct entry *entry;

	if (index < 0) {
		author_fail(core, "no_such_step",
			    "step '%s' is not in the module; add WF_STEP(%s) to its WF_MODULE",
			    name, name);
		return NULL;
	}
	if (json_deeper(in, DEEPEST)) {
		author_fail(core, "bad_input",
			    "step '%s': its input is nested deeper than %d levels", name, DEEPEST);
		return NULL;
	}
	options_merge(&merged, options, &core->module->entries[index].options);
	entry = new_step(core, STEP_FUNCTION, name, &merged);
	if (!entry)
		return NULL;
	entry->step.index = index;
	entry->step.input = !in ? json_null() : share ? json_incref(input) : json_deep_copy(input);
	if (!entry->step.input)
		return out_of_memory(core, entry);
	return entry;
}

/* NAME=VALUE ... as an object. */
static json_t *environment_json(const char *const *words)
{
	json_t *object = json_object();

	for (; object && *words; words++) {
		const char *equals = strchr(*words, '=');
		char *name = equals ? strndup(*words, (size_t)(equals - *words)) : NULL;
		int rc = name ? json_object_set_new(object, name, json_string(equals + 1)) : -1;
		free(name);
		if (rc < 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *words_json(const char *const *words)
{
	json_t *array = json_array();

	for (; array && *words; words++)
		if (json_array_append_new(array, json_string(*words)) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *command_json(const char *shell, const wf_step_options *o)
{
	json_t *input = json_object();
	int rc = input ? 0 : -1;

	if (rc == 0)
		rc = shell ? json_object_set_new(input, "shell", json_string(shell))
			   : json_object_set_new(input, "argv", words_json(o->argv));
	if (rc == 0 && o->directory)
		rc = json_object_set_new(input, "directory", json_string(o->directory));
	if (rc == 0 && o->environment)
		rc = json_object_set_new(input, "environment", environment_json(o->environment));
	if (rc == 0 && o->stdin_text)
		rc = json_object_set_new(input, "stdin", json_string(o->stdin_text));
	if (rc == 0)
		return input;
	json_decref(input);
	return NULL;
}

static bool utf8_words(const char *const *words, bool with_equals)
{
	for (; words && *words; words++) {
		const char *equals = strchr(*words, '=');
		if (!str_utf8(*words, strlen(*words)) ||
		    (with_equals && (!equals || equals == *words)))
			return false;
	}
	return true;
}

static bool utf8_text(const char *text)
{
	return !text || str_utf8(text, strlen(text));
}

/* What cannot be written down as a command; NULL: it can. */
static const char *command_problem(const char *name, const char *shell, const wf_step_options *o,
				   bool exec)
{
	if (!*name || strlen(name) > NAME_MOST || !utf8_text(name))
		return "its name is empty, longer than 200 bytes or not UTF-8";
	if (exec && (!o->argv || !o->argv[0] || !*o->argv[0]))
		return "it has no command";
	if (!exec && (!shell || !*shell))
		return "it has no command";
	if (!utf8_words(o->argv, false) || !utf8_text(shell) || !utf8_text(o->stdin_text))
		return "its words or its input are not UTF-8";
	if (!utf8_text(o->directory))
		return "its directory is not UTF-8";
	if (!utf8_words(o->environment, true))
		return "its environment is not NAME=VALUE in UTF-8";
	return NULL;
}

struct entry *author_command(struct core *core, const char *name, const char *shell, bool exec,
			     const wf_step_options *options)
{
	wf_step_options merged;
	struct entry *entry;
	const char *problem;

	options_merge(&merged, options, NULL);
	problem = command_problem(name ? name : "", shell, &merged, exec);
	if (problem) {
		author_fail(core, "bad_option", "step '%s': %s", name ? name : "", problem);
		return NULL;
	}
	entry = new_step(core, exec ? STEP_EXEC : STEP_SHELL, name, &merged);
	if (!entry)
		return NULL;
	entry->step.input = command_json(shell, &merged);
	if (!entry->step.input)
		return out_of_memory(core, entry);
	return entry;
}
