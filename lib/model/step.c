/* SPDX-License-Identifier: MIT */
#include "step.h"

#include <stdlib.h>

void step_release(struct step *step)
{
	if (!step)
		return;
	free(step->name);
	step->name = NULL;
	json_decref(step->input);
	step->input = NULL;
	for (char **type = step->retry.never; type && *type; type++)
		free(*type);
	free(step->retry.never);
	step->retry.never = NULL;
}
