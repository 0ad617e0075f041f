/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/model/duration.h"
#include "suggest.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const struct option_set *sets;
	size_t n;
	char **next;
	struct operands *ret;
	struct err *err;
};

struct match {
	const struct option_set *set;
	const struct option_def *def;
	bool negated;
};

static bool name_is(const char *name, const char *given, size_t n)
{
	return !strncmp(name, given, n) && !name[n];
}

/* Whether given is the flag's opposite: no-NAME, or NAME of no-NAME. */
static bool opposite_is(const char *name, const char *given, size_t n)
{
	if (str_starts(name, "no-"))
		return name_is(name + 3, given, n);
	return n > 3 && !strncmp(given, "no-", 3) && name_is(name, given + 3, n - 3);
}

static bool find_long(const struct parser *p, const char *given, size_t n, struct match *ret)
{
	for (size_t i = 0; i < p->n; i++)
		for (const struct option_def *d = p->sets[i].table; d && d->name; d++) {
			bool same = name_is(d->name, given, n);

			if (same || (d->kind == OPTION_FLAG && opposite_is(d->name, given, n))) {
				*ret = (struct match){&p->sets[i], d, !same};
				return true;
			}
		}
	return false;
}

static bool find_letter(const struct parser *p, char letter, struct match *ret)
{
	for (size_t i = 0; i < p->n; i++)
		for (const struct option_def *d = p->sets[i].table; d && d->name; d++)
			if (d->letter == letter) {
				*ret = (struct match){&p->sets[i], d, false};
				return true;
			}
	return false;
}

static int unknown_long(const struct parser *p, const char *word, size_t n)
{
	struct suggest near = SUGGEST_INIT;
	char *given = str_quote(word, n + 2);

	for (size_t i = 0; i < p->n; i++)
		for (const struct option_def *d = p->sets[i].table; d && d->name; d++)
			suggest_offer(&near, word + 2, n, d->name);
	if (near.best)
		err_set(p->err, ERR_USAGE, "unknown option %s; did you mean '--%s'?",
			given ? given : "", near.best);
	else
		err_set(p->err, ERR_USAGE, "unknown option %s", given ? given : "");
	free(given);
	return -p->err->code;
}

static int set_count(const struct parser *p, const struct option_def *d, const char *text,
		     unsigned *ret)
{
	char *end;

	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || n < 1 || n > 1000000)
		return err_set(p->err, ERR_USAGE, "--%s takes a number from 1 to 1000000, not '%s'",
			       d->name, text);
	*ret = (unsigned)n;
	return 0;
}

static int add_word(struct words *words, const char *text, struct err *err)
{
	const char **v = realloc(words->v, (words->n + 1) * sizeof *v);

	if (!v)
		return err_nomem(err);
	words->v = v;
	words->v[words->n++] = text;
	return 0;
}

static int store(const struct parser *p, const struct match *m, const char *text)
{
	char *at = (char *)m->set->values + m->def->offset;

	switch (m->def->kind) {
	case OPTION_FLAG:
		*(bool *)at = !m->negated;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = text;
		return 0;
	case OPTION_COUNT:
		return set_count(p, m->def, text, (unsigned *)at);
	case OPTION_DURATION:
		if (duration_parse(text, (int64_t *)at) == 0)
			return 0;
		return err_set(p->err, ERR_USAGE,
			       "--%s takes a duration such as 30s, 5m or 1h30m, not '%s'",
			       m->def->name, text);
	case OPTION_WORDS:
		return add_word((struct words *)at, text, p->err);
	}
	return 0;
}

static int check_use(const struct parser *p, const struct match *m)
{
	if (!m->def->use || (m->set->uses & m->def->use))
		return 0;
	return err_set(p->err, ERR_USAGE, "--%s means nothing to this command", m->def->name);
}

static int apply(struct parser *p, const struct match *m, const char *attached)
{
	if (check_use(p, m) < 0)
		return -p->err->code;
	if (m->def->kind == OPTION_FLAG)
		return store(p, m, NULL);
	if (attached)
		return store(p, m, attached);
	if (!*p->next)
		return err_set(p->err, ERR_USAGE, "--%s needs %s", m->def->name, m->def->argument);
	return store(p, m, *p->next++);
}

static int parse_long(struct parser *p, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
	struct match m;

	if (!strcmp(word, "--help")) {
		p->ret->help = true;
		return 0;
	}
	if (!find_long(p, word + 2, n, &m))
		return unknown_long(p, word, n);
	if (equals && m.def->kind == OPTION_FLAG)
		return err_set(p->err, ERR_USAGE, "--%.*s takes no value", (int)n, word + 2);
	return apply(p, &m, equals ? equals + 1 : NULL);
}

static int parse_letters(struct parser *p, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		struct match m;

		if (!find_letter(p, *c, &m)) {
			if (*c == 'h') {
				p->ret->help = true;
				continue;
			}
			const char letter[] = {'-', *c, '\0'};
			char *given = *c & 0x80 ? str_quote(word, strlen(word))
						: str_quote(letter, 2);
			err_set(p->err, ERR_USAGE, "unknown option %s", given ? given : "");
			free(given);
			return -p->err->code;
		}
		if (m.def->kind != OPTION_FLAG)
			return apply(p, &m, c[1] ? c + 1 : NULL);
		if (apply(p, &m, NULL) < 0)
			return -p->err->code;
	}
	return 0;
}

int options_parse(const struct option_set *sets, size_t n, char **argv, bool stop_at_operand,
		  struct operands *ret, struct err *err)
{
	struct parser p = {sets, n, argv, ret, err};

	*ret = (struct operands){argv, 0, false};
	while (*p.next) {
		char *word = *p.next++;
		int r = 0;

		if (!strcmp(word, "--"))
			break;
		if (word[0] == '-' && word[1] == '-') {
			r = parse_long(&p, word);
		} else if (word[0] == '-' && word[1]) {
			r = parse_letters(&p, word);
		} else {
			ret->v[ret->n++] = word;
			if (stop_at_operand)
				break;
		}
		if (r < 0)
			return r;
	}
	while (*p.next)
		ret->v[ret->n++] = *p.next++;
	ret->v[ret->n] = NULL;
	return 0;
}

void options_release(const struct option_set *set)
{
	for (const struct option_def *d = set->table; d && d->name; d++)
		if (d->kind == OPTION_WORDS) {
			struct words *words = (struct words *)((char *)set->values + d->offset);

			free(words->v);
			*words = (struct words){NULL, 0};
		}
}
