/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../os/file.h"
#include "config_value.h"

#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (1024 * 1024)
#define MAX_RESULT (UINT64_C(64) << 20)
#define KEEP_REFS 1000

static int read_jobs(struct reader *r, yaml_node_t *node, struct config *config)
{
	uint64_t jobs;
	int rc = config_count(r, "jobs", node, 1, 1024, &jobs);

	if (rc == 0)
		config->jobs = (unsigned)jobs;
	return rc;
}

static int read_segment(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_size(r, "segment", node, 4096, UINT64_C(1) << 30, &config->segment);
}

static int read_max_result(struct reader *r, yaml_node_t *node, struct config *config)
{
	uint64_t bytes;
	int rc = config_size(r, "max_result", node, 1024, UINT64_C(1) << 30, &bytes);

	if (rc == 0)
		config->max_result = (size_t)bytes;
	return rc;
}

static int read_keep_closed(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_count_or_all(r, "keep_closed", node, &config->keep_closed);
}

static int read_keep_refs(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_count_or_all(r, "keep_refs", node, &config->keep_refs);
}

static int read_author_name(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_identity(r, "name", node, &config->author_name);
}

static int read_author_email(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_identity(r, "email", node, &config->author_email);
}

static const struct setting author_settings[] = {
	{"name", read_author_name},
	{"email", read_author_email},
	{NULL, NULL},
};

static int read_author(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_mapping(r, "author", node, author_settings, config);
}

static int read_secrets(struct reader *r, yaml_node_t *node, struct config *config)
{
	return config_names(r, "secrets", node, &config->secrets);
}

static const struct setting settings[] = {
	{"jobs", read_jobs},
	{"segment", read_segment},
	{"max_result", read_max_result},
	{"keep_closed", read_keep_closed},
	{"keep_refs", read_keep_refs},
	{"author", read_author},
	{"secrets", read_secrets},
	{"limits", config_limits},
	{NULL, NULL},
};

/* The line that the parser stumbled over. A byte that cannot be read has an offset, but no mark. */
static size_t problem_line(const yaml_parser_t *parser)
{
	const unsigned char *text = parser->input.string.start;
	size_t line = 1;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < parser->problem_offset && text + i < parser->input.string.end; i++)
		line += text[i] == '\n';
	return line;
}

static int yaml_problem(const yaml_parser_t *parser, const char *name, struct err *err)
{
	/* libyaml does not always say that it was memory */
	if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR)
		return err_nomem(err);
	return err_set(err, ERR_USAGE, "%s:%zu: not YAML: %s", name, problem_line(parser),
		       parser->problem);
}

/* Nothing may follow the first document. */
static int check_end(yaml_parser_t *parser, const char *name, struct err *err)
{
	yaml_document_t more;
	yaml_node_t *root;
	size_t line;

	if (!yaml_parser_load(parser, &more))
		return yaml_problem(parser, name, err);
	root = yaml_document_get_root_node(&more);
	line = more.start_mark.line + 1;
	yaml_document_delete(&more);
	if (root)
		return err_set(err, ERR_USAGE, "%s:%zu: a second document", name, line);
	return 0;
}

static int read_document(yaml_parser_t *parser, struct config *config, const char *name,
			 struct err *err)
{
	struct reader reader = {.name = name, .err = err};
	yaml_node_t *root;
	int rc = 0;

	if (!yaml_parser_load(parser, &reader.document))
		return yaml_problem(parser, name, err);
	root = yaml_document_get_root_node(&reader.document);
	if (root && !config_is_null(root))
		rc = config_mapping(&reader, NULL, root, settings, config);
	if (rc == 0 && root)
		rc = check_end(parser, name, err);
	yaml_document_delete(&reader.document);
	return rc;
}

static int set_defaults(struct config *config, struct err *err)
{
	*config = (struct config){
		.max_result = MAX_RESULT,
		.keep_closed = CONFIG_KEEP_ALL,
		.keep_refs = KEEP_REFS,
		.secrets = calloc(1, sizeof(char *)),
	};
	return config->secrets ? 0 : err_nomem(err);
}

int config_parse(struct config *ret, const char *text, size_t n, const char *name, struct err *err)
{
	struct config config;
	yaml_parser_t parser;
	int rc = set_defaults(&config, err);

	if (rc < 0)
		return rc;
	if (!yaml_parser_initialize(&parser)) {
		config_release(&config);
		return err_nomem(err);
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	rc = read_document(&parser, &config, name, err);
	yaml_parser_delete(&parser);
	if (rc < 0) {
		config_release(&config);
		return rc;
	}
	*ret = config;
	return 0;
}

int config_read(struct config *ret, struct os *os, const char *path, struct err *err)
{
	struct buf text = BUF_INIT;
	struct err why = ERR_INIT;
	int rc = os_read_file(os, path, FILE_LIMIT, &text, &why);

	if (rc == -ERR_NOT_FOUND)
		rc = 0;
	else if (rc < 0)
		rc = err_set(err, why.code, "%s", why.text);
	if (rc == 0)
		rc = config_parse(ret, text.data ? text.data : "", text.len, path, err);
	buf_release(&text);
	return rc;
}

void config_release(struct config *config)
{
	if (!config)
		return;
	free(config->author_name);
	free(config->author_email);
	for (char **name = config->secrets; name && *name; name++)
		free(*name);
	free(config->secrets);
	config_limits_release(config);
	*config = (struct config){0};
}
