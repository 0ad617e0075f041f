/* SPDX-License-Identifier: MIT */
/*
 * Values of a YAML settings file, each checked for its kind and range. Every
 * function returns 0, or a negative err_code with "FILE:LINE: ..." in the
 * reader's err; what it was to fill is then untouched.
 */
#ifndef WF_MODEL_CONFIG_VALUE_H
#define WF_MODEL_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

struct config;
struct err;

struct reader {
	yaml_document_t document;
	const char *name; /* of the file; borrowed */
	struct err *err;
};

struct setting {
	const char *key;
	int (*read)(struct reader *r, yaml_node_t *node, struct config *config);
};

/* Hand each member to its setting; the table ends with a NULL key. what: whose members these are,
 * NULL for the file's. */
int config_mapping(struct reader *r, const char *what, yaml_node_t *node,
		   const struct setting *settings, struct config *config);
int config_count(struct reader *r, const char *key, yaml_node_t *node, uint64_t least,
		 uint64_t most, uint64_t *ret);
/* A number, or "all": UINT64_MAX. */
int config_count_or_all(struct reader *r, const char *key, yaml_node_t *node, uint64_t *ret);
/* A count of bytes; K, M and G are understood. */
int config_size(struct reader *r, const char *key, yaml_node_t *node, uint64_t least, uint64_t most,
		uint64_t *ret);
/* A text that can stand in a commit's author line. *ret is replaced; new. */
int config_identity(struct reader *r, const char *key, yaml_node_t *node, char **ret);
/* A list of names of environment variables. *ret is replaced; new. */
int config_names(struct reader *r, const char *key, yaml_node_t *node, char ***ret);
bool config_is_word(const yaml_node_t *node, const char *word);
bool config_is_null(const yaml_node_t *node);

/* The setting "limits" (config_limits.c). */
int config_limits(struct reader *r, yaml_node_t *node, struct config *config);
void config_limits_release(struct config *config);

#endif
