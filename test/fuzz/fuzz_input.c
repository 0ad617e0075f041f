/* SPDX-License-Identifier: MIT */
/* KEY=VALUE words, a line each; when the first line is no such word it is the text of --input. */
#include "../../cmd/input.h"
#include "base/error.h"
#include "fuzz.h"

#include <jansson.h>

enum { WORDS = 64 };

void fuzz_input(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT;
	char *text = fuzz_text(data, n), *words[WORDS], *input = NULL;
	json_t *made = NULL;
	size_t count = 0;

	for (char *rest = text, *word; count < WORDS && (word = strsep(&rest, "\n"));)
		words[count++] = word;
	/* not @FILE and not "-", which read what is outside */
	if (words[0][0] && words[0][0] != '@' && words[0][0] != '-' && !strchr(words[0], '='))
		input = words[0];
	if (input_make(input, words + (input != NULL), count - (input != NULL), &made, &err) == 0)
		must(made != NULL);
	else
		must(!made && err.code && err.text[0] && !strchr(err.text, '\n'));
	json_decref(made);
	free(text);
}
