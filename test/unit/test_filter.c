/* SPDX-License-Identifier: MIT */
/* The language of --where: what holds, and what is said of what is wrong. */
#include "base/error.h"
#include "model/filter.h"
#include "tap.h"

#define NOW 1795000000000

static json_t *tags;

static struct filter_subject subject(void)
{
	return (struct filter_subject){.id = "order-42",
				       .workflow = "order",
				       .status = "failed",
				       .created = NOW - 7200000,
				       .updated = NOW - 3600000,
				       .closed = NOW - 3600000,
				       .now = NOW,
				       .steps = 12,
				       .tags = tags};
}

static void holds(const char *text, bool want)
{
	struct filter_subject s = subject();
	struct err err = ERR_INIT;
	struct filter *filter = NULL;

	if (filter_parse(&filter, text, NOW, &err) < 0)
		fail("%s: %s", text, err.text);
	else
		is_int(filter_holds(filter, &s), want, "%s", text);
	filter_free(filter);
}

static void refused(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	struct filter *filter = NULL;

	is_int(filter_parse(&filter, text, NOW, &err), -ERR_USAGE, "refused: %.60s", text);
	has_str(err.text, message, "and says why: %s", err.text);
	filter_free(filter);
}

static void test_fields(void)
{
	holds("id = order-42", true);
	holds("workflow = order and status = failed", true);
	holds("status != failed", false);
	holds("steps >= 12 and steps <= 12 and not steps < 12 and not steps > 12", true);
	holds("parent is null", true);
	holds("closed is not null", true);
	holds("parent = x or parent != x", false);
	holds("id starts-with order-", true);
	holds("id not starts-with order-", false);
	holds("duration = 1h and duration between 30m and 1h30m", true);
	holds("duration > 3600", false);
}

static void test_times(void)
{
	holds("created > -3h", true);
	holds("created > -1h", false);
	holds("created > 2023-01-01 and created < '2096-01-01 10:00'", true);
	holds("created between '2026-11-18T00:00:00Z' and '2026-11-18T23:00:00Z'", true);
	holds("closed >= 1794996400000 and closed <= 1794996400000", true);
}

static void test_tags(void)
{
	holds("total > 100", true);
	holds("total > 100.5 and total < 120.5", true);
	holds("total = '120'", false);
	holds("customer = acme", true);
	holds("customer > 5 or customer < 5", false);
	holds("labels = urgent and labels != slow", true);
	holds("paid = true and paid != false", true);
	holds("\"status\" = new and status = failed", true);
	holds("nothing = 1 or nothing != 1 or not nothing is null", false);
	holds("customer in (x, 'acme', z) and total not in (1, 2)", true);
	holds("customer not between b and z", true);
	holds("quoted = 'it''s'", true);
}

static void test_order_of_words(void)
{
	holds("id = x or id = order-42 and status = failed", true);
	holds("(id = x or id = order-42) and status = completed", false);
	holds("not id = x and not (status = completed)", true);
	holds("NOT id = x AND total IS NOT NULL", true);
	holds("total>100 and customer=acme", true);
}

static void test_refused(void)
{
	char deep[400], broad[70000];

	refused("", "column 1: expected a field");
	refused("id", "column 3: expected one of");
	refused("id =", "column 5: expected a value, not the end");
	refused("id = = x", "column 6: expected a value, not '='");
	refused("id ! x", "column 4");
	refused("id = x y", "column 8: expected 'and', 'or' or the end, not 'y'");
	refused("(id = x", "column 8: expected 'and', 'or' or ')'");
	refused("id in x", "expected '(' and the values");
	refused("id in (x", "expected ',' or ')'");
	refused("id between a or b", "expected 'and' and the upper value");
	refused("total>100and customer=acme", "column 14: expected 'and', 'or' or the end");
	refused("id is x", "expected 'null' or 'not null'");
	refused("id not = x", "expected 'in', 'between' or 'starts-with'");
	refused("id = 'x", "column 6: no closing '");
	refused("status = faild", "'faild' is no status");
	refused("created > soon", "'soon' is no time");
	refused("duration > -1d", "'-1d' is no duration");
	refused("steps = many", "'many' is no number");
	refused("id = \xff", "not UTF-8");
	memset(deep, '(', 300);
	deep[300] = '\0';
	refused(deep, "nested deeper than 100 levels");
	memset(broad, ' ', sizeof broad - 1);
	broad[sizeof broad - 1] = '\0';
	refused(broad, "longer than 65536 bytes");
}

/* Every beginning of a long text is parsed or refused with one line. */
static void test_cut(void)
{
	const char *whole = "not (id in ('a', b) or x between 1 and 2.5) and y is not null or "
			    "created > -2d and \"a b\" starts-with 'c''d'";
	char part[200];
	bool fine = true;

	for (size_t n = 0; n <= strlen(whole); n++) {
		struct err err = ERR_INIT;
		struct filter *filter = NULL;

		memcpy(part, whole, n);
		part[n] = '\0';
		if (filter_parse(&filter, part, NOW, &err) < 0)
			fine = fine && err.code == ERR_USAGE && !strchr(err.text, '\n') && !filter;
		filter_free(filter);
	}
	ok(fine, "every beginning is parsed, or refused with one line");
}

int main(void)
{
	tags = json_pack("{s:i, s:s, s:[s, s], s:b, s:s, s:s}", "total", 120, "customer", "acme",
			 "labels", "urgent", "export", "paid", 1, "status", "new", "quoted",
			 "it's");
	test_fields();
	test_times();
	test_tags();
	test_order_of_words();
	test_refused();
	test_cut();
	json_decref(tags);
	return done_testing();
}
