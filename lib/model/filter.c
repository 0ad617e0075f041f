/* SPDX-License-Identifier: MIT */
/* Whether a run is meant. */
#include "filter_internal.h"

#include <stdlib.h>
#include <string.h>

/* The value of a field; NULL: null. One of text and json is set, or number holds. */
struct have {
	const char *text;
	const json_t *json;
	int64_t number;
	enum { HAVE_NOTHING, HAVE_TEXT, HAVE_NUMBER, HAVE_JSON } kind;
};

static struct have text_of(const char *text)
{
	return (struct have){.text = text, .kind = text ? HAVE_TEXT : HAVE_NOTHING};
}

static struct have number_of(int64_t number, bool there)
{
	return (struct have){.number = number, .kind = there ? HAVE_NUMBER : HAVE_NOTHING};
}

static struct have tag_of(const struct filter *f, const struct filter_subject *s)
{
	const json_t *value = json_object_get(s->tags, f->tag);

	return (struct have){.json = value,
			     .kind = value && !json_is_null(value) ? HAVE_JSON : HAVE_NOTHING};
}

static struct have have(const struct filter *f, const struct filter_subject *s)
{
	switch (f->field) {
	case FIELD_ID:
		return text_of(s->id);
	case FIELD_WORKFLOW:
		return text_of(s->workflow);
	case FIELD_STATUS:
		return text_of(s->status);
	case FIELD_PARENT:
		return text_of(s->parent);
	case FIELD_CREATED:
		return number_of(s->created, true);
	case FIELD_UPDATED:
		return number_of(s->updated, true);
	case FIELD_CLOSED:
		return number_of(s->closed, s->closed != 0);
	case FIELD_DURATION:
		return number_of((s->closed ? s->closed : s->now) - s->created, true);
	case FIELD_STEPS:
		return number_of((int64_t)s->steps, true);
	default:
		return tag_of(f, s);
	}
}

enum order { LESS = -1, SAME, MORE, UNLIKE };

static enum order order_of(double a, double b)
{
	return a < b ? LESS : a > b ? MORE : a == b ? SAME : UNLIKE;
}

static enum order compare_texts(const char *a, const json_t *b)
{
	int order = json_is_string(b) ? strcmp(a, json_string_value(b)) : 0;

	return !json_is_string(b) ? UNLIKE : order < 0 ? LESS : order > 0 ? MORE : SAME;
}

static enum order compare_json(const json_t *a, const json_t *b)
{
	if (json_is_string(a))
		return compare_texts(json_string_value(a), b);
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t x = json_integer_value(a), y = json_integer_value(b);

		return x < y ? LESS : x > y ? MORE : SAME;
	}
	if (json_is_number(a) && json_is_number(b))
		return order_of(json_number_value(a), json_number_value(b));
	return json_equal(a, b) ? SAME : UNLIKE;
}

static enum order compare(const struct have *have, const json_t *value)
{
	json_int_t whole;

	if (have->kind == HAVE_TEXT)
		return compare_texts(have->text, value);
	if (have->kind == HAVE_JSON)
		return compare_json(have->json, value);
	if (!json_is_integer(value))
		return json_is_real(value) ? order_of((double)have->number, json_real_value(value))
					   : UNLIKE;
	whole = json_integer_value(value);
	return have->number < whole ? LESS : have->number > whole ? MORE : SAME;
}

static bool equals(const struct have *have, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (have->kind != HAVE_JSON || !json_is_array(have->json))
		return compare(have, value) == SAME;
	json_array_foreach (have->json, i, item)
		if (compare_json(item, value) == SAME)
			return true;
	return false;
}

static bool starts(const struct have *have, const json_t *value)
{
	const char *text = have->kind == HAVE_TEXT ? have->text : json_string_value(have->json);
	const char *prefix = json_string_value(value);

	return text && prefix && strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool compared(const struct filter *f, const struct have *have)
{
	enum order order = compare(have, f->values[0]);

	switch (f->op) {
	case OP_LESS:
		return order == LESS;
	case OP_MORE:
		return order == MORE;
	case OP_AT_MOST:
		return order == LESS || order == SAME;
	case OP_AT_LEAST:
		return order == MORE || order == SAME;
	default: {
		enum order upper = compare(have, f->values[1]);

		return (order == MORE || order == SAME) && (upper == LESS || upper == SAME);
	}
	}
}

static bool predicate(const struct filter *f, const struct filter_subject *s)
{
	struct have value = have(f, s);
	bool in = false;

	if (value.kind == HAVE_NOTHING || f->op == OP_NULL)
		return f->op == OP_NULL && value.kind == HAVE_NOTHING;
	switch (f->op) {
	case OP_EQUAL:
		return equals(&value, f->values[0]);
	case OP_UNEQUAL:
		return !equals(&value, f->values[0]);
	case OP_IN:
		for (size_t i = 0; i < f->count && !in; i++)
			in = equals(&value, f->values[i]);
		return in;
	case OP_STARTS:
		return starts(&value, f->values[0]);
	default:
		return compared(f, &value);
	}
}

bool filter_holds(const struct filter *f, const struct filter_subject *s)
{
	switch (f->op) {
	case OP_AND:
		return filter_holds(f->left, s) && filter_holds(f->right, s);
	case OP_OR:
		return filter_holds(f->left, s) || filter_holds(f->right, s);
	case OP_NOT:
		return !filter_holds(f->left, s);
	default:
		return predicate(f, s);
	}
}

bool filter_needs_tags(const struct filter *f)
{
	if (!f)
		return false;
	if (f->op > OP_NOT)
		return f->field == FIELD_TAG;
	return filter_needs_tags(f->left) || filter_needs_tags(f->right);
}

void filter_free(struct filter *f)
{
	while (f) {
		struct filter *left = f->left;

		filter_free(f->right);
		for (size_t i = 0; i < f->count; i++)
			json_decref(f->values[i]);
		free(f->values);
		free(f->tag);
		free(f);
		f = left;
	}
}
