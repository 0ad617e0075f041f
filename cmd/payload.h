/* SPDX-License-Identifier: MIT */
/* The payload of a message, out of the operands that follow its name. */
#ifndef WF_CMD_PAYLOAD_H
#define WF_CMD_PAYLOAD_H

#include <jansson.h>
#include <stddef.h>

struct err;

/* [JSON|@FILE|-] [KEY=VALUE ...]; null when there are none. -ERR_USAGE with one line. ret is new.
 */
int payload_make(char *const *args, size_t n, json_t **ret, struct err *err);
/* Whether name can be that of a `what` ("signal"); else -ERR_USAGE. */
int payload_check_name(const char *what, const char *name, struct err *err);

#endif
