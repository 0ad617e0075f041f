/* SPDX-License-Identifier: MIT */
/* Text for terminals, tables, and what "did you mean" finds. */
#include "../../cmd/suggest.h"
#include "../../cmd/table.h"
#include "../../cmd/text.h"
#include "../../lib/base/buf.h"
#include "tap.h"

#include <locale.h>

static void cut(const char *text, size_t columns, const char *want, size_t used)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "");
	is_int(text_add(&out, text, columns), used, "columns of '%s' cut at %zu", want, columns);
	is_str(out.data ? out.data : "", want, "the text");
	buf_release(&out);
}

static void test_cut(void)
{
	cut("plain", 10, "plain", 5);
	cut("plain", 5, "plain", 5);
	cut("plainer", 5, "pl...", 5);
	cut("plainer", 2, "..", 2);
	cut("plainer", 0, "", 0);
	cut("a\033[31mb\tc\nd\x7f", 20, "a?[31mb c d?", 12);
	cut("bad \xff\xc3", 20, "bad ??", 6);
	cut("a\xe2\x80\xaeright", 20, "a?right", 7);
	cut("gr\xc3\xb6\xc3\x9f"
	    "er",
	    20,
	    "gr\xc3\xb6\xc3\x9f"
	    "er",
	    6);
	cut("\xed\xa0\x80", 9, "???", 3);
	cut("\xc0\xaf", 9, "??", 2);
	cut("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5, "\xe6\xbc\xa2...", 5);
	is_int(text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4, "two wide characters are four columns");
}

static void shell(const char *word, const char *want)
{
	struct buf out = BUF_INIT;

	text_shell(&out, word);
	is_str(out.data, want, "for the shell");
	buf_release(&out);
}

static const char *nearest(const char *given)
{
	static const char *const words[] = {"run", "resume", "status", "completion", "new"};
	struct suggest s = SUGGEST_INIT;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		suggest_offer(&s, given, strlen(given), words[i]);
	return s.best;
}

static void test_suggest(void)
{
	is_str(nearest("stauts"), "status", "two letters swapped");
	is_str(nearest("rum"), "run", "one letter wrong");
	is_str(nearest("resum"), "resume", "one letter missing");
	is_str(nearest("comp"), "completion", "the beginning of a word");
	is_str(nearest("quite-another"), NULL, "nothing near");
	is_str(nearest("x"), NULL, "one letter is near nothing");
	is_str(nearest("a-word-of-more-than-the-forty-letters-that-are-looked-at"), NULL,
	       "too long");
	is_str(nearest(""), NULL, "an empty word");
}

static void test_table(void)
{
	struct table *table = table_new(3);
	struct buf out = BUF_INIT;

	if (!ok(table != NULL, "a table"))
		return;
	table_cell(table, "id", TINT_DIM, false);
	table_cell(table, "n", TINT_NONE, true);
	table_cell(table, "what", TINT_NONE, false);
	table_cell(table, "longer", TINT_NONE, false);
	table_cell(table, "12", TINT_NONE, true);
	table_cell(table, "a\nb and more", TINT_NONE, false);
	ok(table_print(table, &out, 0, false), "is printed");
	is_str(out.data, "id       n  what\nlonger  12  a b and more\n", "in aligned columns");
	buf_clear(&out);
	table_print(table, &out, 18, false);
	is_str(out.data, "id       n  what\nlonger  12  a b...\n", "cut at the width");
	buf_clear(&out);
	table_print(table, &out, 4, true);
	is_str(out.data, "\033[2mid\033[m\nl...\n", "with colours, in a narrow terminal");
	buf_release(&out);
	table_free(table);
}

int main(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8"))
		bail_out("no locale C.UTF-8");
	test_cut();
	shell("a-b_c.d/e", "a-b_c.d/e");
	shell("", "''");
	shell("two words", "'two words'");
	shell("it's", "'it'\\''s'");
	shell("$(x)", "'$(x)'");
	test_suggest();
	test_table();
	return done_testing();
}
