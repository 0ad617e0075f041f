/* SPDX-License-Identifier: MIT */
/* Modules: found, compiled, refused each with its own words, checked. */
#include "tap.h"

#include "../../lib/base/buf.h"
#include "../../lib/base/error.h"
#include "../../lib/base/str.h"
#include "../../lib/engine/check.h"
#include "../../lib/engine/module.h"
#include "../../lib/os/file.h"
#include "../../lib/store/state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct state state;
static const char *source;

static char *path_of(const char *name)
{
	char *path = str_format("%s/%s", state.path, name);

	if (!path)
		bail_out("out of memory");
	return path;
}

static void write_file(const char *name, const char *text, size_t n)
{
	struct err err = ERR_INIT;
	char *path = path_of(name);

	if (os_replace_soft(state.os, path, text, n, 0600, &err) < 0)
		bail_out("%s", err.text);
	free(path);
}

/* Compile test/modules/<name>.c with a flag; the path of what came out. */
static char *make(const char *name, const char *flag)
{
	struct err err = ERR_INIT;
	char *file = str_format("%s/test/modules/%s.c", source, name);
	char *flags = str_format("%s -I%s/lib", flag, source);
	char *so = NULL;

	setenv("WF_CFLAGS", flags, 1);
	if (module_compile(&state, file, &so, &err) < 0)
		bail_out("%s %s: %s", name, flag, err.text);
	unsetenv("WF_CFLAGS");
	free(flags);
	free(file);
	return so;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define THIS_ABI TEXT(WF_ABI_MAJOR) "." TEXT(WF_ABI_MINOR)

static void refused(const char *path, const char *words, const char *name)
{
	struct err err = ERR_INIT;
	struct module *module = NULL;

	is_int(module_load(path, &module, &err), -ERR_MODULE, "%s is refused", name);
	has_str(err.text, words, "%s gets its own words", name);
	has_str(err.text, path, "%s: the file is named", name);
	ok(!strchr(err.text, '\n'), "%s: one line", name);
	ok(!module, "%s: nothing is returned", name);
}

static void bad_modules(void)
{
	static const struct {
		const char *flag, *words;
	} cases[] = {
		{"-DBAD_SYMBOL", "it has no symbol wf_module; is WF_MODULE(...) in it?"},
		{"-DBAD_SHORT_SYMBOL", "is not a descriptor of wf"},
		{"-DBAD_MAGIC", "is not a descriptor of wf (magic 12345678)"},
		{"-DBAD_MAJOR", "it needs wf 2.4, this is wf " THIS_ABI},
		{"-DBAD_MINOR", "it needs wf 1.99, this is wf " THIS_ABI},
		{"-DBAD_SMALL", "its descriptor has 16 bytes, fewer than"},
		{"-DBAD_DEFINITION_SIZE", "its definitions cannot have 8 bytes each"},
		{"-DBAD_NONE", "it defines no workflow and no step"},
		{"-DBAD_COUNT", "it says that it has 1000000000 workflows and steps"},
		{"-DBAD_OUTSIDE", "its descriptor points outside of it"},
		{"-DBAD_POINTER", "its descriptor points outside of it"},
		{"-DBAD_UNDEFINED", "undefined symbol: nowhere_to_be_found"},
		{"-DBAD_NO_NAME", "definition 2 has no name"},
		{"-DBAD_EMPTY_NAME", "definition 2 has no name"},
		{"-DBAD_NAME", "definition 1 has a name that cannot be used"},
		{"-DBAD_CONTROL_NAME", "definition 1 has a name that cannot be used"},
		{"-DBAD_UTF8_NAME", "definition 1 has a name that cannot be used"},
		{"-DBAD_LONG_NAME", "definition 1 has a name longer than 128 bytes"},
		{"-DBAD_TWICE", "it defines the step 'work' twice"},
		{"-DBAD_WORKFLOW_TWICE", "it defines the workflow 'good' twice"},
		{"-DBAD_NO_FUNCTION", "step 'work' has no function"},
		{"-DBAD_NO_WORKFLOW_FUNCTION", "workflow 'good' has no function"},
		{"-DBAD_KIND", "'good' is of an unknown kind: 7"},
		{"-DBAD_TIMEOUT", "step 'work' has a negative time-out"},
		{"-DBAD_RETRY", "step 'work' has a negative number in its retry policy"},
		{"-DBAD_ENTRY_SIZE", "definition 1 cannot have 8 bytes"},
		{"-DBAD_OPTIONS_SIZE", "the options of definition 1 cannot have 1000000 bytes"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *so = make("bad", cases[i].flag);

		refused(so, cases[i].words, cases[i].flag + 2);
		free(so);
	}
}

static void good(const char *name, const char *flag)
{
	struct err err = ERR_INIT;
	struct module *module = NULL;
	char *so = make(name, flag);
	int step;

	if (ok(!module_load(so, &module, &err), "%s %s loads: %s", name, flag, err.text)) {
		step = module_find(module, WF_KIND_STEP, "work");
		is_int(module->count, 2, "%s %s has two entries", name, flag);
		is_int(strlen(module->sha256), 64, "%s %s has its digest", name, flag);
		if (ok(step == 1, "%s %s has its step", name, flag)) {
			is_int(module->entries[step].options.timeout, 3000,
			       "%s %s: what it says is read", name, flag);
			is_int(module->entries[step].options.grace, 0,
			       "%s %s: the rest is the default", name, flag);
		}
		is_int(module_find(module, WF_KIND_WORKFLOW, "work"), -1, "kinds are told apart");
	}
	module_free(module);
	free(so);
}

/* Cut anywhere, it is refused; it never reaches the loader, which would die of it. */
static void truncated(void)
{
	struct err err = ERR_INIT;
	struct buf whole = BUF_INIT;
	char *so = make("bad", "-DGOOD"), *cut = path_of("cut.so");
	size_t loaded = 0, tried = 0;

	if (os_read_file(state.os, so, 1 << 24, &whole, &err) < 0)
		bail_out("%s", err.text);
	for (size_t n = 4; n < whole.len; n += 97) {
		struct module *module = NULL;

		write_file("cut.so", whole.data, n);
		err_clear(&err);
		tried++;
		loaded += module_load(cut, &module, &err) != -ERR_MODULE ||
			  !strstr(err.text, "truncated");
		module_free(module);
	}
	ok(tried > 100, "cut at many places");
	is_int(loaded, 0, "every time it is said to be truncated");
	buf_release(&whole);
	free(cut);
	free(so);
}

static void not_modules(void)
{
	struct err err = ERR_INIT;
	struct module *module = NULL;
	char *text = path_of("text.so"), *empty = path_of("empty.so"), *fifo = path_of("fifo.so");

	write_file("text.so", "hello\n", 6);
	write_file("empty.so", "", 0);
	if (mkfifo(fifo, 0600) < 0)
		bail_out("mkfifo");
	refused(text, "it is a text file", "a text file");
	refused(empty, "it is empty", "an empty file");
	refused(fifo, "it is not a regular file", "a pipe");
	refused(state.path, "it is a folder", "a folder");
	refused("/proc/self/exe", "it is an executable", "an executable");
	is_int(module_load("/no/such/module.so", &module, &err), -ERR_NOT_FOUND,
	       "none at all is not found");
	free(text);
	free(empty);
	free(fifo);
}

static void compiling(void)
{
	static const char broken[] = "#include <wf.h>\nstatic int x = y;\nint also;;\n";
	struct err err = ERR_INIT;
	struct stat before, after;
	char *a = make("bad", "-DONE"), *b = make("bad", "-DTWO"), *again, *so = NULL,
	     *file = path_of("b.c");
	char *flags = str_format("-I%s/lib", source);
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	ok(strcmp(a, b) != 0, "other flags, another entry");
	stat(a, &before);
	again = make("bad", "-DONE");
	stat(again, &after);
	is_str(again, a, "the same again, the same entry");
	ok(before.st_ino == after.st_ino, "and it was not made again");
	write_file("b.c", broken, strlen(broken));
	setenv("WF_CFLAGS", flags, 1);
	dup2(null, 2);
	is_int(module_compile(&state, file, &so, &err), -ERR_USAGE,
	       "what does not compile is a usage error");
	has_str(err.text, "error:", "the first error is told");
	has_str(err.text, "b.c", "and the file");
	ok(!strchr(err.text, '\n'), "in one line");
	err_clear(&err);
	setenv("CC", "no-such-compiler -x", 1);
	is_int(module_compile(&state, file, &so, &err), -ERR_USAGE, "no compiler");
	has_str(err.text, "cannot run the C compiler 'no-such-compiler'", "the compiler is named");
	dup2(saved, 2);
	close(saved);
	close(null);
	unsetenv("CC");
	unsetenv("WF_CFLAGS");
	err_clear(&err);
	is_int(module_compile(&state, "/no/such.c", &so, &err), -ERR_NOT_FOUND, "no source");
	free(a);
	free(b);
	free(again);
	free(file);
	free(flags);
}

static void located(const char *named, const char *file, const char *workflow)
{
	struct err err = ERR_INIT;
	char *got_file = NULL, *got_workflow = NULL;

	if (!ok(!module_locate(named, &got_file, &got_workflow, &err), "'%s' is found: %s", named,
		err.text))
		return;
	is_str(got_file, file, "'%s': its file", named);
	is_str(got_workflow, workflow, "'%s': its workflow", named);
	free(got_file);
	free(got_workflow);
}

static void not_located(const char *named, int code, const char *words)
{
	struct err err = ERR_INIT;
	char *file = NULL, *workflow = NULL;

	is_int(module_locate(named, &file, &workflow, &err), -code, "'%s' is not found", named);
	has_str(err.text, words, "'%s': the reason", named);
	ok(!file && !workflow, "'%s': nothing is returned", named);
}

static void locating(void)
{
	char *path = str_format("%s/none::%s", state.path, state.path);

	write_file("pay.so", "x", 1);
	write_file("pay.c", "x", 1);
	write_file("mail.c", "x", 1);
	write_file("a:b.c", "x", 1);
	if (chdir(state.path) < 0)
		bail_out("chdir");
	setenv("WF_PATH", path, 1);
	char *pay = path_of("pay.so"), *mail = path_of("mail.c");
	located("pay", pay, NULL);
	located("pay:refund", pay, "refund");
	located("mail", mail, NULL);
	located("./mail.c", "./mail.c", NULL);
	located("mail.c:send", "mail.c", "send");
	located("a:b.c", "a:b.c", NULL);
	located("./a:b.c:run", "./a:b.c", "run");
	not_located("nothing", ERR_NOT_FOUND, "looked for nothing.so and nothing.c in");
	not_located("nothing", ERR_NOT_FOUND, "./workflows, ");
	not_located("", ERR_USAGE, "cannot be empty");
	not_located(":x", ERR_USAGE, "write NAME, FILE or FILE:NAME");
	not_located("pay:", ERR_USAGE, "write NAME, FILE or FILE:NAME");
	not_located("./gone.c", ERR_NOT_FOUND, "cannot open './gone.c'");
	not_located("./pay.txt", ERR_NOT_FOUND, "cannot open './pay.txt'");
	not_located(state.path, ERR_USAGE, "is a folder");
	not_located("..", ERR_USAGE, "cannot be the name of a workflow");
	unsetenv("WF_PATH");
	free(pay);
	free(mail);
	free(path);
}

static void picking(void)
{
	struct module_entry entries[] = {{.kind = WF_KIND_STEP, .name = "work"},
					 {.kind = WF_KIND_WORKFLOW, .name = "pay"},
					 {.kind = WF_KIND_WORKFLOW, .name = "refund"}};
	struct module module = {.entries = entries, .count = 2};
	struct err err = ERR_INIT;
	int i = -1;

	ok(!module_workflow(&module, "x/any.so", NULL, &i, &err) && i == 1,
	   "the only one is meant");
	module.count = 3;
	ok(!module_workflow(&module, "x/refund.c", NULL, &i, &err) && i == 2,
	   "the one named like the file");
	ok(!module_workflow(&module, "x/refund.c", "pay", &i, &err) && i == 1, "the one named");
	is_int(module_workflow(&module, "any.so", NULL, &i, &err), -ERR_USAGE,
	       "several and none named");
	has_str(err.text, "pay, refund", "they are listed");
	err_clear(&err);
	is_int(module_workflow(&module, "any.so", "work", &i, &err), -ERR_USAGE,
	       "a step is no workflow");
	has_str(err.text, "no workflow 'work'; it has: pay, refund", "and what there is is told");
	err_clear(&err);
	module.count = 1;
	is_int(module_workflow(&module, "any.so", NULL, &i, &err), -ERR_USAGE, "only steps");
	has_str(err.text, "only steps", "is said so");
}

struct seen {
	char text[8192];
	size_t problems;
};

static void see(void *arg, const struct check_finding *f)
{
	struct seen *seen = arg;
	size_t n = strlen(seen->text);

	seen->problems += f->level == CHECK_PROBLEM;
	snprintf(seen->text + n, sizeof seen->text - n, "%s %s: %s;", check_level_name(f->level),
		 f->symbol, f->category);
	ok(f->advice && *f->advice, "%s has its advice", f->symbol);
}

static void checking(void)
{
	struct seen with = {"", 0}, without = {"", 0};
	struct err err = ERR_INIT;
	char *so = make("imports", "-DWITH_STEPS");

	is_int(check_module(so, see, &with, &err), 0, "promise 6: a module is checked %s",
	       err.text);
	free(so);
	has_str(with.text, "caught time: time;", "promise 6: what is caught");
	has_str(with.text, "step-only pthread_create: threads;", "promise 6: threads");
	has_str(with.text, "step-only open: files;", "promise 6: files");
	has_str(with.text, "step-only printf: output;", "promise 6: output");
	has_str(with.text, "step-only getenv: environment;", "promise 6: environment");
	has_str(with.text, "step-only syscall: system calls;", "promise 6: system calls");
	has_str(with.text, "step-only localtime_r: time zone;", "promise 6: time zone");
	is_int(with.problems, 0, "promise 6: fine in a step");
	so = make("imports", "-DONLY_WORKFLOWS");
	is_int(check_module(so, see, &without, &err), 0, "promise 6: one without steps %s",
	       err.text);
	free(so);
	has_str(without.text, "problem pthread_create: threads;",
		"promise 6: not in workflow code");
	has_str(without.text, "caught time: time;", "promise 6: what is caught is no problem");
	ok(check_symbol("__printf_chk") && check_symbol("open64") && check_symbol("__open64_2") &&
		   check_symbol("__isoc99_fscanf"),
	   "promise 6: other spellings");
	ok(!check_symbol("memcpy") && !check_symbol("json_pack") && !check_symbol("wf_await"),
	   "promise 6: nothing to say of others");
}

int main(void)
{
	char dir[] = "/tmp/wf-test-module-XXXXXX";
	struct err err = ERR_INIT;

	source = getenv("WF_SRC");
	if (!source)
		source = ".";
	source = realpath(source, NULL);
	state.os = os_system();
	state.path = mkdtemp(dir);
	if (!state.path || !source)
		bail_out("cannot make a scratch folder");
	bad_modules();
	good("bad", "-DGOOD");
	good("versions", "-DOLDER");
	good("versions", "-DWIDER");
	truncated();
	not_modules();
	compiling();
	picking();
	checking();
	locating();
	os_remove_tree(state.os, state.path, &err);
	is_str(err.text, "", "the scratch folder is gone");
	free((char *)source);
	return done_testing();
}
