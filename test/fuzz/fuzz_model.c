/* SPDX-License-Identifier: MIT */
/* What people and files say to the model: JSON, events, settings, durations, filters. */
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "fuzz.h"
#include "model/config.h"
#include "model/duration.h"
#include "model/event.h"
#include "model/filter.h"
#include "model/parse.h"

/* As strict as jansson, and of the same opinion. */
void fuzz_json(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT;
	char *text = fuzz_text(data, n);
	json_t *ours = NULL, *theirs = json_loadb(text, n, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	int rc = parse_json(&ours, text, n, &err);

	/* behind a number at the root jansson passes over a NUL; we do not */
	must((rc == 0) == (theirs != NULL) || (rc < 0 && memchr(text, 0, n)));
	if (rc == 0)
		must(json_equal(ours, theirs));
	else
		must(err.code == -rc && err.text[0]);
	json_decref(ours);
	json_decref(theirs);
	free(text);
}

static void try_line(const char *line, size_t n)
{
	struct err err = ERR_INIT;
	struct event event;

	if (event_decode(&event, line, n, &err) < 0) {
		must(err.code && err.text[0]);
		return;
	}
	must(event.type > EVENT_NONE && event.type < EVENT_TYPES && json_is_object(event.body));
	event_release(&event);
}

/* A line as it is, and with the checksum that fits it. */
void fuzz_event(const uint8_t *data, size_t n)
{
	struct buf line = BUF_INIT;
	char *text = fuzz_text(data, n);

	try_line(text, n);
	buf_add(&line, text, n);
	buf_addf(&line, ",\"crc\":\"%08x\"}", (unsigned)hash_crc32(text, n));
	must(buf_ok(&line));
	try_line(line.data, line.len);
	buf_release(&line);
	free(text);
}

void fuzz_config(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT;
	struct config config;
	char *text = fuzz_text(data, n);

	if (config_parse(&config, text, n, "config.yaml", &err) == 0) {
		must(config.secrets != NULL);
		config_limit(&config, LIMIT_STEP, "charge");
		config_release(&config);
	} else {
		must(err.code && err.text[0] && !strchr(err.text, '\n'));
	}
	free(text);
}

void fuzz_duration(const uint8_t *data, size_t n)
{
	char *text = fuzz_text(data, n), out[64], again[64];
	int64_t ms = -1, century = INT64_C(100) * 366 * 86400 * 1000;

	if (duration_parse(text, &ms) == 0) {
		must(ms >= 0 && ms <= century);
		must(strlen(duration_format(ms, out, sizeof out)) > 0);
		must(strcmp(out, duration_format(ms, again, sizeof again)) == 0);
	} else {
		must(ms == -1);
	}
	free(text);
}

static const struct filter_subject *subject(json_t *tags)
{
	static struct filter_subject s = {.id = "order-42",
					  .workflow = "order",
					  .status = "failed",
					  .created = 1700000000000,
					  .updated = 1700000100000,
					  .closed = 1700000200000,
					  .now = 1700000300000,
					  .steps = 12};

	s.tags = tags;
	return &s;
}

void fuzz_filter(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT;
	struct filter *filter;
	char *text = fuzz_text(data, n);

	if (filter_parse(&filter, text, 1700000300000, &err) == 0) {
		json_t *tags = json_pack("{s:s, s:i, s:f, s:[s,s], s:b}", "owner", "test-me",
					 "total", 120, "share", 0.5, "labels", "a", "b", "urgent",
					 1);
		bool first = filter_holds(filter, subject(tags));

		must(first == filter_holds(filter, subject(tags)));
		filter_holds(filter, subject(NULL));
		filter_needs_tags(filter);
		json_decref(tags);
		filter_free(filter);
	} else {
		must(err.code && err.text[0] && !strchr(err.text, '\n'));
	}
	free(text);
}
