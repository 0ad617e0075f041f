/* SPDX-License-Identifier: MIT */
/*
 * A filter out of its text, by recursive descent:
 *
 *   any       = all { "or" all }
 *   all       = one { "and" one }
 *   one       = "not" one | "(" any ")" | NAME test
 *   test      = ( = != < > <= >= ) VALUE | ["not"] "in" "(" VALUE { "," VALUE } ")"
 *             | ["not"] "between" VALUE "and" VALUE | ["not"] "starts-with" VALUE
 *             | "is" ["not"] "null"
 */
#include "filter_internal.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };

struct parser {
	const char *text, *at; /* at: behind the token */
	int64_t now;
	struct err *err;
	int depth;
	enum token_kind kind;
	const char *begin; /* of the token */
	struct buf word;   /* TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN: its text */
};

static int wrong(struct parser *p, const char *wanted)
{
	char *got = p->kind == TOKEN_END ? NULL : str_quote(p->begin, (size_t)(p->at - p->begin));
	int rc = err_set(p->err, ERR_USAGE, "--where, column %zu: expected %s, not %s",
			 (size_t)(p->begin - p->text) + 1, wanted,
			 p->kind == TOKEN_END ? "the end"
			 : got                ? got
					      : "this");

	free(got);
	return rc;
}

static int quoted(struct parser *p)
{
	char quote = *p->at++;

	p->kind = TOKEN_QUOTED;
	for (; *p->at; p->at++) {
		if (*p->at == quote && *++p->at != quote)
			return 0;
		buf_addc(&p->word, *p->at);
	}
	return err_set(p->err, ERR_USAGE, "--where, column %zu: no closing %c",
		       (size_t)(p->begin - p->text) + 1, quote);
}

static void sign(struct parser *p)
{
	size_t n = (*p->at == '<' || *p->at == '>' || *p->at == '!') && p->at[1] == '=' ? 2 : 1;

	p->kind = TOKEN_SIGN;
	buf_add(&p->word, p->at, n);
	p->at += n;
}

static int next(struct parser *p)
{
	int rc = 0;

	buf_clear(&p->word);
	buf_adds(&p->word, "");
	p->at += strspn(p->at, " \t\n\r");
	p->begin = p->at;
	if (!*p->at) {
		p->kind = TOKEN_END;
	} else if (*p->at == '\'' || *p->at == '"') {
		rc = quoted(p);
	} else if (strchr("=!<>(),", *p->at)) {
		sign(p);
	} else {
		size_t n = strcspn(p->at, " \t\n\r=!<>(),'\"");

		p->kind = TOKEN_WORD;
		buf_add(&p->word, p->at, n);
		p->at += n;
	}
	return rc < 0 ? rc : buf_ok(&p->word) ? 0 : err_nomem(p->err);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->kind == TOKEN_WORD && strcasecmp(p->word.data, word) == 0;
}

static bool is_sign(const struct parser *p, const char *text)
{
	return p->kind == TOKEN_SIGN && strcmp(p->word.data, text) == 0;
}

static struct filter *node_new(enum filter_op op, struct filter *left, struct filter *right)
{
	struct filter *f = calloc(1, sizeof *f);

	if (f) {
		f->op = op;
		f->left = left;
		f->right = right;
	} else {
		filter_free(left);
		filter_free(right);
	}
	return f;
}

/* Take the token as a value of the field. */
static int take_value(struct parser *p, struct filter *f)
{
	const char *problem;
	json_t **grown, *value;

	if (p->kind != TOKEN_WORD && p->kind != TOKEN_QUOTED)
		return wrong(p, "a value");
	value = filter_value(f->field, p->word.data, p->kind == TOKEN_QUOTED, p->now, &problem);
	if (problem)
		return err_set(p->err, ERR_USAGE, "--where, column %zu: '%.80s' %s",
			       (size_t)(p->begin - p->text) + 1, p->word.data, problem);
	grown = reallocarray(f->values, f->count + 1, sizeof(json_t *));
	if (!grown || !value) {
		json_decref(value);
		if (grown)
			f->values = grown;
		return err_nomem(p->err);
	}
	f->values = grown;
	f->values[f->count++] = value;
	return next(p);
}

static int take_list(struct parser *p, struct filter *f)
{
	int rc;

	if (!is_sign(p, "("))
		return wrong(p, "'(' and the values");
	do {
		rc = next(p);
		if (rc == 0)
			rc = take_value(p, f);
	} while (rc == 0 && is_sign(p, ","));
	if (rc < 0)
		return rc;
	return is_sign(p, ")") ? next(p) : wrong(p, "',' or ')'");
}

static int take_range(struct parser *p, struct filter *f)
{
	int rc = take_value(p, f);

	if (rc < 0)
		return rc;
	if (!is_word(p, "and"))
		return wrong(p, "'and' and the upper value");
	rc = next(p);
	return rc < 0 ? rc : take_value(p, f);
}

static int take_null(struct parser *p, bool *ret_not)
{
	int rc = 0;

	*ret_not = is_word(p, "not");
	if (*ret_not)
		rc = next(p);
	if (rc < 0)
		return rc;
	return is_word(p, "null") ? next(p) : wrong(p, "'null' or 'not null'");
}

static const struct {
	const char *text;
	enum filter_op op;
} signs[] = {{"=", OP_EQUAL}, {"!=", OP_UNEQUAL}, {"<", OP_LESS},
	     {">", OP_MORE},  {"<=", OP_AT_MOST}, {">=", OP_AT_LEAST}};

static int take_comparison(struct parser *p, struct filter *f)
{
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		int rc;

		if (!is_sign(p, signs[i].text))
			continue;
		f->op = signs[i].op;
		rc = next(p);
		return rc < 0 ? rc : take_value(p, f);
	}
	return wrong(p, "one of = != < > <= >= in between starts-with is");
}

/* What comes behind the name. *ret_not: the whole is turned round. */
static int take_test(struct parser *p, struct filter *f, bool *ret_not)
{
	static const struct {
		const char *word;
		enum filter_op op;
		int (*take)(struct parser *p, struct filter *f);
	} words[] = {{"in", OP_IN, take_list},
		     {"between", OP_BETWEEN, take_range},
		     {"starts-with", OP_STARTS, take_value}};
	int rc = 0;

	if (is_word(p, "is")) {
		f->op = OP_NULL;
		rc = next(p);
		return rc < 0 ? rc : take_null(p, ret_not);
	}
	*ret_not = is_word(p, "not");
	if (*ret_not)
		rc = next(p);
	for (size_t i = 0; rc == 0 && i < sizeof words / sizeof *words; i++)
		if (is_word(p, words[i].word)) {
			f->op = words[i].op;
			rc = next(p);
			return rc < 0 ? rc : words[i].take(p, f);
		}
	if (rc < 0)
		return rc;
	return *ret_not ? wrong(p, "'in', 'between' or 'starts-with'") : take_comparison(p, f);
}

static int take_predicate(struct parser *p, struct filter **ret)
{
	struct filter *f;
	bool not = false;
	int rc;

	if (p->kind != TOKEN_WORD && p->kind != TOKEN_QUOTED)
		return wrong(p, "a field, a tag, 'not' or '('");
	f = node_new(OP_EQUAL, NULL, NULL);
	if (!f)
		return err_nomem(p->err);
	f->field = p->kind == TOKEN_QUOTED ? FIELD_TAG : filter_field(p->word.data);
	f->tag = f->field == FIELD_TAG ? strdup(p->word.data) : NULL;
	rc = f->field == FIELD_TAG && !f->tag ? err_nomem(p->err) : next(p);
	if (rc == 0)
		rc = take_test(p, f, &not );
	if (rc < 0) {
		filter_free(f);
		return rc;
	}
	if (not &&!(f = node_new(OP_NOT, f, NULL)))
		return err_nomem(p->err);
	*ret = f;
	return 0;
}

static int take_any(struct parser *p, struct filter **ret);

static int take_nested(struct parser *p, struct filter **ret)
{
	int rc = next(p);

	if (rc == 0)
		rc = take_any(p, ret);
	if (rc < 0)
		return rc;
	rc = is_sign(p, ")") ? next(p) : wrong(p, "'and', 'or' or ')'");
	if (rc < 0)
		filter_free(*ret);
	return rc;
}

static int take_one(struct parser *p, struct filter **ret)
{
	struct filter *f;
	int rc;

	if (++p->depth > FILTER_DEEPEST)
		return err_set(p->err, ERR_USAGE, "--where is nested deeper than %d levels",
			       FILTER_DEEPEST);
	if (is_word(p, "not")) {
		rc = next(p);
		if (rc == 0)
			rc = take_one(p, &f);
		if (rc == 0 && !(*ret = node_new(OP_NOT, f, NULL)))
			rc = err_nomem(p->err);
	} else {
		rc = is_sign(p, "(") ? take_nested(p, ret) : take_predicate(p, ret);
	}
	p->depth--;
	return rc;
}

/* A row of what take reads, joined by word. It grows to the left, so that freeing it needs no deep
 * stack. */
static int take_row(struct parser *p, const char *word, enum filter_op op,
		    int (*take)(struct parser *p, struct filter **ret), struct filter **ret)
{
	struct filter *all, *more;
	int rc = take(p, &all);

	while (rc == 0 && is_word(p, word)) {
		rc = next(p);
		if (rc == 0)
			rc = take(p, &more);
		if (rc < 0)
			filter_free(all);
		else if (!(all = node_new(op, all, more)))
			rc = err_nomem(p->err);
	}
	if (rc == 0)
		*ret = all;
	return rc;
}

static int take_all(struct parser *p, struct filter **ret)
{
	return take_row(p, "and", OP_AND, take_one, ret);
}

static int take_any(struct parser *p, struct filter **ret)
{
	return take_row(p, "or", OP_OR, take_all, ret);
}

/* What was typed is shown; on one line all the same. */
static void one_line(struct err *err)
{
	for (char *c = err->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

int filter_parse(struct filter **ret, const char *text, int64_t now, struct err *err)
{
	struct parser p = {.text = text, .at = text, .now = now, .err = err, .word = BUF_INIT};
	struct filter *f;
	int rc;

	if (strlen(text) > FILTER_LONGEST)
		return err_set(err, ERR_USAGE, "--where is longer than %d bytes", FILTER_LONGEST);
	if (!str_utf8(text, strlen(text)))
		return err_set(err, ERR_USAGE, "--where is not UTF-8");
	rc = next(&p);
	if (rc == 0)
		rc = take_any(&p, &f);
	if (rc == 0 && p.kind != TOKEN_END) {
		filter_free(f);
		rc = wrong(&p, "'and', 'or' or the end");
	}
	buf_release(&p.word);
	if (rc == 0)
		*ret = f;
	else
		one_line(err);
	return rc;
}
