/* SPDX-License-Identifier: MIT */
#include "../../lib/model/duration.h"
#include "tap.h"

#define DAY INT64_C(86400000)

static const struct {
	const char *text;
	int64_t ms;
} good[] = {
	{"0", 0},
	{"0s", 0},
	{"250ms", 250},
	{"30", 30000},
	{"30s", 30000},
	{"5m", 300000},
	{"1h30m", 5400000},
	{"2d", 2 * DAY},
	{"1d2h3m4s5ms", DAY + 7200000 + 180000 + 4000 + 5},
	{"1.5h", 5400000},
	{"0.25s", 250},
	{"1.5", 1500},
	{"0.0004s", 0},
	{"2 m 5 s", 125000},
	{" 30 d ", 30 * DAY},
	{"36525d", 36525 * DAY},
	{"3155760000", 36525 * DAY},
};

static const char *const bad[] = {
	"",
	" ",
	"s",
	"-1",
	"-1s",
	"+1",
	"1x",
	"1sec",
	"1S",
	"1.s",
	".5s",
	"1..5s",
	"1,5s",
	"1h30",
	"30m1h",
	"1m1m",
	"1s1",
	"1s 1",
	"1msms",
	"0x10",
	"1e3",
	"1 2s",
	"36525d1ms",
	"36526d",
	"3155760001",
	"99999999999999999999999999",
	"9223372036854775807d",
	"inf",
	"nan",
	"1s\n",
	"\xc2\xb5s",
};

static void test_parse(void)
{
	int64_t ms;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		ms = -7;
		is_int(duration_parse(good[i].text, &ms), 0, "'%s' is a duration", good[i].text);
		is_int(ms, good[i].ms, "'%s' in milliseconds", good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ms = -7;
		ok(duration_parse(bad[i], &ms) == -1 && ms == -7,
		   "case %zu is none, and gives none", i);
	}
}

static const struct {
	int64_t ms;
	const char *text;
} formatted[] = {
	{0, "0 ms"},
	{12, "12 ms"},
	{999, "999 ms"},
	{1000, "1 s"},
	{1300, "1.3 s"},
	{1349, "1.3 s"},
	{1350, "1.4 s"},
	{59949, "59.9 s"},
	{59950, "1 m"},
	{60000, "1 m"},
	{125000, "2 m 5 s"},
	{125999, "2 m 5 s"},
	{3599999, "59 m 59 s"},
	{3600000, "1 h"},
	{5400000, "1 h 30 m"},
	{DAY - 1, "23 h 59 m"},
	{DAY, "1 d"},
	{30 * DAY, "30 d"},
	{30 * DAY + 7200000, "30 d 2 h"},
	{-1300, "-1.3 s"},
	{-5, "-5 ms"},
	{INT64_MAX, "106751991167 d 7 h"},
	{INT64_MIN, "-106751991167 d 7 h"},
};

static void test_format(void)
{
	char out[64];
	int64_t ms;

	for (size_t i = 0; i < sizeof formatted / sizeof *formatted; i++)
		is_str(duration_format(formatted[i].ms, out, sizeof out), formatted[i].text,
		       "%lld ms for people", (long long)formatted[i].ms);
	is_str(duration_format(5400000, out, 4), "1 h", "a small buffer cuts");
	is_int(duration_parse(duration_format(5400000, out, sizeof out), &ms), 0,
	       "what is shown is understood");
	is_int(ms, 5400000, "as the same");
}

static void test_time(void)
{
	char out[64];

	setenv("TZ", "UTC-1", 1);
	is_str(time_format(0, out, sizeof out), "1970-01-01 01:00:00", "local time");
	is_str(time_format(INT64_C(1763775296999), out, sizeof out), "2025-11-22 02:34:56",
	       "cut to seconds");
	is_str(time_format(-1, out, sizeof out), "1970-01-01 00:59:59", "also before 1970");
	is_str(time_format(INT64_MAX, out, sizeof out), "292278994-08-17 08:12:55", "any year");
	is_str(time_format(0, out, 5), "0 ms", "a buffer too small for a time");
}

int main(void)
{
	test_parse();
	test_format();
	test_time();
	return done_testing();
}
