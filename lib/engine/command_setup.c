/* SPDX-License-Identifier: MIT */
#include "command_setup.h"

#include "../base/str.h"
#include "command_step.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_WITHOUT_PATH "/usr/local/bin:/usr/bin:/bin"

static const char no_memory[] = "out of memory";

/* Takes text over, also when it fails. */
static bool strings_add(struct strings *s, char *text)
{
	if (s->count + 2 > s->room) {
		size_t room = s->room ? s->room * 2 : 32;
		char **list = text ? realloc(s->list, room * sizeof *list) : NULL;
		if (!list) {
			free(text);
			return false;
		}
		s->list = list;
		s->room = room;
	}
	if (!text)
		return false;
	s->list[s->count++] = text;
	s->list[s->count] = NULL;
	return true;
}

static void strings_release(struct strings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i]);
	free(s->list);
}

static const char *get(const struct strings *environment, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < environment->count; i++)
		if (!strncmp(environment->list[i], name, n) && environment->list[i][n] == '=')
			return environment->list[i] + n + 1;
	return NULL;
}

/* Takes "NAME=VALUE" over; a name that is there already gets the new value. */
static bool put(struct strings *environment, char *text)
{
	const char *equals = text ? strchr(text, '=') : NULL;
	size_t n = equals ? (size_t)(equals - text) + 1 : 0;

	for (size_t i = 0; n && i < environment->count; i++)
		if (!strncmp(environment->list[i], text, n)) {
			free(environment->list[i]);
			environment->list[i] = text;
			return true;
		}
	return strings_add(environment, text);
}

static const char *put_json(struct strings *environment, const json_t *from)
{
	json_t *object = (json_t *)(uintptr_t)from, *value;
	const char *name;
	size_t i;

	if (json_is_array(from)) {
		json_array_foreach (from, i, value) {
			if (!json_is_string(value) || !strchr(json_string_value(value), '='))
				return "an environment entry is not NAME=VALUE";
			if (!put(environment, strdup(json_string_value(value))))
				return no_memory;
		}
		return NULL;
	}
	json_object_foreach (object, name, value) {
		if (!json_is_string(value))
			return "an environment value is no string";
		if (!put(environment, str_format("%s=%s", name, json_string_value(value))))
			return no_memory;
	}
	return NULL;
}

static const char *read_base(struct command_base *base, const char *text)
{
	const char *problem;
	json_t *variables;

	if (base->text && strcmp(base->text, text) == 0)
		return NULL;
	free(base->text);
	strings_release(&base->variables);
	*base = (struct command_base){.text = NULL};
	variables = json_loads(text, JSON_ALLOW_NUL, NULL);
	problem = variables ? put_json(&base->variables, variables) : no_memory;
	json_decref(variables);
	if (!problem && !(base->text = strdup(text)))
		problem = no_memory;
	return problem;
}

static const char *set_environment(struct command_setup *setup, const struct command_call *call)
{
	struct strings *e = &setup->environment;
	const char *problem = NULL;
	char **from = environ;

	if (call->environment) {
		problem = read_base(call->base, call->environment);
		from = call->base->variables.list;
	}
	for (; !problem && from && *from; from++)
		problem = strings_add(e, strdup(*from)) ? NULL : no_memory;
	if (!problem)
		problem = put_json(e, json_object_get(setup->input, "environment"));
	if (!problem && call->secrets)
		problem = put_json(e, call->secrets);
	if (problem)
		return problem;
	if (!put(e, str_format("WF_RUN_ID=%s", call->run_id)) ||
	    !put(e, str_format("WF_STEP=%s", call->step)) ||
	    !put(e, str_format("WF_ATTEMPT=%d", call->attempt)) ||
	    !put(e, str_format("WF_IDEMPOTENCY_KEY=%s", call->key)))
		return no_memory;
	return NULL;
}

static const char *set_words(struct command_setup *setup)
{
	const json_t *argv = json_object_get(setup->input, "argv"), *word;
	const char *shell = json_string_value(json_object_get(setup->input, "shell"));
	struct strings *to = &setup->argv;
	size_t i;

	if (shell)
		return strings_add(to, strdup("/bin/sh")) && strings_add(to, strdup("-c")) &&
				       strings_add(to, strdup(shell))
			       ? NULL
			       : no_memory;
	if (!json_array_size(argv))
		return "the command has no words";
	json_array_foreach (argv, i, word) {
		if (!json_is_string(word) ||
		    strlen(json_string_value(word)) != json_string_length(word))
			return "a word of the command is no plain string";
		if (!strings_add(to, strdup(json_string_value(word))))
			return no_memory;
	}
	return *to->list[0] ? NULL : "the command's name is empty";
}

/* Where the program may be. Trying to execute what is not there costs a few times as much as asking
 * for it, in each attempt: so what surely is not there is left out, but for the last place, which
 * tells why. (A relative place depends on the folder that the command will be in.) */
static const char *set_paths(struct command_setup *setup)
{
	const char *name = setup->argv.list[0], *path = get(&setup->environment, "PATH");

	if (strchr(name, '/'))
		return strings_add(&setup->paths, strdup(name)) ? NULL : no_memory;
	for (path = path ? path : PATH_WITHOUT_PATH;; path++) {
		size_t n = strcspn(path, ":");
		char *file = str_format("%.*s/%s", n ? (int)n : 1, n ? path : ".", name);

		path += n;
		if (file && *path && *file == '/' && access(file, F_OK) < 0 && errno == ENOENT)
			free(file);
		else if (!strings_add(&setup->paths, file))
			return no_memory;
		if (!*path)
			return NULL;
	}
}

static const char *set_script(struct command_setup *setup)
{
	static char sh[] = "sh";

	setup->script = calloc(setup->argv.count + 2, sizeof *setup->script);
	if (!setup->script)
		return no_memory;
	setup->script[0] = sh;
	memcpy(setup->script + 1, setup->argv.list, setup->argv.count * sizeof *setup->script);
	return NULL;
}

const char *command_setup(struct command_setup *ret, const struct command_call *call)
{
	const char *problem = NULL;
	json_t *text;

	memset(ret, 0, sizeof *ret);
	ret->input = json_loadb(call->input, call->input_len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(ret->input))
		return "the command's input is no object";
	ret->directory = json_string_value(json_object_get(ret->input, "directory"));
	text = json_object_get(ret->input, "stdin");
	ret->stdin_text = json_string_value(text);
	ret->stdin_len = json_string_length(text);
	problem = set_words(ret);
	if (!problem)
		problem = set_environment(ret, call);
	if (!problem)
		problem = set_paths(ret);
	return problem ? problem : set_script(ret);
}

void command_setup_release(struct command_setup *setup)
{
	strings_release(&setup->argv);
	strings_release(&setup->environment);
	strings_release(&setup->paths);
	free(setup->script);
	json_decref(setup->input);
}
