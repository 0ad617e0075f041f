/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include "../base/error.h"
#include "parse_internal.h"

#include <stdbool.h>
#include <string.h>

static json_t *parse_value(struct parser *parser);

static json_t *wrong(struct parser *parser, const char *problem)
{
	parser->problem = problem;
	return NULL;
}

/* The next byte that is not blank, or -1 at the end. */
static inline int peek(struct parser *parser)
{
	for (; parser->p < parser->end; parser->p++) {
		unsigned char c = *parser->p;

		if (c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r'))
			return c;
	}
	return -1;
}

/* After a member: 1 when another follows, 0 when close ends the list, -1. */
static int more(struct parser *parser, int close, const char *problem)
{
	int c = peek(parser);

	if (c != ',' && c != close) {
		parser->problem = problem;
		return -1;
	}
	parser->p++;
	return c == ',';
}

static int parse_member(struct parser *parser, json_t *object)
{
	const char *text;
	size_t n;
	json_t *value;
	struct buf key = BUF_INIT;
	int rc = -1;

	if (peek(parser) != '"') {
		parser->problem = "a name in quotes is missing";
		return -1;
	}
	if (parse_string(parser, &text, &n) < 0)
		return -1;
	if (memchr(text, '\0', n)) {
		parser->problem = "a name holds a NUL";
		return -1;
	}
	if (peek(parser) != ':') {
		parser->problem = "a ':' is missing";
		return -1;
	}
	parser->p++;
	/* a name with escapes is in the scratch, which the value may need */
	if (text == parser->scratch.data) {
		key = parser->scratch;
		parser->scratch = (struct buf)BUF_INIT;
	}
	value = parse_value(parser);
	if (value)
		rc = json_object_setn_new_nocheck(object, text, n, value);
	buf_release(&key);
	return rc;
}

static json_t *parse_object(struct parser *parser)
{
	json_t *object = json_object();
	int again = 1;

	if (!object)
		return NULL;
	parser->p++;
	if (peek(parser) == '}') {
		parser->p++;
		return object;
	}
	while (again == 1) {
		again = parse_member(parser, object);
		if (again == 0)
			again = more(parser, '}', "a ',' or '}' is missing");
	}
	if (again == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *parse_array(struct parser *parser)
{
	json_t *array = json_array();
	int again = 1;

	if (!array)
		return NULL;
	parser->p++;
	if (peek(parser) == ']') {
		parser->p++;
		return array;
	}
	while (again == 1) {
		json_t *value = parse_value(parser);

		again = value ? json_array_append_new(array, value) : -1;
		if (again == 0)
			again = more(parser, ']', "a ',' or ']' is missing");
	}
	if (again == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *parse_list(struct parser *parser, json_t *(*parse)(struct parser *))
{
	json_t *value;

	if (parser->depth == PARSE_DEPTH)
		return wrong(parser, "nested too deep");
	parser->depth++;
	value = parse(parser);
	parser->depth--;
	return value;
}

static json_t *parse_word(struct parser *parser)
{
	static const struct {
		const char *text;
		size_t len;
	} words[] = {{"null", 4}, {"true", 4}, {"false", 5}};
	size_t left = (size_t)(parser->end - parser->p);

	for (int i = 0; i < 3; i++) {
		if (left < words[i].len || memcmp(parser->p, words[i].text, words[i].len) != 0)
			continue;
		parser->p += words[i].len;
		return i == 0 ? json_null() : json_boolean(i == 1);
	}
	return wrong(parser, "a value is missing");
}

static json_t *parse_value(struct parser *parser)
{
	const char *text;
	size_t n;
	int c = peek(parser);

	if (c == '"')
		return parse_string(parser, &text, &n) < 0 ? NULL : json_stringn_nocheck(text, n);
	if (c == '{')
		return parse_list(parser, parse_object);
	if (c == '[')
		return parse_list(parser, parse_array);
	if (c == '-' || (c >= '0' && c <= '9'))
		return parse_number(parser);
	return parse_word(parser);
}

int parse_json(json_t **ret, const char *text, size_t n, struct err *err)
{
	const unsigned char *start = (const unsigned char *)text;
	struct parser parser = {.p = start, .end = start + n, .scratch = BUF_INIT};
	json_t *value = parse_value(&parser);

	buf_release(&parser.scratch);
	if (value && peek(&parser) != -1) {
		json_decref(value);
		value = wrong(&parser, "something follows its end");
	}
	if (value) {
		*ret = value;
		return 0;
	}
	if (!parser.problem)
		return err_nomem(err);
	return err_set(err, ERR_DAMAGED, "not JSON: %s at byte %zu", parser.problem,
		       (size_t)(parser.p - start) + 1);
}
