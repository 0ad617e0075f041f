/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <stdlib.h>
#include <string.h>

static const char *const close_names[] = {
	[CHILD_TERMINATE] = "terminate",
	[CHILD_CANCEL] = "cancel",
	[CHILD_ABANDON] = "abandon",
};

void child_free(struct child *child)
{
	if (!child)
		return;
	free(child->id);
	free(child->workflow);
	json_decref(child->input);
	json_decref(child->options);
	for (char **type = child->retry.never; type && *type; type++)
		free(*type);
	free(child->retry.never);
	free(child);
}

const char *child_close_name(enum child_close policy)
{
	return close_names[policy];
}

enum child_close child_close_parse(const char *name)
{
	for (unsigned i = 0; name && i < sizeof close_names / sizeof *close_names; i++)
		if (strcmp(name, close_names[i]) == 0)
			return (enum child_close)i;
	return CHILD_TERMINATE;
}
