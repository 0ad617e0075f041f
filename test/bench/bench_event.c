/* SPDX-License-Identifier: MIT */
/* What writing and reading one event costs, without any file: nanoseconds each, the best of five
 * rounds. */
#include "../../lib/base/buf.h"
#include "../../lib/base/error.h"
#include "../../lib/base/hash.h"
#include "../../lib/model/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5
#define TIMES 200000

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct sample {
	const char *name, *fields;
} samples[] = {
	{"small", "\"step\":\"noop\",\"attempt\":1,\"us\":12,\"result\":null"},
	{"usual", "\"step\":\"charge\",\"input\":{\"account\":\"acc-1234567\",\"amount\":1299,"
		  "\"currency\":\"EUR\"},\"attempt\":1,\"us\":12034,\"result\":{\"ok\":true,"
		  "\"receipt\":\"5f0c6d2e-9a3c-4a8e-8a42-94be1f0d1c55\",\"balance\":10234.75}"},
	{"list",
	 "\"step\":\"scan\",\"attempt\":1,\"us\":830,\"result\":[1,22,333,4444,55555,666666,7777777,"
	 "1,22,333,4444,55555,666666,7777777,1,22,333,4444,55555,666666,7777777]"},
};

static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_event: cannot %s: %s\n", what, err->text);
	exit(1);
}

static double encode(const struct sample *sample, struct buf *line)
{
	struct event event = {.at = INT64_C(1700000000123), .type = EVENT_STEP_COMPLETED};
	size_t n = strlen(sample->fields);
	struct err err = ERR_INIT;
	double begin = seconds();

	for (unsigned i = 0; i < TIMES; i++) {
		buf_clear(line);
		event.seq = 1000000 + i;
		event.cmd = 999999 + i;
		if (event_encode(line, &event, sample->fields, n, &err) < 0)
			fail("encode", &err);
	}
	return (seconds() - begin) / TIMES * 1e9;
}

static double decode(const struct buf *line)
{
	struct event event;
	struct err err = ERR_INIT;
	double begin = seconds();

	for (unsigned i = 0; i < TIMES; i++) {
		if (event_decode(&event, line->data, line->len - 1, &err) < 0)
			fail("decode", &err);
		event_release(&event);
	}
	return (seconds() - begin) / TIMES * 1e9;
}

static double checksum(const struct buf *line)
{
	volatile uint32_t sum = 0;
	double begin = seconds();

	for (unsigned i = 0; i < TIMES; i++)
		sum += hash_crc32(line->data, line->len);
	return (seconds() - begin) / TIMES * 1e9;
}

static double parse(const struct buf *line)
{
	double begin = seconds();

	for (unsigned i = 0; i < TIMES; i++)
		json_decref(json_loadb(line->data, line->len - 1, JSON_ALLOW_NUL, NULL));
	return (seconds() - begin) / TIMES * 1e9;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

int main(void)
{
	struct buf line = BUF_INIT;

	printf("%-8s %6s %10s %10s %10s %10s\n", "event", "bytes", "encode ns", "decode ns",
	       "crc ns", "jansson ns");
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		double e = 1e9, d = 1e9, c = 1e9, p = 1e9;

		for (int round = 0; round < ROUNDS; round++) {
			e = least(e, encode(&samples[i], &line));
			d = least(d, decode(&line));
			c = least(c, checksum(&line));
			p = least(p, parse(&line));
		}
		printf("%-8s %6zu %10.0f %10.0f %10.0f %10.0f\n", samples[i].name, line.len, e, d,
		       c, p);
	}
	buf_release(&line);
	return 0;
}
