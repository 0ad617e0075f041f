/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include "../base/buf.h"

/* What fails once is remembered by the buffer, whatever the caller makes of it. */
static int add(const char *text, size_t n, void *arg)
{
	buf_add(arg, text, n);
	return buf_ok(arg) ? 0 : -1;
}

char *dump_json(const json_t *value, size_t flags)
{
	struct buf text = BUF_INIT;

	if (json_dump_callback(value, add, &text, flags) == 0 && buf_ok(&text))
		return buf_detach(&text);
	buf_release(&text);
	return NULL;
}
