/* SPDX-License-Identifier: MIT */
/*
 * memo: notes about a run that people read and the workflow may change.
 *
 *   wf run memo --memo owner=ops --memo 'ticket={"id":42}' --id m
 *   wf status m
 */
#include <wf.h>

static json_t *memo(wf_ctx *wf, const json_t *in)
{
	const json_t *ticket = json_object_get(wf_memos(wf), "ticket");

	(void)in;
	wf_memo(wf, "ticket", json_pack("{s:O?, s:s}", "was", ticket, "state", "closed"));
	wf_memo(wf, "owner", json_null());
	return json_deep_copy(wf_memos(wf));
}

WF_MODULE(WF_WORKFLOW(memo))
