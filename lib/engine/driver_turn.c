/* SPDX-License-Identifier: MIT */
/* Driving turn by turn, for programs that have a loop of their own. */
#include "driver_internal.h"
#include "runner.h"

int driver_fd(const struct driver *driver)
{
	return uv_backend_fd(&driver->loop);
}

int driver_timeout(const struct driver *driver)
{
	return uv_backend_timeout(&driver->loop);
}

int driver_turn(struct driver *driver, bool *ret_more, struct err *err)
{
	bool more = false;

	for (size_t i = 0; i < driver->count; i++) {
		struct runner *r = driver->runners[i];
		struct err failure = ERR_INIT;
		if (r->end == DRIVE_NOT_YET && runner_serve(r, &failure) < 0)
			runner_break(r, DRIVE_BROKEN, &failure);
	}
	if (uv_run(&driver->loop, UV_RUN_NOWAIT) < 0)
		return err_set(err, ERR_SYSTEM, "the event loop failed");
	for (size_t i = 0; i < driver->count; i++)
		more = more || driver->runners[i]->end == DRIVE_NOT_YET;
	*ret_more = more;
	return 0;
}
