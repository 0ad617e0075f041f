/* SPDX-License-Identifier: MIT */
/* The kinds of messages that a driver understands. */
#ifndef WF_ENGINE_INBOX_KINDS_H
#define WF_ENGINE_INBOX_KINDS_H

#include "runner_inbox.h"

/* Ends with one whose kind is NULL. */
extern const struct inbox_kind inbox_kinds[];

#endif
