/* SPDX-License-Identifier: MIT */
/*
 * transfer: move money between two accounts of a ledger, all or nothing.
 *
 *     wf run transfer:open_account ledger=books account=alice amount=100
 *     wf run transfer:open_account ledger=books account=bob amount=0
 *     wf run transfer --id rent-2026-11 ledger=books from=alice to=bob amount=30
 *
 * A saga: what was withdrawn is refunded if the deposit fails for good. A step
 * whose outcome was lost runs again, so each books under its idempotency key,
 * and a key that is in the journal already is not booked twice: at least once
 * outside, exactly once in the books.
 *
 * Input of transfer:
 *     ledger      folder of the ledger
 *     from, to    accounts
 *     amount      a positive whole number
 *     delay       seconds between withdrawal and deposit (0)
 *     refuse      "deposit": the bank refuses it for good, to see the refund
 *     crash       "withdraw", "deposit": its first attempt dies once it has booked
 */
#include "input.h"

#include <wf.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The ledger is one file of lines "KEY AMOUNT ACCOUNT", and an account is the
 * sum of its lines. Whoever reads or writes it holds a lock on it.
 */
struct ledger {
	FILE *file;
	long long balance; /* of the account that was asked about */
	bool known;        /* the account has a line */
	bool booked;       /* the key has a line */
};

static int read_ledger(struct ledger *l, const char *key, const char *account)
{
	char found_key[400], found_account[200], end;
	long long amount;
	long whole = 0;

	while (fscanf(l->file, "%399s %lld %199s%c", found_key, &amount, found_account, &end) ==
		       4 &&
	       end == '\n') {
		whole = ftell(l->file);
		l->booked |= !strcmp(found_key, key);
		if (!strcmp(found_account, account)) {
			l->known = true;
			l->balance += amount;
		}
	}
	/* a last line without its end was being written when its writer died: nobody was told of it
	 */
	if (ferror(l->file) || ftruncate(fileno(l->file), whole) < 0)
		return -1;
	return fseek(l->file, whole, SEEK_SET);
}

static int open_ledger(struct ledger *l, const char *folder, const char *key, const char *account)
{
	char path[4096];
	int fd;

	memset(l, 0, sizeof *l);
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return -1;
	if (snprintf(path, sizeof path, "%s/journal", folder) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX) < 0 || !(l->file = fdopen(fd, "r+"))) {
		close(fd);
		return -1;
	}
	if (read_ledger(l, key, account) < 0) {
		fclose(l->file);
		return -1;
	}
	return 0;
}

/* Add a line, durably. Closing lets go of the lock. */
static int write_ledger(struct ledger *l, const char *key, long long amount, const char *account)
{
	int rc = fprintf(l->file, "%s %lld %s\n", key, amount, account);

	if (rc >= 0 && (fflush(l->file) || fsync(fileno(l->file)) < 0))
		rc = -1;
	return fclose(l->file) || rc < 0 ? -1 : 0;
}

/* Book amount on an account under this step's key. must_exist: only for an account that has a line.
 */
static json_t *book(wf_attempt *a, const json_t *in, const char *who, long long amount,
		    bool must_exist)
{
	const char *folder = json_string_value(json_object_get(in, "ledger"));
	const char *account = json_string_value(json_object_get(in, who));
	const char *key = wf_idempotency_key(a);
	struct ledger l;

	if (open_ledger(&l, folder, key, account) < 0)
		return wf_fail(a, "ledger", "cannot open the ledger '%s': %s", folder,
			       strerror(errno));
	if (l.booked) {
		fclose(l.file);
		return json_pack("{s:s, s:I}", "account", account, "balance", l.balance);
	}
	if (must_exist && !l.known) {
		fclose(l.file);
		return wf_fail_permanently(a, "no_account", "there is no account '%s'", account);
	}
	if (amount < 0 && l.balance + amount < 0) {
		fclose(l.file);
		return wf_fail_permanently(a, "insufficient_funds", "account '%s' holds %lld",
					   account, l.balance);
	}
	if (write_ledger(&l, key, amount, account) < 0)
		return wf_fail(a, "ledger", "cannot write the ledger '%s': %s", folder,
			       strerror(errno));
	return json_pack("{s:s, s:I}", "account", account, "balance", l.balance + amount);
}

/* The worst moment to die: the money has moved, and nobody knows. */
static void crash_if_asked(const wf_attempt *a, const json_t *in, const char *step)
{
	const char *crash = json_string_value(json_object_get(in, "crash"));

	if (crash && !strcmp(crash, step) && wf_attempt_number(a) == 1)
		raise(SIGKILL);
}

static long long amount_of(const json_t *in)
{
	return json_integer_value(json_object_get(in, "amount"));
}

static json_t *withdraw(wf_attempt *a, const json_t *in)
{
	json_t *result = book(a, in, "from", -amount_of(in), true);

	crash_if_asked(a, in, "withdraw");
	return result;
}

static json_t *refund(wf_attempt *a, const json_t *in)
{
	return book(a, in, "from", amount_of(in), true);
}

static json_t *deposit(wf_attempt *a, const json_t *in)
{
	const char *refuse = json_string_value(json_object_get(in, "refuse"));
	json_t *result;

	if (refuse && !strcmp(refuse, "deposit"))
		return wf_fail_permanently(a, "refused", "the bank of '%s' refuses the deposit",
					   json_string_value(json_object_get(in, "to")));
	result = book(a, in, "to", amount_of(in), true);
	crash_if_asked(a, in, "deposit");
	return result;
}

/* A letter for each key: a second attempt writes the same one again. */
static json_t *notify(wf_attempt *a, const json_t *in)
{
	const char *folder = json_string_value(json_object_get(in, "ledger"));
	char path[4096];
	FILE *letter;
	int rc;

	snprintf(path, sizeof path, "%s/letter-%.100s", folder, wf_attempt_run_id(a));
	letter = fopen(path, "w");
	if (!letter)
		return wf_fail(a, "mail", "cannot write '%s': %s", path, strerror(errno));
	rc = fprintf(letter, "%s sends you %lld\n", json_string_value(json_object_get(in, "from")),
		     amount_of(in));
	if (fclose(letter) || rc < 0)
		return wf_fail(a, "mail", "cannot write '%s': %s", path, strerror(errno));
	return json_string(path);
}

/* Where the ledger is, whatever folder the run is resumed from. */
static json_t *locate(wf_attempt *a, const json_t *in)
{
	char *path = realpath(json_string_value(in), NULL);
	json_t *result;

	if (!path)
		return wf_fail_permanently(a, "no_ledger", "cannot open the ledger '%s': %s",
					   json_string_value(in), strerror(errno));
	result = json_string(path);
	free(path);
	return result;
}

/* Names are words of a line of the journal. */
static bool is_name(const json_t *name)
{
	const char *s = json_string_value(name);

	return s && *s && strlen(s) < 100 && strcspn(s, " \t\r\n\v\f") == strlen(s);
}

static json_t *transfer(wf_ctx *wf, const json_t *in)
{
	const json_t *folder = json_object_get(in, "ledger");
	json_t *order, *path;
	json_int_t delay = json_integer_value(json_object_get(in, "delay"));
	wf_future *paid, *told;
	char problem[200];

	if (input_problem(in, "ledger! from! to! amount# delay# refuse crash", problem,
			  sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	if (!is_name(json_object_get(in, "from")) || !is_name(json_object_get(in, "to")))
		return wf_throw(wf, "bad_input", "an account is a name without blanks");
	if (amount_of(in) <= 0 || delay < 0)
		return wf_throw(wf, "bad_input", "amount must be above 0, delay not negative");
	if (!(path = wf_step(wf, locate, folder)))
		return NULL;
	order = json_copy((json_t *)in);
	json_object_set(order, "ledger", path);

	if (!wf_step(wf, withdraw, order, .timeout = WF_SECONDS(30), .retry = {.attempts = 5}))
		goto failed;
	wf_compensate(wf, refund, order); /* if the run fails from here on */

	/* Durable: no process needs to live meanwhile, and a month is as good as a second. */
	sleep((unsigned)delay);

	paid = wf_start(wf, deposit, order);
	told = wf_start(wf, notify, order, .retry = {.attempts = 1});
	if (!wf_await(wf, paid))
		goto failed;
	wf_await(wf, told); /* a letter that was not sent does not undo the transfer */
	json_decref(order);
	return wf_json(wf, "{s:s, s:O, s:b}", "state", "done", "paid", wf_value(paid), "told",
		       wf_value(told) != NULL);
failed:
	json_decref(order);
	return NULL;
}

static json_t *open_books(wf_attempt *a, const json_t *in)
{
	return book(a, in, "account", amount_of(in), false);
}

static json_t *open_account(wf_ctx *wf, const json_t *in)
{
	char problem[200];

	if (input_problem(in, "ledger! account! amount#", problem, sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	if (!is_name(json_object_get(in, "account")) || amount_of(in) < 0)
		return wf_throw(wf, "bad_input",
				"account is a name without blanks, amount not negative");
	return wf_step(wf, open_books, in);
}

WF_MODULE(WF_WORKFLOW(transfer), WF_WORKFLOW(open_account), WF_STEP(locate), WF_STEP(withdraw),
	  WF_STEP(refund), WF_STEP(deposit), WF_STEP(notify), WF_STEP(open_books))
