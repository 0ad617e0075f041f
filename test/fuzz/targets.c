/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

const struct fuzz_target fuzz_targets[] = {
	{"answer", fuzz_answer},
	{"config", fuzz_config},
	{"duration", fuzz_duration},
	{"elf", fuzz_elf},
	{"event", fuzz_event},
	{"filter", fuzz_filter},
	{"history", fuzz_history},
	{"inbox", fuzz_inbox},
	{"input", fuzz_input},
	{"json", fuzz_json},
	{"line", fuzz_line},
	{"run_json", fuzz_run_json},
	{NULL, NULL},
};
