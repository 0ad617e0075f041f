/* SPDX-License-Identifier: MIT */
#include "secrets.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/mask.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST_BYTES 8 /* fewer are found in what has nothing to do with the secret */
#define MOST_BYTES 65536

struct secrets {
	struct os *os;
	void (*taken)(const char *variable);
	json_t *kept; /* name -> value: perhaps no longer in the environment */
	struct mask mask;
};

int secrets_new(struct secrets **ret, struct os *os, void (*taken)(const char *variable),
		struct err *err)
{
	struct secrets *s = calloc(1, sizeof *s);

	if (s)
		s->kept = json_object();
	if (!s || !s->kept) {
		free(s);
		return err_nomem(err);
	}
	s->os = os;
	s->taken = taken;
	*ret = s;
	return 0;
}

void secrets_free(struct secrets *s)
{
	if (!s)
		return;
	json_decref(s->kept);
	mask_release(&s->mask);
	free(s);
}

const struct mask *secrets_mask(const struct secrets *s)
{
	return &s->mask;
}

static int mask_named(struct mask *mask, const char *name, const char *value)
{
	char *label = str_format("[secret %s]", name);
	int rc = label ? mask_add(mask, value, strlen(value), label) : -1;

	free(label);
	return rc;
}

int secrets_mask_of(const json_t *values, struct mask *ret)
{
	struct mask mask = MASK_INIT;
	json_t *object = (json_t *)(uintptr_t)values, *value;
	const char *name;
	int rc = 0;

	json_object_foreach (object, name, value)
		rc = rc < 0 ? rc : mask_named(&mask, name, json_string_value(value));
	if (rc < 0)
		mask_release(&mask);
	else
		*ret = mask;
	return rc;
}

static int from_environment(struct secrets *s, const char *name, struct buf *ret, struct err *err)
{
	const char *kept = json_string_value(json_object_get(s->kept, name));
	const char *value = kept ? kept : getenv(name);

	if (!value || !*value)
		return 0;
	buf_adds(ret, value);
	if (!s->taken || kept || !str_utf8(value, strlen(value)))
		return 1;
	if (json_object_set_new(s->kept, name, json_string(value)) < 0)
		return err_nomem(err);
	s->taken(name);
	return 1;
}

/* Nobody else may be able to read it: then it is no secret. */
static int check_file(struct os *os, const char *name, const char *path, struct err *err)
{
	struct os_stat st;
	int rc = os->ops->lstat(os, path, &st);

	if (rc < 0)
		return err_set(err, ERR_SECRET, "cannot read the secret '%s' from '%s': %s", name,
			       path, strerror(-rc));
	if (st.kind != OS_FILE)
		return err_set(err, ERR_SECRET,
			       "cannot read the secret '%s': '%s' is not a regular file", name,
			       path);
	if (st.mode & 077)
		return err_set(err, ERR_SECRET,
			       "the file '%s' of the secret '%s' is open to others; run 'chmod 600 "
			       "%s'",
			       path, name, path);
	if (st.uid != geteuid() && st.uid != 0)
		return err_set(
			err, ERR_SECRET,
			"the file '%s' of the secret '%s' belongs to user %u, who can read it",
			path, name, (unsigned)st.uid);
	return 0;
}

static int from_file(struct secrets *s, const char *name, struct buf *ret, struct err *err)
{
	char *variable = str_format("%s_FILE", name);
	const char *path = variable ? getenv(variable) : NULL;
	struct err why = ERR_INIT;
	int rc = !variable ? err_nomem(err) : !path || !*path ? 0 : 1;

	free(variable);
	if (rc > 0 && check_file(s->os, name, path, err) < 0)
		return -err->code;
	if (rc > 0 && os_read_file(s->os, path, MOST_BYTES, ret, &why) < 0)
		rc = why.code == ERR_NOMEM
			     ? err_nomem(err)
			     : err_set(err, ERR_SECRET, "cannot read the secret '%s': %s", name,
				       why.text);
	if (rc > 0 && ret->len && ret->data[ret->len - 1] == '\n')
		ret->data[--ret->len] = '\0';
	if (rc > 0 && s->taken)
		s->taken(NULL);
	return rc;
}

static int check_value(const char *name, const struct buf *value, struct err *err)
{
	if (!buf_ok(value))
		return err_nomem(err);
	if (value->len < LEAST_BYTES)
		return err_set(err, ERR_SECRET,
			       "the secret '%s' has %zu bytes; with fewer than %d it could not be "
			       "told from other text, and would not stay secret",
			       name, value->len, LEAST_BYTES);
	if (value->len > MOST_BYTES)
		return err_set(err, ERR_SECRET, "the secret '%s' is larger than %d KiB", name,
			       MOST_BYTES / 1024);
	if (strlen(value->data) != value->len || !str_utf8(value->data, value->len))
		return err_set(err, ERR_SECRET, "the secret '%s' is not UTF-8 text without a NUL",
			       name);
	return 0;
}

int secrets_look_up(struct secrets *s, const char *name, bool required, json_t *values,
		    struct err *err)
{
	struct buf value = BUF_INIT;
	int rc = from_environment(s, name, &value, err);

	if (rc == 0)
		rc = from_file(s, name, &value, err);
	if (rc == 0 && required)
		rc = err_set(
			err, ERR_SECRET,
			"the secret '%s' is not set; set the environment variable %s, or %s_FILE "
			"to the name of a file that only you can read",
			name, name, name);
	if (rc > 0)
		rc = check_value(name, &value, err);
	if (rc == 0 && value.len &&
	    (mask_named(&s->mask, name, value.data) < 0 ||
	     (values && json_object_set_new(values, name, json_string(value.data)) < 0)))
		rc = err_nomem(err);
	buf_release(&value);
	return rc < 0 ? rc : 0;
}
