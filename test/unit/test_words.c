/* SPDX-License-Identifier: MIT */
/* Where the word that is to be completed stands. */
#include "../../cmd/command.h"
#include "../../cmd/words.h"
#include "tap.h"

/* A command line of its own: two commands and two general options. */
static const struct option_def run_options[] = {
	{.name = "id", .argument = "ID", .kind = OPTION_TEXT},
	{.name = "no-wait", .kind = OPTION_FLAG},
	{.name = NULL},
};
static const struct cmd run_command = {.name = "run", .options = run_options};
static const struct cmd log_command = {.name = "log"};
const struct cmd *const commands[] = {&run_command, &log_command, NULL};
const struct option_def general_options[] = {
	{.name = "state", .argument = "DIR", .kind = OPTION_TEXT},
	{.name = "jobs", .letter = 'j', .argument = "N", .kind = OPTION_COUNT},
	{.name = NULL},
};

const struct cmd *command_find(const char *name)
{
	return !strcmp(name, "run") ? &run_command : !strcmp(name, "log") ? &log_command : NULL;
}

static struct place at(const char *line)
{
	static char copy[200];
	static char *words[20];
	struct place p;
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *left = copy, *word; (word = strsep(&left, " "));)
		words[n++] = word;
	words_place(&p, words, n);
	return p;
}

int main(void)
{
	struct place p = at("ru");
	ok(!p.command && !p.value, "the command itself");
	is_str(p.prefix, "ru", "what there is of it");

	p = at("run ");
	is_str(p.command ? p.command->name : NULL, "run", "after the command");
	is_int(p.operands, 0, "its first operand");
	is_str(p.prefix, "", "nothing yet");

	p = at("run backup ke");
	is_int(p.operands, 1, "the second operand");
	is_str(p.first, "backup", "after the first");

	p = at("run --id ");
	is_str(p.value ? p.value->name : NULL, "id", "the value of an option");

	p = at("run --id=ab");
	is_str(p.value ? p.value->name : NULL, "id", "the value glued to an option");
	is_str(p.prefix, "ab", "its beginning");
	is_str(p.glued, "--id=ab", "what stands before it");

	p = at("run --no-wait ");
	ok(!p.value, "a flag has no value");

	p = at("run -- --i");
	ok(p.only_operands, "after -- there are no options");

	p = at("--state dir log ");
	is_str(p.command ? p.command->name : NULL, "log", "the command after general options");
	is_str(p.state, "dir", "the state directory that was given");

	p = at("--state=dir log id ");
	is_str(p.state, "dir", "and with =");
	is_str(p.first, "id", "the run of a log");
	is_int(p.operands, 1, "whose step is asked for");

	p = at("run -j ");
	is_str(p.value ? p.value->name : NULL, "jobs", "the value of a letter");

	p = at("nonsense ");
	ok(!p.command && p.operands, "of no command nothing is known");
	return done_testing();
}
