/* SPDX-License-Identifier: MIT */
#include "interpose.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[LIBC_FUNCTIONS] = {
	[LIBC_TIME] = "time",
	[LIBC_CLOCK_GETTIME] = "clock_gettime",
	[LIBC_GETTIMEOFDAY] = "gettimeofday",
	[LIBC_TIMESPEC_GET] = "timespec_get",
	[LIBC_CLOCK] = "clock",
	[LIBC_SLEEP] = "sleep",
	[LIBC_USLEEP] = "usleep",
	[LIBC_NANOSLEEP] = "nanosleep",
	[LIBC_CLOCK_NANOSLEEP] = "clock_nanosleep",
	[LIBC_THRD_SLEEP] = "thrd_sleep",
	[LIBC_RAND] = "rand",
	[LIBC_SRAND] = "srand",
	[LIBC_RANDOM] = "random",
	[LIBC_SRANDOM] = "srandom",
	[LIBC_DRAND48] = "drand48",
	[LIBC_LRAND48] = "lrand48",
	[LIBC_MRAND48] = "mrand48",
	[LIBC_SRAND48] = "srand48",
	[LIBC_GETRANDOM] = "getrandom",
	[LIBC_GETENTROPY] = "getentropy",
	[LIBC_ARC4RANDOM] = "arc4random",
	[LIBC_ARC4RANDOM_BUF] = "arc4random_buf",
	[LIBC_ARC4RANDOM_UNIFORM] = "arc4random_uniform",
};

/* Found when first wanted, by any thread; finding it twice does no harm. */
static _Atomic(libc_fn *) found[LIBC_FUNCTIONS];
/* dlsym allocates, and an allocator may ask for the time. */
static __thread bool searching __attribute__((tls_model("initial-exec")));

libc_fn *libc_real(enum libc_function which)
{
	libc_fn *fn = atomic_load_explicit(&found[which], memory_order_acquire);
	void *symbol;

	if (fn || searching)
		return fn;
	searching = true;
	symbol = dlsym(RTLD_NEXT, names[which]);
	searching = false;
	memcpy(&fn, &symbol, sizeof fn);
	atomic_store_explicit(&found[which], fn, memory_order_release);
	return fn;
}
