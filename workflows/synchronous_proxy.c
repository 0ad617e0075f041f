/* SPDX-License-Identifier: MIT */
/*
 * A dialogue of pages, each an update that is checked and answered with what comes next:
 * `wf update ID email text=a@b.c`, `wf update ID size text=large`, `wf update ID colour text=red`;
 * then the order is sent by a step.
 */
#include <wf.h>

#include <string.h>

static const char *const pages[] = {"email", "size", "colour"};
#define PAGES ((int)(sizeof pages / sizeof pages[0]))

struct dialogue {
	int at;
	json_t *order;
};

struct page {
	struct dialogue *dialogue;
	int number;
};

static const char *text_of(const json_t *argument)
{
	const char *text = json_string_value(json_object_get(argument, "text"));

	return text ? text : "";
}

static bool is_next(wf_ctx *wf, const json_t *argument, void *arg)
{
	const struct page *page = (const struct page *)arg;

	if (page->dialogue->at != page->number)
		wf_throw(wf, "wrong_page", "'%s' is not what is asked now", pages[page->number]);
	else if (!*text_of(argument) || (page->number == 0 && !strchr(text_of(argument), '@')))
		wf_throw(wf, "bad_text", "'%s' is no %s", text_of(argument), pages[page->number]);
	else
		return true;
	return false;
}

static json_t *take(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct page *page = (struct page *)arg;
	struct dialogue *dialogue = page->dialogue;

	json_object_set_new(dialogue->order, pages[page->number], json_string(text_of(argument)));
	dialogue->at++;
	return wf_json(wf, "{s:s}", "next", dialogue->at < PAGES ? pages[dialogue->at] : "done");
}

static json_t *send_order(wf_attempt *a, const json_t *in)
{
	return json_pack("{s:O, s:s}", "order", in, "key", wf_idempotency_key(a));
}

static bool is_filled(wf_ctx *wf, void *arg)
{
	return ((const struct dialogue *)arg)->at == PAGES && wf_handlers_done(wf);
}

static json_t *synchronous_proxy(wf_ctx *wf, const json_t *in)
{
	struct dialogue *dialogue = (struct dialogue *)wf_alloc(wf, sizeof *dialogue);
	struct page *page = (struct page *)wf_alloc(wf, sizeof *page * PAGES);

	(void)in;
	dialogue->order = json_object();
	for (int i = 0; i < PAGES; i++) {
		page[i].dialogue = dialogue;
		page[i].number = i;
		wf_on_update(wf, pages[i], is_next, take, &page[i]);
	}
	if (!wf_condition(wf, is_filled, dialogue, WF_HOURS(24)))
		return wf_throw(wf, "abandoned", "the dialogue was not brought to its end");
	if (!wf_step(wf, send_order, dialogue->order))
		return NULL;
	return dialogue->order;
}

WF_MODULE(WF_WORKFLOW(synchronous_proxy), WF_STEP(send_order))
