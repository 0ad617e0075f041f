/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include "../base/buf.h"
#include "../base/mask.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

bool secret_is_name(const char *text, size_t n)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return n && !(text[0] >= '0' && text[0] <= '9') && strspn(text, allowed) == n;
}

const char *secret_reference(const json_t *value)
{
	json_t *name = json_object_size(value) == 1 ? json_object_get(value, "$secret") : NULL;
	const char *text = json_string_value(name);

	return text && secret_is_name(text, json_string_length(name)) ? text : NULL;
}

int secret_add_name(json_t *names, const char *name)
{
	json_t *known;
	size_t i;

	json_array_foreach (names, i, known)
		if (strcmp(json_string_value(known), name) == 0)
			return 0;
	return json_array_append_new(names, json_string(name));
}

int secret_collect(const json_t *value, json_t *names)
{
	json_t *object = (json_t *)(uintptr_t)value, *item;
	const char *name = secret_reference(value), *member;
	size_t i;
	int rc = name ? secret_add_name(names, name) : 0;

	if (json_is_array(value))
		json_array_foreach (value, i, item)
			rc = rc < 0 ? rc : secret_collect(item, names);
	else if (json_is_object(value) && !name)
		json_object_foreach (object, member, item)
			rc = rc < 0 ? rc : secret_collect(item, names);
	return rc;
}

/* A number as it is written. */
static size_t print_number(const json_t *value, char *ret, size_t size)
{
	int n = json_is_integer(value)
			? snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
			: snprintf(ret, size, "%.17g", json_real_value(value));

	return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

const char *secret_find(const struct mask *mask, const json_t *value)
{
	json_t *object = (json_t *)(uintptr_t)value, *item;
	const char *member, *label = NULL;
	char number[64];
	size_t i;

	if (json_is_string(value))
		return mask_find(mask, json_string_value(value), json_string_length(value));
	if (json_is_number(value))
		return mask_find(mask, number, print_number(value, number, sizeof number));
	if (json_is_array(value)) {
		json_array_foreach (value, i, item)
			if (!label)
				label = secret_find(mask, item);
	} else if (json_is_object(value)) {
		json_object_foreach (object, member, item)
			if (!label && !(label = mask_find(mask, member, strlen(member))))
				label = secret_find(mask, item);
	}
	return label;
}

static json_t *mask_text(const struct mask *mask, const char *text, size_t n)
{
	struct buf out = BUF_INIT;
	json_t *masked = NULL;

	mask_part(mask, text, n, true, &out);
	if (buf_ok(&out))
		masked = json_stringn(out.data ? out.data : "", out.len);
	buf_release(&out);
	return masked;
}

static json_t *copy(const struct mask *mask, json_t *value);

static json_t *copy_array(const struct mask *mask, json_t *value)
{
	json_t *array = json_array(), *item;
	size_t i;
	int rc = array ? 0 : -1;

	json_array_foreach (value, i, item)
		rc = rc < 0 ? rc : json_array_append_new(array, copy(mask, item));
	if (rc == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *copy_object(const struct mask *mask, json_t *value)
{
	json_t *object = json_object(), *item;
	struct buf name = BUF_INIT;
	const char *member;
	int rc = object ? 0 : -1;

	json_object_foreach (value, member, item) {
		buf_clear(&name);
		mask_part(mask, member, strlen(member), true, &name);
		buf_addc(&name, '\0');
		if (rc == 0)
			rc = buf_ok(&name)
				     ? json_object_set_new(object, name.data, copy(mask, item))
				     : -1;
	}
	buf_release(&name);
	if (rc == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *copy(const struct mask *mask, json_t *value)
{
	char number[64];
	size_t n;

	if (json_is_array(value))
		return copy_array(mask, value);
	if (json_is_object(value))
		return copy_object(mask, value);
	if (json_is_string(value))
		return mask_text(mask, json_string_value(value), json_string_length(value));
	n = json_is_number(value) ? print_number(value, number, sizeof number) : 0;
	return n && mask_find(mask, number, n) ? mask_text(mask, number, n) : json_incref(value);
}

json_t *secret_mask(const struct mask *mask, json_t *value)
{
	return secret_find(mask, value) ? copy(mask, value) : json_incref(value);
}
