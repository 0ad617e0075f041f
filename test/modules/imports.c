/* SPDX-License-Identifier: MIT */
/* What `wf check` is to name; with -DONLY_WORKFLOWS nothing but workflow code can be calling it. */
#include <wf.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void *nothing(void *arg)
{
	return arg;
}

static json_t *imports(wf_ctx *wf, const json_t *in)
{
	time_t now = time(NULL);
	pthread_t thread;
	struct tm local;

	(void)wf;
	if (pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_detach(thread);
	printf("%s %d %ld\n", getenv("HOME"), open("/dev/null", O_RDONLY), syscall(SYS_getpid));
	localtime_r(&now, &local);
	return json_deep_copy(in);
}

#ifdef ONLY_WORKFLOWS
WF_MODULE(WF_WORKFLOW(imports))
#else
static json_t *step(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_deep_copy(in);
}

WF_MODULE(WF_WORKFLOW(imports), WF_STEP(step))
#endif
