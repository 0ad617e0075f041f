/* SPDX-License-Identifier: MIT */
/* Queries: questions to a workflow as it stands, answered without a trace. */
#ifndef WF_CORE_QUERY_H
#define WF_CORE_QUERY_H

struct core;
struct strand;

/* What lies on this strand's stack can no longer be asked about. */
void query_home_gone(struct core *core, const struct strand *strand);

#endif
