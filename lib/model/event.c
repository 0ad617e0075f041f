/* SPDX-License-Identifier: MIT */
#include "event.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "parse.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CRC_KEY ",\"crc\":\""
#define CRC_KEY_LEN (sizeof CRC_KEY - 1)
#define CRC_DIGITS 8
#define TAIL_LEN (CRC_KEY_LEN + CRC_DIGITS + 2) /* and "} */

static void put_crc(char *to, uint32_t crc)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = CRC_DIGITS - 1; i >= 0; i--, crc >>= 4)
		to[i] = digits[crc & 15];
}

/* -1 when the eight bytes are no lower-case hexadecimal number. */
static int64_t get_crc(const char *from)
{
	int64_t crc = 0;

	for (int i = 0; i < CRC_DIGITS; i++) {
		char c = from[i];

		if (c >= '0' && c <= '9')
			crc = crc << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			crc = crc << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return crc;
}

void event_release(struct event *event)
{
	if (!event)
		return;
	json_decref(event->body);
	event->body = NULL;
}

int event_encode(struct buf *out, const struct event *event, const char *fields, size_t fields_len,
		 struct err *err)
{
	size_t start = out->len;
	char tail[TAIL_LEN + 1] = CRC_KEY "........\"}\n";

	if (fields_len && memchr(fields, '\n', fields_len))
		return err_set(err, ERR_USAGE, "the fields of an event hold a line break");
	/* one allocation at most: all that is added below is shorter than 200 bytes */
	if (!buf_reserve(out, fields_len + 200))
		return err_nomem(err);
	buf_add(out, "{\"seq\":", 7);
	buf_addu(out, event->seq);
	buf_add(out, ",\"at\":", 6);
	buf_addi(out, event->at);
	buf_add(out, ",\"type\":\"", 9);
	buf_adds(out, event_type_name(event->type));
	buf_addc(out, '"');
	if (event->cmd) {
		buf_add(out, ",\"cmd\":", 7);
		buf_addu(out, event->cmd);
	}
	if (event->batch) {
		buf_add(out, ",\"batch\":", 9);
		buf_addu(out, event->batch);
	}
	if (fields_len) {
		buf_addc(out, ',');
		buf_add(out, fields, fields_len);
	}
	put_crc(tail + CRC_KEY_LEN, hash_crc32(out->data + start, out->len - start));
	buf_add(out, tail, sizeof tail);
	return 0;
}

/* Why a line without a checksum at its end has none. */
static int no_crc(const char *line, size_t n, struct err *err)
{
	json_t *body;
	int rc = parse_json(&body, line, n, err);

	if (rc < 0)
		return rc;
	json_decref(body);
	return err_set(err, ERR_DAMAGED, "no checksum at the end of the line");
}

static int check_crc(const char *line, size_t n, struct err *err)
{
	const char *tail = line + n - TAIL_LEN;
	int64_t want;
	uint32_t have;

	if (n <= TAIL_LEN || memcmp(tail, CRC_KEY, CRC_KEY_LEN) != 0 ||
	    memcmp(line + n - 2, "\"}", 2) != 0)
		return no_crc(line, n, err);
	want = get_crc(tail + CRC_KEY_LEN);
	if (want < 0)
		return err_set(err, ERR_DAMAGED, "the checksum is not 8 hexadecimal digits");
	have = hash_crc32(line, n - TAIL_LEN);
	if (have != (uint32_t)want)
		return err_set(err, ERR_DAMAGED,
			       "checksum differs: the line says %08x, its bytes give %08x",
			       (unsigned)want, (unsigned)have);
	return 0;
}

/* A member that is a number from 0 (or least) up; absent: 0 if it may be. */
static int get_number(const json_t *body, const char *key, bool required, json_int_t least,
		      json_int_t most, json_int_t *ret, struct err *err)
{
	const json_t *value = json_object_get(body, key);

	if (!value && !required) {
		*ret = 0;
		return 0;
	}
	if (!value)
		return err_set(err, ERR_DAMAGED, "no '%s' in the event", key);
	if (!json_is_integer(value) || json_integer_value(value) < least ||
	    json_integer_value(value) > most)
		return err_set(err, ERR_DAMAGED, "'%s' of the event is not a proper number", key);
	*ret = json_integer_value(value);
	return 0;
}

static int get_type(const json_t *body, enum event_type *ret, struct err *err)
{
	const json_t *value = json_object_get(body, "type");
	enum event_type type;
	char *quoted;
	int rc;

	if (!json_is_string(value))
		return err_set(err, ERR_DAMAGED, "no 'type' in the event");
	type = event_type_parse(json_string_value(value), json_string_length(value));
	if (type != EVENT_NONE) {
		*ret = type;
		return 0;
	}
	quoted = str_quote(json_string_value(value), json_string_length(value));
	rc = quoted ? err_set(err, ERR_DAMAGED,
			      "unknown event type %s; perhaps a newer wf wrote it", quoted)
		    : err_nomem(err);
	free(quoted);
	return rc;
}

static int get_members(struct event *event, struct err *err)
{
	json_int_t seq = 0, at = 0, cmd = 0, batch = 0;
	int rc;

	if (!json_is_object(event->body))
		return err_set(err, ERR_DAMAGED, "not a JSON object");
	rc = get_number(event->body, "seq", true, 1, LLONG_MAX, &seq, err);
	if (rc == 0)
		rc = get_number(event->body, "at", true, LLONG_MIN, LLONG_MAX, &at, err);
	if (rc == 0)
		rc = get_type(event->body, &event->type, err);
	if (rc == 0)
		rc = get_number(event->body, "cmd", false, 0, LLONG_MAX, &cmd, err);
	if (rc == 0)
		rc = get_number(event->body, "batch", false, 0, UINT_MAX, &batch, err);
	event->seq = (uint64_t)seq;
	event->at = at;
	event->cmd = (uint64_t)cmd;
	event->batch = (unsigned)batch;
	return rc;
}

int event_decode(struct event *ret, const char *line, size_t n, struct err *err)
{
	struct event event = {0};
	int rc = check_crc(line, n, err);

	if (rc == 0)
		rc = parse_json(&event.body, line, n, err);
	if (rc < 0)
		return rc;
	rc = get_members(&event, err);
	if (rc < 0) {
		event_release(&event);
		return rc;
	}
	*ret = event;
	return 0;
}

int event_of_json(struct event *ret, json_t *body, struct err *err)
{
	struct event event = {.body = json_incref(body)};
	int rc = get_members(&event, err);

	if (rc < 0) {
		event_release(&event);
		return rc;
	}
	*ret = event;
	return 0;
}
