/* SPDX-License-Identifier: MIT */
/* Names of signals, queries and updates. */
#ifndef WF_MODEL_MESSAGE_H
#define WF_MODEL_MESSAGE_H

#define MESSAGE_NAME_MOST 200

/* Whether it can be such a name: 1 to 200 bytes of UTF-8 without control characters. NULL when it
 * can; else a borrowed text that says why not ("is empty"). */
const char *message_name_problem(const char *name);

#endif
