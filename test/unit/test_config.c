/* SPDX-License-Identifier: MIT */
#include "../../lib/base/error.h"
#include "../../lib/model/config.h"
#include "../../lib/os/os.h"
#include "folder.h"
#include "oom.h"

#define FULL \
	"# settings\n" \
	"jobs: 4\n" \
	"segment: 256K\n" \
	"max_result: 1G\n" \
	"keep_closed: 12\n" \
	"keep_refs: all\n" \
	"author: {name: Nightly Job, email: ops@example.org}\n" \
	"secrets:\n" \
	"  - API_TOKEN\n" \
	"  - _x9\n"

static int parse(struct config *ret, const char *text, struct err *err)
{
	return config_parse(ret, text, strlen(text), "config.yaml", err);
}

static void has_defaults(const struct config *config, const char *what)
{
	ok(config->jobs == 0 && config->segment == 0 && config->max_result == 64 << 20 &&
		   config->keep_closed == CONFIG_KEEP_ALL && config->keep_refs == 1000,
	   "%s: the default numbers", what);
	ok(!config->author_name && !config->author_email && !config->secrets[0],
	   "%s: no author, no secrets", what);
}

static void test_defaults(void)
{
	static const char *const nothing[] = {"",      "\n\n",   "# only a comment\n",
					      "---\n", "null\n", "{}\n"};
	struct config config;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
		is_int(parse(&config, nothing[i], &err), 0, "case %zu of nothing: %s", i, err.text);
		has_defaults(&config, "nothing set");
		config_release(&config);
	}
	config_release(&config);
	config_release(NULL);
	pass("releasing nothing is allowed");
}

static void test_full(void)
{
	struct config config;
	struct err err = ERR_INIT;

	is_int(parse(&config, FULL, &err), 0, "every setting: %s", err.text);
	is_int(config.jobs, 4, "jobs");
	is_int(config.segment, 262144, "segment in bytes");
	is_int(config.max_result, 1 << 30, "max_result in bytes");
	is_int(config.keep_closed, 12, "keep_closed");
	ok(config.keep_refs == CONFIG_KEEP_ALL, "keep_refs");
	is_str(config.author_name, "Nightly Job", "the author's name");
	is_str(config.author_email, "ops@example.org", "and address");
	is_str(config.secrets[0], "API_TOKEN", "the first secret");
	is_str(config.secrets[1], "_x9", "the second");
	ok(!config.secrets[2], "no third");
	config_release(&config);
}

static const struct {
	const char *text, *message;
} wrong[] = {
	{"jobs: 1\n\njbos: 2\n", "config.yaml:3: unknown setting 'jbos'"},
	{"author:\n  nmae: x\n", "config.yaml:2: unknown setting 'nmae' of 'author'"},
	{"? [a]\n: b\n", "config.yaml:1: the name of a setting must be a word"},
	{"jobs: 1\njobs: 2\n", "config.yaml:2: 'jobs' is set twice"},
	{"jobs: many\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not 'many'"},
	{"jobs: 0\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not '0'"},
	{"jobs: 1025\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not '1025'"},
	{"jobs: -1\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not '-1'"},
	{"jobs: 1K\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not '1K'"},
	{"jobs: \"4\"\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not '4'"},
	{"jobs:\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not nothing"},
	{"jobs: [4]\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not a list"},
	{"jobs: {a: 4}\n", "config.yaml:1: 'jobs' must be a number from 1 to 1024, not a mapping"},
	{"jobs: 18446744073709551617\n",
	 "config.yaml:1: 'jobs' must be a number from 1 to 1024, not '18446744073709551617'"},
	{"segment: 1\n",
	 "config.yaml:1: 'segment' must be a size from 4096 bytes to 1024M, not '1'"},
	{"segment: 2G\n",
	 "config.yaml:1: 'segment' must be a size from 4096 bytes to 1024M, not '2G'"},
	{"segment: 18014398509481985K\n",
	 "config.yaml:1: 'segment' must be a size from 4096 bytes to 1024M, not '18014398509481985K'"},
	{"max_result: 1MB\n",
	 "config.yaml:1: 'max_result' must be a size from 1024 bytes to 1024M, not '1MB'"},
	{"keep_closed: none\n",
	 "config.yaml:1: 'keep_closed' must be a number or 'all', not 'none'"},
	{"keep_refs: -1\n", "config.yaml:1: 'keep_refs' must be a number or 'all', not '-1'"},
	{"author: me\n", "config.yaml:1: 'author' must be a mapping, not 'me'"},
	{"author: {name: a <b>}\n",
	 "config.yaml:1: 'name' must be one line without '<' and '>', not 'a <b>'"},
	{"author: {name: \"a\\nb\"}\n",
	 "config.yaml:1: 'name' must be one line without '<' and '>', not 'a\\nb'"},
	{"author: {email: }\n",
	 "config.yaml:1: 'email' must be one line without '<' and '>', not nothing"},
	{"author: {email: \"a\\0b\"}\n",
	 "config.yaml:1: 'email' must be one line without '<' and '>', not 'a\\x00b'"},
	{"secrets: A\n", "config.yaml:1: 'secrets' must be a list of names, not 'A'"},
	{"secrets:\n  - A\n  - B=1\n",
	 "config.yaml:3: 'secrets' must be names of environment variables, not 'B=1'"},
	{"secrets: [A, 9]\n",
	 "config.yaml:1: 'secrets' must be names of environment variables, not '9'"},
	{"secrets: [[A]]\n",
	 "config.yaml:1: 'secrets' must be names of environment variables, not a list"},
	{"- jobs\n", "config.yaml:1: settings must be lines of 'name: value'"},
	{"jobs\n", "config.yaml:1: settings must be lines of 'name: value'"},
	{"jobs: 1\n---\njobs: 2\n", "config.yaml:2: a second document"},
};

static void test_wrong(void)
{
	struct config config, untouched;

	memset(&config, 0x5a, sizeof config);
	untouched = config;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct err err = ERR_INIT;

		is_int(parse(&config, wrong[i].text, &err), -ERR_USAGE, "wrong %zu is refused", i);
		is_str(err.text, wrong[i].message, "wrong %zu is told", i);
	}
	is_mem(&config, &untouched, sizeof config, "and gives nothing");
}

static const struct {
	const char *text;
	int line;
} not_yaml[] = {
	{"jobs: \"1\n", 2},        {"a: [1\n", 2},
	{"\tjobs: 1\n", 1},        {"jobs: 1\n}\n", 2},
	{"\njobs: *nowhere\n", 2}, {"jobs: 1\nsegment: \xff", 2},
	{"\n\na: \x01\n", 3},      {"jobs: 1\n---\n]", 3},
};

static void test_not_yaml(void)
{
	struct config config;
	char where[64];

	for (size_t i = 0; i < sizeof not_yaml / sizeof *not_yaml; i++) {
		struct err err = ERR_INIT;

		is_int(parse(&config, not_yaml[i].text, &err), -ERR_USAGE,
		       "case %zu that is not YAML is refused", i);
		snprintf(where, sizeof where, "config.yaml:%d: not YAML: ", not_yaml[i].line);
		has_str(err.text, where, "case %zu says so, and where", i);
	}
}

static void test_file(void)
{
	struct config config;
	struct err err = ERR_INIT;
	const char *path = in_folder("config.yaml");
	char want[5000];

	is_int(config_read(&config, os_system(), path, &err), 0, "a file that is not there");
	has_defaults(&config, "no file");
	config_release(&config);
	put_file(path, FULL, strlen(FULL));
	is_int(config_read(&config, os_system(), path, &err), 0, "a file: %s", err.text);
	is_int(config.jobs, 4, "is read");
	config_release(&config);
	put_file(path, "jbos: 1\n", 8);
	is_int(config_read(&config, os_system(), path, &err), -ERR_USAGE, "a wrong file");
	snprintf(want, sizeof want, "%s:1: unknown setting 'jbos'", path);
	is_str(err.text, want, "is named by its path");
	err_clear(&err);
	is_int(config_read(&config, os_system(), in_folder("."), &err), -ERR_DAMAGED,
	       "a folder is refused");
	has_str(err.text, "is not a regular file", "and told");
}

static void test_oom(void)
{
	struct config config;
	bool told = true;
	long n;
	int rc;

	if (!oom_works()) {
		skip_test("memory that runs out", "malloc is not ours here");
		return;
	}
	for (n = 0, rc = -1; rc < 0; n++) {
		struct err err = ERR_INIT;

		oom_after(n);
		rc = parse(&config, FULL, &err);
		oom_off();
		told = told && (rc == 0 || rc == -ERR_NOMEM);
		if (!told)
			diag("allocation %ld: rc %d '%s'", n, rc, err.text);
	}
	ok(n > 20 && told, "memory that runs out is told, whichever allocation fails (%ld)", n);
	config_release(&config);
}

int main(void)
{
	folder_make();
	test_defaults();
	test_full();
	test_wrong();
	test_not_yaml();
	test_file();
	test_oom();
	return done_testing();
}
