#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Only cmd/ prints or exits; the library returns. Read from the symbols that its objects want.

load ../cli/helper

# Objects that may use a symbol, and why.
excepted() { # OBJECT SYMBOL
	case $1:$2 in
	worker*:_exit) return 0 ;;                  # a worker process ends without the driver's clean-up
	worker*:stdout | worker*:stderr) return 0 ;; # it flushes what the author's steps print
	command_step*:_exit) return 0 ;;            # a child whose exec failed
	command_step*:chdir) return 0 ;;            # in that child
	worker*:chdir) return 0 ;;                  # in the worker process
	replay*:_exit) return 0 ;;                  # a child that replays one history and tells its verdict
	crash*:_exit) return 0 ;;                   # a signal handler that has told of the crash
	interpose*) return 0 ;;                     # defines and hands on libc's own
	esac
	return 1
}

# forbidden SYMBOL...: every use that is not excepted
forbidden() {
	wanted | grep -E " ($(tr ' ' '|' <<<"$*"))\$" | while read -r object symbol; do
		excepted "$object" "$symbol" || echo "$object wants $symbol"
	done
}

wanted() { # pairs OBJECT SYMBOL
	local object name
	for object in "$WF_BUILD"/lib/*/.libs/libfloors_la-*.o; do
		name=${object##*/libfloors_la-}
		nm -u "$object" | awk -v name="${name%.o}" '{ print name, $NF }'
	done
}

@test "the gate sees what the objects want" {
	wanted >all
	[ "$(wc -l <all)" -gt 300 ]
	[ "$(forbidden malloc free | wc -l)" -gt 10 ]
}

@test "the library never prints, exits or aborts" {
	same "$(forbidden printf vprintf puts putchar perror stdout stderr exit _exit _Exit quick_exit abort \
		__assert_fail err errx warn warnx verr vwarn error psignal daemon system popen)" ""
}

@test "the library uses no unbounded or process-wide function" {
	same "$(forbidden gets sprintf vsprintf strtok tmpnam mktemp tempnam chdir fchdir umask setlocale putenv \
		setenv unsetenv localtime gmtime ctime asctime atoi atol alarm rand srand)" ""
}

@test "the core reaches no clock, no file, no chance" {
	wanted >all
	ls "$WF_SRC/lib/core" | sed -n 's/\.c$//p' >core
	[ -s core ]
	awk 'NR == FNR { core[$1]; next } $1 in core' core all >wants
	run -1 grep -E ' (open|openat|open64|read|write|pread|pwrite|close|fopen|fopen64|time|clock_gettime|gettimeofday|getrandom|getentropy|rand|random|sleep|nanosleep|usleep|getenv|fork|kill|socket|send|recv|poll)$' wants
}
