/* SPDX-License-Identifier: MIT */
/* The setting "limits": how many at once, how many a second, by step or workflow. */
#include "config.h"

#include "../base/error.h"
#include "../base/str.h"
#include "config_value.h"

#include <stdlib.h>
#include <string.h>

#define CONCURRENCY_MOST 100000
#define RATE_LEAST 1e-6
#define RATE_MOST 1e6

static const char *text_of(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static int complain(struct reader *r, const yaml_node_t *node, const char *what)
{
	const char *text = text_of(node);
	char *quoted = str_quote(text, strlen(text));
	int rc = quoted ? err_set(r->err, ERR_USAGE, "%s:%zu: %s, not %s", r->name,
				  node->start_mark.line + 1, what, quoted)
			: err_nomem(r->err);

	free(quoted);
	return rc;
}

static struct limit *last_limit(struct config *config)
{
	return &config->limits[config->limit_count - 1];
}

static int read_concurrency(struct reader *r, yaml_node_t *node, struct config *config)
{
	uint64_t n;
	int rc = config_count(r, "concurrency", node, 1, CONCURRENCY_MOST, &n);

	if (rc == 0)
		last_limit(config)->concurrency = (unsigned)n;
	return rc;
}

static int read_rate(struct reader *r, yaml_node_t *node, struct config *config)
{
	const char *text = text_of(node);
	char *end;
	double rate = strtod(text, &end);

	if (!*text || *end || !(rate >= RATE_LEAST && rate <= RATE_MOST))
		return complain(r, node,
				"'rate' must be a number a second, from 0.000001 to 1000000");
	last_limit(config)->rate = rate;
	return 0;
}

static const struct setting settings[] = {
	{"concurrency", read_concurrency},
	{"rate", read_rate},
	{NULL, NULL},
};

static int add_limit(struct reader *r, const yaml_node_t *key, struct config *config)
{
	static const char *const kinds[] = {[LIMIT_STEP] = "step ", [LIMIT_WORKFLOW] = "workflow "};
	const char *text = text_of(key);
	struct limit *grown, limit = {.kind = LIMIT_STEP};

	while (limit.kind <= LIMIT_WORKFLOW && !str_starts(text, kinds[limit.kind]))
		limit.kind++;
	if (limit.kind > LIMIT_WORKFLOW || !text[strlen(kinds[limit.kind])])
		return complain(r, key, "a limit is for 'step NAME' or 'workflow NAME'");
	text += strlen(kinds[limit.kind]);
	if (config_limit(config, limit.kind, text))
		return complain(r, key, "each limit is given once");
	grown = reallocarray(config->limits, config->limit_count + 1, sizeof *grown);
	if (grown)
		config->limits = grown;
	limit.name = grown ? strdup(text) : NULL;
	if (!limit.name)
		return err_nomem(r->err);
	config->limits[config->limit_count++] = limit;
	return 0;
}

int config_limits(struct reader *r, yaml_node_t *node, struct config *config)
{
	int rc = 0;

	if (node->type != YAML_MAPPING_NODE)
		return complain(r, node, "'limits' must be a mapping");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     rc == 0 && pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);

		rc = add_limit(r, key, config);
		if (rc == 0)
			rc = config_mapping(r, text_of(key),
					    yaml_document_get_node(&r->document, pair->value),
					    settings, config);
	}
	return rc;
}

const struct limit *config_limit(const struct config *config, enum limit_kind kind,
				 const char *name)
{
	for (size_t i = 0; i < config->limit_count; i++)
		if (config->limits[i].kind == kind && strcmp(config->limits[i].name, name) == 0)
			return &config->limits[i];
	return NULL;
}

void config_limits_release(struct config *config)
{
	for (size_t i = 0; i < config->limit_count; i++)
		free(config->limits[i].name);
	free(config->limits);
	config->limits = NULL;
	config->limit_count = 0;
}
