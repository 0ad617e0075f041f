/* SPDX-License-Identifier: MIT */
#include "message.h"

#include "../base/str.h"

#include <string.h>

const char *message_name_problem(const char *name)
{
	if (!name || !*name)
		return "is empty";
	if (strlen(name) > MESSAGE_NAME_MOST)
		return "is longer than 200 bytes";
	if (!str_utf8(name, strlen(name)))
		return "is not UTF-8";
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return "holds a control character";
	return NULL;
}
