/* SPDX-License-Identifier: MIT */
/* What is known of the functions that a module may import. A name that ends in '*' stands for all
 * that begin so. */
#include "check.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct rule {
	struct check_finding finding;
	const char *names;
} rules[] = {
	{{CHECK_CAUGHT, NULL, "time", "answered from the history"},
	 "time clock_gettime gettimeofday timespec_get clock"},
	{{CHECK_CAUGHT, NULL, "chance", "answered from the run's seed"},
	 "rand srand rand_r random srandom random_r srandom_r drand48 erand48 lrand48 nrand48 mrand48 jrand48 "
	 "srand48 getrandom getentropy arc4random arc4random_buf arc4random_uniform"},
	{{CHECK_CAUGHT, NULL, "waiting", "a durable timer"},
	 "sleep usleep nanosleep clock_nanosleep thrd_sleep"},
	{{CHECK_STEP_ONLY, NULL, "threads",
	  "which thread runs first is in no history; use wf_spawn()"},
	 "pthread_create thrd_create _ZNSt6thread* _ZNSt3__16thread* __cxa_thread_atexit GOMP_* omp_*"},
	{{CHECK_STEP_ONLY, NULL, "waiting",
	  "stops the driver and all its runs; use wf_sleep() or wf_condition()"},
	 "select pselect poll ppoll epoll_wait epoll_pwait pause sigwait sigwaitinfo sigtimedwait sigsuspend "
	 "pthread_join thrd_join pthread_cond_wait pthread_cond_timedwait cnd_wait cnd_timedwait sem_wait "
	 "sem_timedwait flock lockf mq_receive msgrcv"},
	{{CHECK_STEP_ONLY, NULL, "processes",
	  "happens again at every replay; use wf_exec() or wf_shell()"},
	 "fork vfork clone clone3 posix_spawn posix_spawnp system popen pclose execl execle execlp execv execve "
	 "execvp execvpe fexecve daemon wait waitpid wait3 wait4 waitid kill killpg tgkill pidfd_open"},
	{{CHECK_STEP_ONLY, NULL, "output", "happens again at every replay; use wf_log()"},
	 "printf vprintf fprintf vfprintf dprintf vdprintf puts putchar putc fputc fputs fwrite perror syslog "
	 "vsyslog psignal err errx warn warnx verr vwarn error _ZSt4cout _ZSt4cerr _ZSt4clog"},
	{{CHECK_STEP_ONLY, NULL, "files",
	  "may differ at the next replay; do it in a step and return what matters"},
	 "open openat creat read readv pread preadv write writev pwrite pwritev close lseek ftruncate truncate fsync "
	 "fdatasync dup dup2 dup3 pipe pipe2 fopen freopen fdopen fclose fread fflush fseek fseeko ftell getc getchar "
	 "fgetc fgets getline getdelim scanf fscanf vfscanf tmpfile mkstemp mkostemp mkdtemp stat lstat fstat "
	 "fstatat statx access faccessat euidaccess opendir fdopendir readdir readdir_r scandir scandirat nftw ftw "
	 "fts_open glob readlink readlinkat realpath unlink unlinkat remove rename renameat renameat2 link linkat "
	 "symlink symlinkat mkdir mkdirat rmdir chmod fchmod chown lchown utime utimes utimensat futimens mount "
	 "umount mmap ioctl fcntl inotify_init inotify_init1 inotify_add_watch sendfile copy_file_range statvfs "
	 "statfs json_load_file json_loadf json_loadfd json_dump_file json_dumpf json_dumpfd "
	 "_ZNSt14basic_ifstream* _ZNSt14basic_ofstream* _ZNSt13basic_fstream* _ZNSt10filesystem*"},
	{{CHECK_STEP_ONLY, NULL, "network",
	  "may differ at the next replay; do it in a step and return what matters"},
	 "socket socketpair connect bind listen accept accept4 send sendto sendmsg sendmmsg recv recvfrom recvmsg "
	 "recvmmsg shutdown getaddrinfo getnameinfo gethostbyname gethostbyname_r gethostbyaddr getifaddrs "
	 "if_nametoindex res_query"},
	{{CHECK_STEP_ONLY, NULL, "system calls", "goes past all that wf answers from the history"},
	 "syscall"},
	{{CHECK_STEP_ONLY, NULL, "signals",
	  "changes the driver for all its runs; use signals of wf"},
	 "signal sigaction sigprocmask pthread_sigmask sigaltstack raise alarm ualarm setitimer sigqueue signalfd "
	 "bsd_signal sysv_signal"},
	{{CHECK_STEP_ONLY, NULL, "clocks",
	  "is not answered from the history; use wf_now() and wf_timer()"},
	 "times getrusage ftime clock_getres timer_create timer_settime timerfd_create timerfd_settime "
	 "_ZNSt6chrono3_V212steady_clock3nowEv _ZNSt6chrono3_V212system_clock3nowEv"},
	{{CHECK_STEP_ONLY, NULL, "chance",
	  "is not drawn from the run's seed; use wf_random() or wf_uuid()"},
	 "uuid_generate uuid_generate_random uuid_generate_time _ZNSt13random_device*"},
	{{CHECK_STEP_ONLY, NULL, "environment",
	  "differs between those who drive the run; give it as input, or read it in a step"},
	 "getenv secure_getenv setenv putenv unsetenv clearenv environ __environ gethostname getdomainname uname "
	 "getpid getppid gettid getpgrp getuid geteuid getgid getegid getlogin getlogin_r getpwuid getpwuid_r "
	 "getpwnam getpwnam_r getgrgid getgrnam getcwd get_current_dir_name chdir fchdir umask sysconf "
	 "get_nprocs get_nprocs_conf sysinfo getloadavg getrlimit getauxval isatty ttyname sched_getcpu "
	 "sched_getaffinity"},
	{{CHECK_STEP_ONLY, NULL, "locale", "depends on the locale of whoever drives the run"},
	 "setlocale newlocale uselocale duplocale localeconv nl_langinfo strcoll strxfrm wcscoll"},
	{{CHECK_STEP_ONLY, NULL, "time zone",
	  "depends on TZ of whoever drives the run; use gmtime_r()"},
	 "localtime localtime_r mktime ctime ctime_r strftime tzset timelocal tzname timezone"},
	{{CHECK_STEP_ONLY, NULL, "leaving", "ends the driver; return wf_throw() instead"},
	 "exit _exit _Exit quick_exit abort __assert_fail pthread_exit thrd_exit"},
	{{CHECK_STEP_ONLY, NULL, "stacks", "leaves the coroutine behind wf's back"},
	 "swapcontext setcontext makecontext longjmp _longjmp siglongjmp"},
	{{CHECK_STEP_ONLY, NULL, "loading", "brings in code that the run is not pinned to"},
	 "dlopen dlmopen"},
};

static bool starts(const char *s, size_t n, const char *prefix)
{
	size_t m = strlen(prefix);

	return n >= m && !memcmp(s, prefix, m);
}

/* Other spellings of one function: __printf_chk, __open64_2, __isoc99_fscanf, open64, __read_chk.
 */
static const char *plain(const char *symbol, size_t *n)
{
	const char *at = symbol;

	*n = strlen(symbol);
	if (starts(at, *n, "__isoc99_") || starts(at, *n, "__isoc23_")) {
		*n -= strlen("__isoc99_");
		return at + strlen("__isoc99_");
	}
	if (starts(at, *n, "__")) {
		size_t m = *n;

		if (m > 6 && !memcmp(at + m - 4, "_chk", 4))
			m -= 4;
		else if (m > 4 && !memcmp(at + m - 2, "_2", 2))
			m -= 2;
		if (m != *n) {
			*n = m - 2;
			at += 2;
		}
	}
	if (*n > 2 && !memcmp(at + *n - 2, "64", 2))
		*n -= 2;
	return at;
}

static bool listed(const char *names, const char *name, size_t n)
{
	while (*names) {
		size_t m = strcspn(names, " ");

		if (m && names[m - 1] == '*' ? n >= m - 1 && !memcmp(names, name, m - 1)
					     : n == m && !memcmp(names, name, n))
			return true;
		names += m + (names[m] == ' ');
	}
	return false;
}

const struct check_finding *check_symbol(const char *symbol)
{
	size_t n;
	const char *name = plain(symbol, &n);

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (listed(rules[i].names, symbol, strlen(symbol)) ||
		    listed(rules[i].names, name, n))
			return &rules[i].finding;
	return NULL;
}
