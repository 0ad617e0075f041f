/* SPDX-License-Identifier: MIT */
/*
 * wf-committer STATE_DIR: commits what a driver tells it on descriptor 3. Not
 * for people: the driver starts it, and it ends when the driver does. The only program
 * that loads libgit2.
 */
#include "../lib/base/error.h"
#include "../lib/os/os.h"
#include "../lib/store/git_serve.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SOCKET = 3, EXIT_USAGE = 2, EXIT_STATE = 7 };

/*
 * libgit2 makes ready for the network when it starts: it reads the machine's certificates, gathers
 * chance, and has the libraries below do the same, which takes longer than all that it does for us.
 * We never go on the network. The symbols of an executable come before those of a library.
 */
#define NOT_FOR_US(name) \
	int name(void); \
	__attribute__((visibility("default"))) int name(void) \
	{ \
		return 0; \
	} \
	_Static_assert(1, "")

NOT_FOR_US(mbedtls_x509_crt_parse_file);
NOT_FOR_US(mbedtls_x509_crt_parse_path);
NOT_FOR_US(mbedtls_ctr_drbg_seed);
NOT_FOR_US(libssh2_init);

int main(int argc, char **argv)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ};
	struct err err = ERR_INIT;
	struct stat st;

	if (argc != 2 || fstat(SOCKET, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "wf-committer: is started by wf, with a socket on descriptor 3\n");
		return EXIT_USAGE;
	}
	/* who stops the driver does not stop what it told us; the end of the socket does */
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	umask(077);
	if (git_serve(os_system(), argv[1], SOCKET, &err) < 0) {
		fprintf(stderr, "wf-committer: %s\n", err.text);
		return EXIT_STATE;
	}
	return 0;
}
