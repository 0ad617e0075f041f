/* SPDX-License-Identifier: MIT */
#include "exit.h"

#include "../lib/base/error.h"

#include <stddef.h>

int exit_of_error(const struct err *err)
{
	switch (err->code) {
	case ERR_NONE:
		return EXIT_COMPLETED;
	case ERR_USAGE:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_CLOSED:
		return EXIT_USAGE;
	case ERR_BUSY:
		return EXIT_BUSY;
	case ERR_MODULE:
	case ERR_NONDETERMINISTIC:
	case ERR_SECRET:
		return EXIT_HALTED;
	default:
		return EXIT_STATE;
	}
}

int exit_of_end(enum drive_end end, int signal)
{
	switch (end) {
	case DRIVE_COMPLETED:
		return EXIT_COMPLETED;
	case DRIVE_FAILED:
		return EXIT_FAILED;
	case DRIVE_CANCELLED:
	case DRIVE_TERMINATED:
		return EXIT_CANCELLED;
	case DRIVE_SUSPENDED:
		return EXIT_SUSPENDED;
	case DRIVE_HALTED:
		return EXIT_HALTED;
	case DRIVE_NOT_YET:
	case DRIVE_STOPPED:
		return signal ? 128 + signal : EXIT_SIGTERM;
	case DRIVE_BROKEN:
		break;
	}
	return EXIT_STATE;
}

int exit_of_status(enum run_status status)
{
	static const int exits[] = {
		[STATUS_RUNNING] = EXIT_BUSY,          [STATUS_SUSPENDED] = EXIT_SUSPENDED,
		[STATUS_INTERRUPTED] = EXIT_SUSPENDED, [STATUS_HALTED] = EXIT_HALTED,
		[STATUS_COMPLETED] = EXIT_COMPLETED,   [STATUS_FAILED] = EXIT_FAILED,
		[STATUS_CANCELLED] = EXIT_CANCELLED,   [STATUS_TERMINATED] = EXIT_CANCELLED,
	};

	return exits[status];
}

int exit_worse(int a, int b)
{
	static const int order[] = {
		EXIT_COMPLETED, EXIT_SUSPENDED, EXIT_BUSY,    EXIT_CANCELLED, EXIT_USAGE,
		EXIT_FAILED,    EXIT_HALTED,    EXIT_SIGTERM, EXIT_SIGINT,    EXIT_STATE,
	};
	size_t at_a = 0, at_b = 0;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		if (order[i] == a)
			at_a = i;
		if (order[i] == b)
			at_b = i;
	}
	return at_a >= at_b ? a : b;
}
