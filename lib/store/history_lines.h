/* SPDX-License-Identifier: MIT */
/* Lines of a segment, streamed through one buffer. Inside the history only. */
#ifndef WF_STORE_HISTORY_LINES_H
#define WF_STORE_HISTORY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct os;

/* A longer line is damage; the writer stays far below. */
#define LINE_READ_MAX 65536

struct line {
	const char *text; /* without its newline; valid until the next call */
	size_t len;
	uint64_t offset;      /* where it begins in the file */
	uint64_t end;         /* where the next begins */
	unsigned long number; /* counted from 1, empty ones too */
	const char *problem;  /* why it is no line, or NULL; static */
};

struct lines {
	struct os *os;
	int fd;               /* borrowed */
	char *data;           /* NULL until the first lines_begin */
	size_t start, len;    /* what is unread in data */
	uint64_t base;        /* offset in the file of data[0] */
	unsigned long number; /* lines passed */
	bool end_of_file;
};

/* Go on at offset of fd, which is behind number lines. 0 or -ENOMEM. */
int lines_begin(struct lines *lines, struct os *os, int fd, uint64_t offset, unsigned long number);
/* The same, out of what is in memory already where that reaches: fd and its file are as before. */
int lines_again(struct lines *lines, struct os *os, int fd, uint64_t offset, unsigned long number);
/* The next line that is not empty. 1, 0 at the end of the file, or -errno. */
int lines_next(struct lines *lines, struct line *ret);
/* Give the buffer back; lines_begin may follow. */
void lines_release(struct lines *lines);

/* Whether the checksum at the end of a line is right. */
bool line_sound(const char *text, size_t n);
/* The number after "seq", by which every line begins; 0 when it does not. */
uint64_t line_seq(const char *text, size_t n);
/* Whether the line is the outcome of a step, judged by its type alone. */
bool line_is_outcome(const char *text, size_t n);

#endif
