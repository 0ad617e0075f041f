/* SPDX-License-Identifier: MIT */
#include "committer_spawn.h"

#include "../base/error.h"
#include "../base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef WF_LIBEXECDIR
#define WF_LIBEXECDIR "/usr/local/libexec/wf"
#endif

enum { SOCKET = 3, ABOVE_STANDARD = 10 };

static char *beside_ourselves(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return str_format("%s/wf-committer", exe);
}

/* New; NULL when it is nowhere. */
static char *find_program(void)
{
	const char *folder = getenv("WF_LIBEXEC");
	char *candidates[] = {
		beside_ourselves(),
		folder ? str_format("%s/wf-committer", folder) : NULL,
		strdup(WF_LIBEXECDIR "/wf-committer"),
	};
	char *found = NULL;

	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
		if (!found && candidates[i] && access(candidates[i], X_OK) == 0)
			found = candidates[i];
		else
			free(candidates[i]);
	return found;
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int socket)
{
	sigset_t none, all;
	int rc = 0;

	sigemptyset(&none);
	sigfillset(&all);
	for (int fd = 0; fd <= 2 && !rc; fd++)
		rc = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(actions, socket, SOCKET);
	if (!rc)
		rc = posix_spawnattr_setsigmask(attributes, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(attributes, &all);
	if (!rc)
		rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
								  POSIX_SPAWN_SETSIGMASK |
								  POSIX_SPAWN_SETSIGDEF);
	return rc;
}

static int spawn(const char *program, const char *state_path, int socket, pid_t *ret_pid)
{
	char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)state_path, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (!rc) {
		rc = prepare(&actions, &attributes, socket);
		if (!rc)
			rc = posix_spawn(ret_pid, program, &actions, &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int committer_spawn(const char *state_path, pid_t *ret_pid, int *ret_socket, struct err *err)
{
	int pair[2] = {-1, -1}, theirs = -1, rc = 0;
	char *program = find_program();

	if (!program)
		return err_set(
			err, ERR_SYSTEM,
			"cannot find wf-committer beside wf, in $WF_LIBEXEC or in " WF_LIBEXECDIR);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		rc = err_sys(err, errno, "cannot make a socket");
	else if ((theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, ABOVE_STANDARD)) < 0)
		rc = err_sys(err, errno == EINVAL ? EMFILE : errno, "cannot make a socket");
	else if ((rc = spawn(program, state_path, theirs, ret_pid)) != 0)
		rc = err_sys(err, rc, "cannot start '%s'", program);
	else
		*ret_socket = pair[0];
	if (rc && pair[0] >= 0)
		close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	if (theirs >= 0)
		close(theirs);
	free(program);
	return rc;
}
