/* SPDX-License-Identifier: MIT */
/* A run's input out of --input and KEY=VALUE. */
#include "../../cmd/input.h"
#include "../../lib/base/error.h"
#include "tap.h"

#include <unistd.h>

static char *make(const char *text, char *const *pairs, size_t n, struct err *err)
{
	json_t *input = NULL;
	char *dumped = NULL;

	*err = (struct err)ERR_INIT;
	if (input_make(text, pairs, n, &input, err) == 0)
		dumped = json_dumps(input, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	json_decref(input);
	return dumped;
}

static void becomes(const char *text, const char *pair, const char *want)
{
	char *pairs[] = {(char *)pair, NULL};
	struct err err;
	char *got = make(text, pairs, pair != NULL, &err);

	is_str(got, want, "%s and %s", text ? text : "nothing", pair ? pair : "nothing");
	free(got);
}

static void refused(const char *text, const char *pair, const char *why)
{
	char *pairs[] = {(char *)pair, NULL};
	struct err err;
	char *got = make(text, pairs, pair != NULL, &err);

	ok(!got, "refused: %s", why);
	is_int(err.code, ERR_USAGE, "as a usage error");
	has_str(err.text, why, "with the reason");
	free(got);
}

static void test_pairs(void)
{
	becomes(NULL, NULL, "{}");
	becomes(NULL, "n=3", "{\"n\":3}");
	becomes(NULL, "n=3x", "{\"n\":\"3x\"}");
	becomes(NULL, "n=", "{\"n\":\"\"}");
	becomes(NULL, "n=a=b", "{\"n\":\"a=b\"}");
	becomes(NULL, "n=true", "{\"n\":true}");
	becomes(NULL, "n=null", "{\"n\":null}");
	becomes(NULL, "n=[1,{\"a\":2}]", "{\"n\":[1,{\"a\":2}]}");
	becomes(NULL, "n=\"3\"", "{\"n\":\"3\"}");
	becomes("{\"a\":1}", "n=2", "{\"a\":1,\"n\":2}");
	becomes("{\"n\":1}", "n=2", "{\"n\":2}");
	becomes("[1]", NULL, "[1]");
	becomes("\"text\"", NULL, "\"text\"");
	refused(NULL, "no_pair", "is not KEY=VALUE");
	refused(NULL, "=1", "is not KEY=VALUE");
	refused("[1]", "n=1", "needs an input that is a JSON object");
	refused(NULL, "n=\xff", "is not UTF-8");

	char *twice[] = {(char *)"ab=1", (char *)"a=2", (char *)"ab=3", NULL};
	struct err err;
	char *got = make(NULL, twice, 3, &err);
	ok(!got, "a key given twice");
	is_str(err.text, "'ab' is given twice", "is told");
	got = make(NULL, twice, 2, &err);
	is_str(got, "{\"a\":2,\"ab\":1}", "one that begins like another is not the same");
	free(got);
}

static void nest(char *out, size_t levels)
{
	memset(out, '[', levels);
	memset(out + levels, ']', levels);
	out[2 * levels] = '\0';
}

static void test_bad(void)
{
	static char deep[20000], pair[20002];

	refused("{", NULL, "the input is not JSON");
	refused("", NULL, "the input is not JSON");
	refused("{} x", NULL, "the input is not JSON");
	refused("{\"a\":1,\"a\":2}", NULL, "the input is not JSON: duplicate object key");
	refused("\"\\u0000\"", NULL, "the input holds the character \\u0000, which is not allowed");
	refused("\"\xff\"", NULL, "the input is not JSON");
	refused("@/nowhere/at/all", NULL,
		"cannot open the input '/nowhere/at/all': No such file or directory");
	refused("@/", NULL, "cannot read the input '/': Is a directory");
	nest(deep, 501);
	refused(deep, NULL, "nested deeper than 500 levels");
	nest(deep, 9000);
	refused(deep, NULL, "nested deeper than 500 levels");
	snprintf(pair, sizeof pair, "n=%s", deep);
	refused(NULL, pair, "nested deeper than 500 levels");
	nest(deep, 499);
	struct err err;
	char *got = make(deep, NULL, 0, &err);
	ok(got != NULL, "499 levels are fine");
	free(got);
}

static void test_file(void)
{
	char path[] = "/tmp/wf-test-input-XXXXXX", named[64];
	int fd = mkstemp(path);

	if (!ok(fd >= 0 && write(fd, "{\"a\": 1}\n", 9) == 9, "a file is written"))
		return;
	snprintf(named, sizeof named, "@%s", path);
	becomes(named, "b=2", "{\"a\":1,\"b\":2}");
	if (ok(lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) == 0,
	       "and made standard input"))
		becomes("-", NULL, "{\"a\":1}");
	close(fd);
	unlink(path);
}

int main(void)
{
	test_pairs();
	test_bad();
	test_file();
	return done_testing();
}
