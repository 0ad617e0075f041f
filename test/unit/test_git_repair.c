/* SPDX-License-Identifier: MIT */
/* Files from branches and branches from files, folded runs, and how small the repository stays. */
#include "../../lib/base/buf.h"
#include "../../lib/base/error.h"
#include "../../lib/engine/committer.h"
#include "../../lib/os/os.h"
#include "../../lib/store/git_repo.h"
#include "../../lib/store/git_restore.h"
#include "../../lib/store/state.h"
#include "faulty_os.h"
#include "git_fixture.h"

#include <dirent.h>

static struct state state;
static struct committer *committer;

static void flush(void)
{
	struct err err = ERR_INIT;

	if (committer_flush(committer, &err) < 0)
		bail_out("%s", err.text);
}

static void tell(struct fixture_run *run, const char *message)
{
	fixture_sync(run);
	committer_commit(committer, run->id, &run->at, message);
}

/* The answer to a request about a run, as text; static memory. An error as "error CODE". */
static const char *ask(json_t *request)
{
	static char text[1 << 16];
	struct err err = ERR_INIT;
	json_t *answer;

	if (committer_ask(committer, request, &answer, &err) < 0) {
		snprintf(text, sizeof text, "error %d", err.code);
	} else {
		char *dump;

		json_object_del(answer, "ask");
		json_object_del(answer, "commit");
		dump = json_dumps(answer, JSON_COMPACT);
		snprintf(text, sizeof text, "%s", dump);
		free(dump);
		json_decref(answer);
	}
	json_decref(request);
	return text;
}

static const char *verify(const char *id)
{
	return ask(json_pack("{s:s, s:s}", "do", "verify", "run", id));
}

static const char *restore(const char *id, const char *file)
{
	return ask(json_pack("{s:s, s:s, s:[s]}", "do", "restore", "run", id, "files", file));
}

static void test_verify(void)
{
	struct fixture_run run;

	fixture_begin(&run, "r", "code");
	is_str(verify("r"),
	       "{\"folder\":\"open/r\",\"differs\":[{\"file\":\"run.json\",\"how\":\"uncommitted\"},"
	       "{\"file\":\"history/000001.jsonl\",\"how\":\"uncommitted\"}]}",
	       "a run without a branch");
	fixture_step(&run);
	fixture_folder(&run, "payloads");
	fixture_put(&run, "payloads/aa.json", "[1]\n");
	tell(&run, "a step");
	flush();
	is_str(verify("r"), "{\"folder\":\"open/r\",\"differs\":[]}", "files and branch agree");
	fixture_step(&run);
	fixture_sync(&run);
	is_str(verify("r"),
	       "{\"folder\":\"open/r\",\"differs\":[{\"file\":\"history/000001.jsonl\",\"how\":\"behind\"}]}",
	       "a branch that is behind");
	tell(&run, "a step");
	flush();
	put_file(in_state("open/r/payloads/aa.json"), "[2]\n", 4);
	unlink(in_state("open/r/run.json"));
	is_str(verify("r"),
	       "{\"folder\":\"open/r\",\"differs\":[{\"file\":\"payloads/aa.json\",\"how\":\"differs\"},"
	       "{\"file\":\"run.json\",\"how\":\"missing\"}]}",
	       "a damaged file and a missing one");
	is_str(restore("r", "payloads/aa.json"),
	       "{\"folder\":\"open/r\",\"restored\":[\"payloads/aa.json\",\"run.json\"]}",
	       "both are restored");
	is_str(verify("r"), "{\"folder\":\"open/r\",\"differs\":[]}", "and agree again");
	put_file(in_state("open/r/payloads/aa.json"), "[3]\n", 4);
	is_str(restore("r", "none"), "{\"folder\":\"open/r\",\"restored\":[]}",
	       "promise 1: a file that is there and not asked for is not overwritten");
	is_str(restore("unknown", "none"), "error 2", "a run that nobody knows");
	is_str(ask(json_pack("{s:s, s:s}", "do", "restore", "run", "../r")), "error 1",
	       "a name that is no run id");
	is_str(ask(json_pack("{s:s}", "do", "dance")), "error 1", "an unknown request");
	fclose(run.segment);
}

static void read_history(struct buf *ret)
{
	struct err err = ERR_INIT;

	buf_clear(ret);
	if (os_read_file(os_system(), in_state("open/f/history/000001.jsonl"), 1 << 20, ret, &err) <
	    0)
		bail_out("%s", err.text);
}

/* Restore what is missing of a run, while the Nth call to the machine fails. Whether one did. */
static bool restore_faulty(unsigned n)
{
	struct faulty_os faulty = faulty_os(n, EIO);
	struct err err = ERR_INIT;
	struct repo repo;
	json_t *request = json_object(), *answer = NULL;

	if (repo_open(&repo, os_system(), fixture_state(), "a <a@b>", &err) < 0)
		bail_out("%s", err.text);
	repo.os = &faulty.os;
	git_restore(&repo, "f", request, &answer, &err);
	repo_release(&repo);
	json_decref(request);
	json_decref(answer);
	return faulty.failed != NULL;
}

/* The branch is behind; so what is there must stay, whichever call fails while a look is taken. */
static void test_restore_faults(void)
{
	struct buf before = BUF_INIT, now = BUF_INIT;
	struct fixture_run run;
	int overwritten = 0;
	unsigned n = 0;
	bool failed;

	fixture_begin(&run, "f", "code");
	fixture_step(&run);
	tell(&run, "a step");
	flush();
	fixture_step(&run);
	fixture_sync(&run);
	read_history(&before);
	do {
		unlink(in_state("open/f/run.json"));
		failed = restore_faulty(++n);
		read_history(&now);
		if (now.len == before.len && memcmp(now.data, before.data, now.len) == 0)
			continue;
		overwritten++;
		put_file(in_state("open/f/history/000001.jsonl"), before.data, before.len);
	} while (failed);
	ok(n > 10, "%u calls of a repair can fail", n - 1);
	is_int(overwritten, 0, "promise 1: a file that cannot be looked at is not overwritten");
	is_int(access(in_state("open/f/run.json"), F_OK), 0, "what is missing is restored");
	buf_release(&before);
	buf_release(&now);
	fclose(run.segment);
}

static void test_restore_all(void)
{
	struct fixture_run run;
	int status;

	fixture_begin(&run, "gone", "its code");
	for (int i = 0; i < 3000; i++)
		fixture_step(&run);
	tell(&run, "steps");
	flush();
	shell(&status, "cp -r open/gone ../copy && rm -r open/gone modules/%s.so", run.module);
	is_str(ask(json_pack("{s:s}", "do", "list")), "{\"branches\":[\"gone\"]}",
	       "a run that is only a branch is listed");
	has_str(restore("gone", ""),
		"{\"folder\":\"open/gone\",\"restored\":[\"history/000001.jsonl\"",
		"it is restored");
	is_str(shell(&status, "diff -rB ../copy open/gone && cat modules/%s.so", run.module),
	       "its code", "its files are as they were, and its module is back");
	fclose(run.segment);
	run.segment = NULL;
	snprintf(run.folder, sizeof run.folder, "%s", in_state("open/gone"));
	fixture_segment(&run);
	fixture_close(&run);
	committer_commit(committer, "gone", &run.at, "completed");
	flush();
	shell(&status, "rm -r closed/gone");
	has_str(restore("gone", ""), "\"folder\":\"closed/gone\"",
		"one that had ended is restored to closed/");
}

static void test_fold(void)
{
	struct fixture_run run;
	char id[32];
	int status;

	for (int i = 0; i < 320; i++) {
		snprintf(id, sizeof id, "batch-%03d", i);
		fixture_begin(&run, id, "code");
		fixture_step(&run);
		fixture_sync(&run);
		if (i % 8 == 7)
			fclose(run.segment);
		else
			fixture_close(&run);
		committer_commit(committer, id, &run.at, "completed");
		committer_release(committer, id);
	}
	flush();
	is_str(ask(json_pack("{s:s, s:i}", "do", "maintain", "keep", 60)), "{\"folded\":221}",
	       "closed runs are folded");
	is_str(shell(&status, "git for-each-ref refs/heads/run | wc -l"), "101",
	       "their branches are gone");
	is_str(shell(&status, "git for-each-ref 'refs/heads/closed/*' | wc -l"), "1",
	       "into one branch for the month");
	ok(git_is_clean(), "git fsck is clean after a fold");
	shell(&status, "git gc -q --prune=now && rm -r closed/batch-000");
	is_int(status, 0, "git gc runs");
	is_str(restore("batch-000", ""),
	       "{\"folder\":\"closed/batch-000\",\"restored\":[\"history/000001.jsonl\",\"result.json\",\"run.json\"]}",
	       "a folded run is found by its id, with all its commits");
	is_str(verify("batch-001"), "{\"folder\":\"closed/batch-001\",\"differs\":[]}",
	       "and can be verified");
	is_str(shell(&status,
		     "git log --format=%%s -1 \"$(git ls-tree -r $(git for-each-ref --format='%%(refname)' "
		     "'refs/heads/closed/*') | awk '$4 ~ /batch-002$/ {print $3}')\""),
	       "completed", "plain git finds it by the links");
	is_str(ask(json_pack("{s:s, s:i}", "do", "maintain", "keep", 60)), "{\"folded\":0}",
	       "a few more are left alone");
	shell(&status, "touch -d '3 hours ago' .git/packed-refs.lock");
	is_str(ask(json_pack("{s:s, s:i}", "do", "maintain", "keep", 60)), "{\"folded\":0}",
	       "a lock that one who was killed left on the packed refs is in nobody's way");
	shell(&status, "test ! -e .git/packed-refs.lock");
	is_int(status, 0, "and is gone");
	shell(&status,
	      "mkdir open/batch-000 && mv closed/batch-000/* open/batch-000 && rmdir closed/batch-000");
	fixture_put(
		(snprintf(run.folder, sizeof run.folder, "%s", in_state("open/batch-000")), &run),
		"halted.json", "{}\n");
	snprintf(run.id, sizeof run.id, "batch-000");
	committer_commit(committer, run.id, &run.at, "goes on");
	flush();
	is_str(shell(&status, "git log --format=%%s run/batch-000"), "goes on\ncompleted",
	       "a folded run that goes on has its commits behind it");
}

static long loose_objects(void)
{
	int status;

	return atol(shell(&status, "git count-objects"));
}

static long packs(void)
{
	int status;

	return atol(shell(&status, "ls .git/objects/pack | grep -c 'pack$'"));
}

/* What a busy run of 100,000 steps leaves: the figure of the state directory. */
static void test_size(void)
{
	struct fixture_run run;
	long before, after, loose = 0, most = 0;
	int status;

	is_str(ask(json_pack("{s:s, s:b}", "do", "maintain", "all", 1)), "{\"folded\":0}",
	       "all into one pack");
	before = atol(shell(&status, "du -sb .git/objects"));
	fixture_begin(&run, "large", "code");
	for (int i = 1; i <= 100000; i++) {
		fixture_step(&run);
		if (i % 400 == 0) {
			tell(&run, "noop: completed (35 us)");
			flush();
		}
		if (i % 10000 == 0) {
			loose = loose_objects() > loose ? loose_objects() : loose;
			most = packs() > most ? packs() : most;
		}
	}
	flush();
	after = atol(shell(&status, "du -sb .git/objects"));
	diag("250 commits of 100,000 steps: %ld bytes a step in %ld packs",
	     (after - before) / 100000, packs());
	is_int(loose, 0, "there is never a loose object");
	ok(most < 60, "never many packs (%ld)", most);
	ask(json_pack("{s:s, s:b}", "do", "maintain", "all", 1));
	after = atol(shell(&status, "du -sb .git/objects"));
	ok(after - before <= 60 * 100000, "packed, 100,000 steps take at most 60 bytes each (%ld)",
	   (after - before) / 100000);
	is_str(shell(&status, "git rev-list --count run/large"), "250", "all commits are there");
	ok(git_is_clean(), "git fsck is clean after merges of packs");
	shell(&status, "git -c pack.threads=1 repack -a -d -q");
	diag("git's own repack -a: %ld bytes a step",
	     (atol(shell(&status, "du -sb .git/objects")) - before) / 100000);
}

int main(void)
{
	struct err err = ERR_INIT;

	fixture_make();
	if (getenv("WF_BUILD"))
		setenv("WF_LIBEXEC", getenv("WF_BUILD"), 1);
	state = (struct state){.os = os_system(), .path = (char *)(uintptr_t)fixture_state()};
	if (committer_start(&committer, &state, &err) < 0)
		bail_out("%s", err.text);
	test_verify();
	test_restore_all();
	test_fold();
	test_size();
	test_restore_faults();
	is_int(committer_finish(committer, &err), 0, "it finishes");
	return done_testing();
}
