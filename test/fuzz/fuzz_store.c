/* SPDX-License-Identifier: MIT */
/*
 * What lies in a run's folder: history, run.json, inbox. On a disk in memory; whatever is in the
 * files, the answer is events or one clear error, and a history that could be read can be written
 * on.
 */
#include "../unit/simdisk.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "fuzz.h"
#include "store/history.h"
#include "store/inbox.h"
#include "store/run_internal.h"
#include "store/state.h"

#include <fcntl.h>

static void put_file(struct os *os, const char *path, const void *data, size_t n)
{
	int fd = os->ops->open(os, path, O_CREAT | O_RDWR | O_TRUNC, 0600);

	must(fd >= 0);
	must(n == 0 || os->ops->pwrite(os, fd, data, n, 0) == (ssize_t)n);
	must(os->ops->close(os, fd) == 0);
}

/* Give each line that ends in ,"crc":"*"} the checksum that fits. */
static void mend(struct buf *out, const uint8_t *data, size_t n)
{
	static const char end[] = ",\"crc\":\"*\"}";
	size_t have = sizeof end - 1;

	while (n > 0) {
		const uint8_t *stop = memchr(data, '\n', n);
		size_t line = stop ? (size_t)(stop - data) : n;

		if (line > have && memcmp(data + line - have, end, have) == 0) {
			buf_add(out, data, line - have);
			buf_addf(out, ",\"crc\":\"%08x\"}",
				 (unsigned)hash_crc32(data, line - have));
		} else {
			buf_add(out, data, line);
		}
		if (stop)
			buf_addc(out, '\n');
		data += line + (stop != NULL);
		n -= line + (stop != NULL);
	}
	must(buf_ok(out));
}

/* Segments are parted by bytes 0xff. */
static void put_segments(struct os *os, const uint8_t *data, size_t n)
{
	char path[64];

	os->ops->mkdir(os, "/h", 0700);
	for (unsigned i = 1; i < 5; i++) {
		const uint8_t *stop = n ? memchr(data, 0xff, n) : NULL;
		size_t length = stop ? (size_t)(stop - data) : n;
		struct buf text = BUF_INIT;

		mend(&text, data, length);
		snprintf(path, sizeof path, "/h/%06u.jsonl", i);
		put_file(os, path, text.data, text.len);
		buf_release(&text);
		if (!stop)
			return;
		data += length + 1;
		n -= length + 1;
	}
}

/* How many events there are, or negative. */
static long drain(struct history *h, struct err *err)
{
	struct event event;
	uint64_t last = 0;
	long n = 0;
	int rc;

	while ((rc = history_read(h, &event, err)) > 0) {
		must(event.seq == last + 1);
		last = event.seq;
		event_release(&event);
		n++;
	}
	return rc < 0 ? rc : n;
}

static long read_all(struct os *os, bool writable, struct err *err)
{
	struct history_options options = {.writable = writable};
	struct history *h = NULL;
	long n = history_open(&h, os, "/h", &options, err);

	if (n == 0)
		n = drain(h, err);
	if (n > 0 && writable) {
		struct event event = {.type = EVENT_STEP_COMPLETED, .at = 5, .cmd = 7};

		must(history_append(h, &event, "\"step\":\"s\"", 10, err) == 0);
		must(history_sync(h, err) == 0);
	}
	history_close(h);
	return n;
}

static void finding(void *arg, const char *file, unsigned long line, const char *what, bool torn)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)torn;
	must(what && what[0]);
}

void fuzz_history(const uint8_t *data, size_t n)
{
	struct simdisk *disk = simdisk_new(1);
	struct os *os = simdisk_os(disk);
	struct err first = ERR_INIT, err = ERR_INIT, ignored = ERR_INIT;
	struct event last = {0}, head = {0};
	uint64_t steps;
	long read;

	put_segments(os, data, n);
	read = read_all(os, false, &first);
	must(read >= 0 || (first.code && first.text[0]));
	history_verify(os, "/h", finding, NULL, &ignored);
	err_clear(&ignored);
	if (history_tail(os, "/h", &last, &head, &steps, &ignored) > 0) {
		event_release(&last);
		event_release(&head);
	}
	must((read_all(os, true, &err) >= 0) == (read >= 0) || read == 0);
	if (read > 0)
		must(read_all(os, false, &err) >= read + 1);
	must(simdisk_handles(disk) == 0);
	simdisk_free(disk);
}

void fuzz_run_json(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT;
	struct run_info info, again;
	char *text = fuzz_text(data, n), *written;

	if (run_info_decode(&info, text, n, "run.json", &err) < 0) {
		must(err.code && err.text[0]);
		free(text);
		return;
	}
	written = run_info_encode(&info);
	must(written != NULL);
	must(run_info_decode(&again, written, strlen(written), "run.json", &err) == 0);
	must(strcmp(info.id, again.id) == 0 && strcmp(info.workflow, again.workflow) == 0);
	must(json_equal(info.input, again.input) && json_equal(info.options, again.options));
	must(memcmp(info.seed, again.seed, sizeof info.seed) == 0 && info.created == again.created);
	run_info_release(&again);
	run_info_release(&info);
	free(written);
	free(text);
}

static int message(void *arg, const char *name, json_t *m)
{
	unsigned *seen = arg;

	must(name && name[0] && !strchr(name, '/'));
	must(!m || json_is_object(m));
	return ++*seen > 100;
}

/* The first line is the name of the file, the rest its content. */
void fuzz_inbox(const uint8_t *data, size_t n)
{
	struct simdisk *disk = simdisk_new(1);
	struct state state = {.os = simdisk_os(disk), .path = (char *)"/"};
	struct run run = {.state = &state, .id = (char *)"r", .path = (char *)"/r", .lock_fd = -1};
	struct err err = ERR_INIT;
	const uint8_t *stop = n ? memchr(data, '\n', n) : NULL;
	size_t name = stop ? (size_t)(stop - data) : 0, skip = stop ? name + 1 : 0;
	char path[300] = "/r/inbox/0001700000000000-42-000001-0000abcd.json";
	unsigned seen = 0;

	state.os->ops->mkdir(state.os, "/r", 0700);
	state.os->ops->mkdir(state.os, "/r/inbox", 0700);
	if (name > 0 && name < 200 && !memchr(data, '/', name) && !memchr(data, 0, name) &&
	    data[0] != '.') {
		memcpy(path + 9, data, name);
		path[9 + name] = '\0';
	}
	put_file(state.os, path, data + skip, n - skip);
	inbox_any(&run);
	inbox_each(&run, message, &seen, &err);
	must(seen <= 1);
	must(simdisk_handles(disk) == 0);
	simdisk_free(disk);
}
