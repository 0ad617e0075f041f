/* SPDX-License-Identifier: MIT */
#include "duration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define LONGEST (36525 * DAY) /* 100 years */

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {{"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1}};

static const char *skip_spaces(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12" or "1.25": whole part and thousandths of it. NULL when there is no number or it is too
 * large. */
static const char *parse_number(const char *p, int64_t *ret_whole, int64_t *ret_thousandths)
{
	int64_t whole = 0, fraction = 0, place = 100;

	if (!is_digit(*p))
		return NULL;
	for (; is_digit(*p); p++) {
		whole = whole * 10 + (*p - '0');
		if (whole > LONGEST)
			return NULL;
	}
	if (*p == '.') {
		if (!is_digit(*++p))
			return NULL;
		for (; is_digit(*p); p++, place /= 10)
			fraction += (*p - '0') * place;
	}
	*ret_whole = whole;
	*ret_thousandths = fraction;
	return p;
}

/* The unit whose name is the letters at p, or NULL. */
static const struct unit *parse_unit(const char *p, const char **ret_end)
{
	size_t n = 0;

	while (p[n] >= 'a' && p[n] <= 'z')
		n++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].name) == n && memcmp(units[i].name, p, n) == 0) {
			*ret_end = p + n;
			return &units[i];
		}
	return NULL;
}

int duration_parse(const char *text, int64_t *ret_ms)
{
	int64_t total = 0, smallest = INT64_MAX, whole, thousandths;
	const struct unit *unit;
	const char *p = skip_spaces(text);

	do {
		p = parse_number(p, &whole, &thousandths);
		if (!p)
			return -1;
		p = skip_spaces(p);
		if (*p == '\0' && smallest == INT64_MAX)
			unit = &units[3];
		else
			unit = parse_unit(p, &p);
		/* units come larger first, each once; so the sum cannot overflow either */
		if (!unit || unit->ms >= smallest || whole > LONGEST / unit->ms)
			return -1;
		smallest = unit->ms;
		total += whole * unit->ms + thousandths * unit->ms / 1000;
		p = skip_spaces(p);
	} while (*p);
	if (total > LONGEST)
		return -1;
	*ret_ms = total;
	return 0;
}

/* "2 m 5 s", or "2 m" where the smaller part is nothing. */
static void format_two(int64_t large, const char *large_unit, int64_t small, const char *small_unit,
		       const char *sign, char *out, size_t size)
{
	if (small)
		snprintf(out, size, "%s%lld %s %lld %s", sign, (long long)large, large_unit,
			 (long long)small, small_unit);
	else
		snprintf(out, size, "%s%lld %s", sign, (long long)large, large_unit);
}

const char *duration_format(int64_t ms, char *out, size_t size)
{
	const char *sign = ms < 0 ? "-" : "";
	int64_t tenths;

	if (ms < 0)
		ms = ms == INT64_MIN ? INT64_MAX : -ms;
	tenths = ms < MINUTE ? (ms + 50) / 100 : 600;
	if (ms < SECOND) {
		snprintf(out, size, "%s%lld ms", sign, (long long)ms);
	} else if (tenths < 600) {
		if (tenths % 10)
			snprintf(out, size, "%s%lld.%lld s", sign, (long long)(tenths / 10),
				 (long long)(tenths % 10));
		else
			snprintf(out, size, "%s%lld s", sign, (long long)(tenths / 10));
	} else if (ms < HOUR) {
		int64_t seconds = ms < MINUTE ? 60 : ms / SECOND;

		format_two(seconds / 60, "m", seconds % 60, "s", sign, out, size);
	} else if (ms < DAY) {
		format_two(ms / HOUR, "h", ms % HOUR / MINUTE, "m", sign, out, size);
	} else {
		format_two(ms / DAY, "d", ms % DAY / HOUR, "h", sign, out, size);
	}
	return out;
}

const char *time_format(int64_t at, char *out, size_t size)
{
	int64_t seconds = at / 1000 - (at % 1000 < 0);
	time_t clock = (time_t)seconds;
	struct tm local;

	if (!localtime_r(&clock, &local) || strftime(out, size, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(out, size, "%lld ms", (long long)at);
	return out;
}
