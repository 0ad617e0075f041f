/* SPDX-License-Identifier: MIT */
#include "config_value.h"

#include "../base/error.h"
#include "../base/str.h"
#include "secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* "FILE:LINE: " and the message. */
static int __attribute__((format(printf, 3, 4)))
complain(struct reader *r, const yaml_node_t *node, const char *format, ...)
{
	char *text;
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = vasprintf(&text, format, ap);
	va_end(ap);
	if (rc < 0)
		return err_nomem(r->err);
	rc = err_set(r->err, ERR_USAGE, "%s:%zu: %s", r->name, node->start_mark.line + 1, text);
	free(text);
	return rc;
}

/* "'jobs' must be WANTED, not 'many'" */
static int refuse(struct reader *r, const char *key, const yaml_node_t *node, const char *wanted)
{
	char *got;
	int rc;

	if (node->type == YAML_SEQUENCE_NODE)
		return complain(r, node, "'%s' must be %s, not a list", key, wanted);
	if (node->type == YAML_MAPPING_NODE)
		return complain(r, node, "'%s' must be %s, not a mapping", key, wanted);
	if (config_is_null(node))
		return complain(r, node, "'%s' must be %s, not nothing", key, wanted);
	got = str_quote(text_of(node), node->data.scalar.length);
	if (!got)
		return err_nomem(r->err);
	rc = complain(r, node, "'%s' must be %s, not %s", key, wanted, got);
	free(got);
	return rc;
}

static bool is_plain(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool config_is_word(const yaml_node_t *node, const char *word)
{
	return node->type == YAML_SCALAR_NODE && strcmp(text_of(node), word) == 0;
}

bool config_is_null(const yaml_node_t *node)
{
	return is_plain(node) && (config_is_word(node, "") || config_is_word(node, "~") ||
				  config_is_word(node, "null"));
}

static int unknown(struct reader *r, const char *what, const yaml_node_t *key)
{
	char *name;
	int rc;

	if (key->type != YAML_SCALAR_NODE)
		return complain(r, key, "the name of a setting must be a word");
	name = str_quote(text_of(key), key->data.scalar.length);
	if (!name)
		return err_nomem(r->err);
	rc = what ? complain(r, key, "unknown setting %s of '%s'", name, what)
		  : complain(r, key, "unknown setting %s", name);
	free(name);
	return rc;
}

int config_mapping(struct reader *r, const char *what, yaml_node_t *node,
		   const struct setting *settings, struct config *config)
{
	uint64_t seen = 0;
	int rc = 0;

	if (node->type != YAML_MAPPING_NODE)
		return what ? refuse(r, what, node, "a mapping")
			    : complain(r, node, "settings must be lines of 'name: value'");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     rc == 0 && pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
		const struct setting *setting = settings;

		while (setting->key && !config_is_word(key, setting->key))
			setting++;
		if (!setting->key)
			return unknown(r, what, key);
		if (seen & UINT64_C(1) << (setting - settings))
			return complain(r, key, "'%s' is set twice", setting->key);
		seen |= UINT64_C(1) << (setting - settings);
		rc = setting->read(r, value, config);
	}
	return rc;
}

/* Decimal digits and, where sizes are meant, K, M or G. */
static bool parse_number(const char *text, bool size, uint64_t *ret)
{
	static const char suffixes[] = "KMG";
	uint64_t n = 0, unit = 1;
	const char *suffix;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
			return false;
	if (size && *text && (suffix = strchr(suffixes, *text)) != NULL) {
		unit <<= 10 * (suffix - suffixes + 1);
		text++;
	}
	return *text == '\0' && !__builtin_mul_overflow(n, unit, ret);
}

/* Whether node is a number from least to most. */
static bool get_number(const yaml_node_t *node, bool size, uint64_t least, uint64_t most,
		       uint64_t *ret)
{
	uint64_t n;

	if (!is_plain(node) || strlen(text_of(node)) != node->data.scalar.length ||
	    !parse_number(text_of(node), size, &n) || n < least || n > most)
		return false;
	*ret = n;
	return true;
}

int config_count(struct reader *r, const char *key, yaml_node_t *node, uint64_t least,
		 uint64_t most, uint64_t *ret)
{
	char wanted[80];

	if (get_number(node, false, least, most, ret))
		return 0;
	snprintf(wanted, sizeof wanted, "a number from %llu to %llu", (unsigned long long)least,
		 (unsigned long long)most);
	return refuse(r, key, node, wanted);
}

int config_count_or_all(struct reader *r, const char *key, yaml_node_t *node, uint64_t *ret)
{
	if (config_is_word(node, "all")) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (get_number(node, false, 0, INT64_MAX, ret))
		return 0;
	return refuse(r, key, node, "a number or 'all'");
}

int config_size(struct reader *r, const char *key, yaml_node_t *node, uint64_t least, uint64_t most,
		uint64_t *ret)
{
	char wanted[80];

	if (get_number(node, true, least, most, ret))
		return 0;
	snprintf(wanted, sizeof wanted, "a size from %llu bytes to %lluM",
		 (unsigned long long)least, (unsigned long long)most >> 20);
	return refuse(r, key, node, wanted);
}

static bool is_identity(const yaml_node_t *node)
{
	size_t n;

	if (node->type != YAML_SCALAR_NODE || config_is_null(node))
		return false;
	n = node->data.scalar.length;
	return n > 0 && strcspn(text_of(node), "<>\n\r") == n && text_of(node)[0] != ' ' &&
	       text_of(node)[n - 1] != ' ';
}

int config_identity(struct reader *r, const char *key, yaml_node_t *node, char **ret)
{
	char *text;

	if (!is_identity(node))
		return refuse(r, key, node, "one line without '<' and '>'");
	text = strdup(text_of(node));
	if (!text)
		return err_nomem(r->err);
	free(*ret);
	*ret = text;
	return 0;
}

static bool is_variable(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       secret_is_name(text_of(node), node->data.scalar.length);
}

static void free_names(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

int config_names(struct reader *r, const char *key, yaml_node_t *node, char ***ret)
{
	yaml_node_item_t *item;
	char **names;
	size_t n = 0;
	int rc = 0;

	if (node->type != YAML_SEQUENCE_NODE)
		return refuse(r, key, node, "a list of names");
	item = node->data.sequence.items.start;
	names = calloc((size_t)(node->data.sequence.items.top - item) + 1, sizeof *names);
	if (!names)
		return err_nomem(r->err);
	for (; rc == 0 && item < node->data.sequence.items.top; item++) {
		yaml_node_t *name = yaml_document_get_node(&r->document, *item);

		if (!is_variable(name))
			rc = refuse(r, key, name, "names of environment variables");
		else if (!(names[n++] = strdup(text_of(name))))
			rc = err_nomem(r->err);
	}
	if (rc < 0) {
		free_names(names);
		return rc;
	}
	free_names(*ret);
	*ret = names;
	return 0;
}
