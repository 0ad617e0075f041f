/* SPDX-License-Identifier: MIT */
/* The option parser: every spelling that is taken, and the line for every one that is not. */
#include "../../cmd/options.h"
#include "../../lib/base/error.h"
#include "tap.h"

#include <stdint.h>

struct values {
	const char *name;
	struct words words;
	int64_t wait;
	unsigned jobs;
	bool loud, no_color, json;
};

#define AT(field) offsetof(struct values, field)

static const struct option_def table[] = {
	{.name = "name",
	 .letter = 'n',
	 .argument = "TEXT",
	 .kind = OPTION_TEXT,
	 .offset = AT(name)},
	{.name = "word",
	 .letter = 'w',
	 .argument = "TEXT",
	 .kind = OPTION_WORDS,
	 .offset = AT(words)},
	{.name = "wait", .argument = "DURATION", .kind = OPTION_DURATION, .offset = AT(wait)},
	{.name = "jobs", .letter = 'j', .argument = "N", .kind = OPTION_COUNT, .offset = AT(jobs)},
	{.name = "loud", .letter = 'l', .kind = OPTION_FLAG, .offset = AT(loud)},
	{.name = "no-color", .kind = OPTION_FLAG, .offset = AT(no_color)},
	{.name = "json", .letter = 'J', .kind = OPTION_FLAG, .offset = AT(json), .use = 2},
	{.name = NULL},
};

static struct values values;
static struct operands operands;
static struct err error;
static char *argv[16];

static int parse(const char *line, bool stop_at_operand)
{
	static char copy[400];
	struct option_set set = {table, &values, 1};
	size_t n = 0;

	options_release(&set);
	memset(&values, 0, sizeof values);
	memset(&error, 0, sizeof error);
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[n++] = word;
	argv[n] = NULL;
	return options_parse(&set, 1, argv, stop_at_operand, &operands, &error);
}

static void refused(const char *line, const char *why)
{
	is_int(parse(line, false), -ERR_USAGE, "%s is refused", line);
	is_str(error.text, why, "and it says why");
}

static void test_values(void)
{
	is_int(parse("--name=a b -n c", false), 0, "long, short and operands mixed");
	is_str(values.name, "c", "the last one given holds");
	is_int(operands.n, 1, "one operand");
	is_str(operands.v[0], "b", "which is b");
	ok(!operands.v[1], "operands end in NULL");
	is_int(parse("--name= x", false), 0, "an empty value");
	is_str(values.name, "", "is a value");
	is_int(parse("-nx", false), 0, "a value glued to its letter");
	is_str(values.name, "x", "is taken");
	is_int(parse("-ljx --jobs 3", false), -ERR_USAGE, "a bad number after a flag's letter");
	is_int(parse("-lj4 a", false), 0, "letters together, the last with a value");
	ok(values.loud && values.jobs == 4, "both hold");
	is_int(parse("--word a -w b --word=c", false), 0, "words");
	is_int(values.words.n, 3, "are gathered");
	is_str(values.words.v[2], "c", "in order");
	is_int(parse("--wait 1m", false), 0, "a duration");
	is_int(values.wait, 60000, "in milliseconds");
}

static void test_flags(void)
{
	parse("--loud --no-loud", false);
	ok(!values.loud, "--no-loud takes --loud back");
	parse("--no-color", false);
	ok(values.no_color, "--no-color");
	parse("--no-color --color", false);
	ok(!values.no_color, "--color takes --no-color back");
	parse("--help", false);
	ok(operands.help, "--help");
	parse("-lh", false);
	ok(operands.help && values.loud, "-h among letters");
}

static void test_operands(void)
{
	is_int(parse("a -- --loud -x", false), 0, "after -- all are operands");
	is_int(operands.n, 3, "three");
	is_str(operands.v[1], "--loud", "what looks like an option too");
	is_int(parse("-", false), 0, "a single dash is an operand");
	is_str(operands.v[0], "-", "and kept");
	is_int(parse("--loud run --loud --what", true), 0, "stopping at the first operand");
	is_int(operands.n, 3, "leaves the rest");
	is_str(operands.v[2], "--what", "as it is");
}

static void test_refused(void)
{
	refused("--lod", "unknown option '--lod'; did you mean '--loud'?");
	refused("--zebra", "unknown option '--zebra'");
	refused("--zebra=1", "unknown option '--zebra'");
	refused("-z", "unknown option '-z'");
	refused("--loud=1", "--loud takes no value");
	refused("--name", "--name needs TEXT");
	refused("-n", "--name needs TEXT");
	refused("--no-name", "unknown option '--no-name'");
	refused("--jobs 0", "--jobs takes a number from 1 to 1000000, not '0'");
	refused("--jobs -1", "--jobs takes a number from 1 to 1000000, not '-1'");
	refused("--jobs 2x", "--jobs takes a number from 1 to 1000000, not '2x'");
	refused("--jobs 99999999999999999999",
		"--jobs takes a number from 1 to 1000000, not '99999999999999999999'");
	refused("--wait soon", "--wait takes a duration such as 30s, 5m or 1h30m, not 'soon'");
	refused("--json", "--json means nothing to this command");
	refused("---", "unknown option '---'");
	refused("--=x", "unknown option '--'");
}

int main(void)
{
	struct option_set set = {table, &values, 1};

	test_values();
	test_flags();
	test_operands();
	test_refused();
	options_release(&set);
	return done_testing();
}
