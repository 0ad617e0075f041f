/* SPDX-License-Identifier: MIT */
#include "words.h"

#include "cli.h"
#include "command.h"

#include <string.h>

static const struct option_def *find_in(const struct option_def *table, const char *word, size_t n)
{
	for (; table && table->name; table++) {
		if (word[1] == '-' && n > 2 && !strncmp(table->name, word + 2, n - 2) &&
		    !table->name[n - 2])
			return table;
		if (word[1] != '-' && n == 2 && table->letter == word[1])
			return table;
	}
	return NULL;
}

static const struct option_def *find(const struct cmd *command, const char *word, size_t n)
{
	const struct option_def *found = command ? find_in(command->options, word, n) : NULL;

	return found ? found : find_in(general_options, word, n);
}

static void note_value(struct place *p, const struct option_def *option, const char *text)
{
	if (!strcmp(option->name, "state"))
		p->state = text;
}

/* One word before the last. Returns the option whose value comes next. */
static const struct option_def *pass(struct place *p, const char *word)
{
	const char *equals = strchr(word, '=');

	if (!p->only_operands && !strcmp(word, "--")) {
		p->only_operands = true;
		return NULL;
	}
	if (!p->only_operands && word[0] == '-' && word[1]) {
		const struct option_def *option =
			find(p->command, word, equals ? (size_t)(equals - word) : strlen(word));

		if (option && equals)
			note_value(p, option, equals + 1);
		return option && option->argument && !equals ? option : NULL;
	}
	if (!p->command && !p->operands) {
		p->command = command_find(word);
		if (!p->command)
			p->operands = 1; /* of no command: there is nothing to offer */
		return NULL;
	}
	if (!p->operands++)
		p->first = word;
	return NULL;
}

void words_place(struct place *ret, char *const *words, size_t n)
{
	const char *last = words[n - 1], *equals = strchr(last, '=');
	const struct option_def *pending = NULL;

	*ret = (struct place){.prefix = last};
	for (size_t i = 0; i + 1 < n; i++) {
		if (pending) {
			note_value(ret, pending, words[i]);
			pending = NULL;
		} else {
			pending = pass(ret, words[i]);
		}
	}
	ret->value = pending;
	if (pending || ret->only_operands || last[0] != '-' || last[1] != '-' || !equals)
		return;
	const struct option_def *option = find(ret->command, last, (size_t)(equals - last));
	if (option && option->argument) {
		ret->value = option;
		ret->glued = last;
		ret->prefix = equals + 1;
	}
}
