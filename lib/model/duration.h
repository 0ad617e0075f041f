/* SPDX-License-Identifier: MIT */
/* Durations as text: "250ms", "30s", "5m", "1h30m", "2d"; a bare number is seconds. Milliseconds
 * inside. */
#ifndef WF_MODEL_DURATION_H
#define WF_MODEL_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* 0, or -1 when text is no duration, negative, or over 100 years. */
int duration_parse(const char *text, int64_t *ret_ms);
/* "1.3 s", "12 ms", "2 m 5 s", "30 d": for people. Returns out. */
const char *duration_format(int64_t ms, char *out, size_t size);
/* A time (milliseconds since 1970) as local "2026-11-22 03:00:00". Returns out. */
const char *time_format(int64_t at, char *out, size_t size);

#endif
