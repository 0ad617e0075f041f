/* SPDX-License-Identifier: MIT */
/*
 * Every call of wf.h once, written so that it is C11, C17 and C++20 alike:
 * what the header gate compiles, and a run that ends in {"ok": true}.
 */
#include <wf.h>

#include <string.h>

static json_t *echo(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_deep_copy(in);
}

/* Fails at first; its second attempt reads what the first one said. */
static json_t *second_time_lucky(wf_attempt *a, const json_t *in)
{
	const json_t *said = wf_heartbeat_details(a);
	json_t *details;

	(void)in;
	if (wf_attempt_number(a) > 1)
		return json_pack("{s:s, s:s, s:o}", "key", wf_idempotency_key(a), "run",
				 wf_attempt_run_id(a), "said",
				 said ? json_deep_copy(said) : json_null());
	details = json_pack("{s:i}", "at", 7);
	if (wf_heartbeat(a, details) < 0 || wf_cancelled(a)) {
		json_decref(details);
		return wf_fail_permanently(a, "stopped", "asked to stop");
	}
	wf_fail_details(a, details);
	return wf_fail(a, "flaky", "attempt %d", wf_attempt_number(a));
}

static json_t *refuse(wf_attempt *a, const json_t *in)
{
	(void)in;
	return wf_fail_permanently(a, "refused", "never");
}

static json_t *undo(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_true();
}

struct shared {
	bool told;
	int64_t at;
};

static json_t *tell(wf_ctx *wf, void *arg)
{
	struct shared *shared = (struct shared *)arg;

	if (wf_sleep(wf, WF_MILLISECONDS(5)) == 0)
		shared->told = true;
	shared->at = wf_now(wf);
	return json_integer(42);
}

static bool was_told(wf_ctx *wf, void *arg)
{
	(void)wf;
	return ((struct shared *)arg)->told;
}

static bool steps(wf_ctx *wf, const json_t *in)
{
	const char *const never[] = {"bug", NULL};
	json_t *said = wf_step(wf, second_time_lucky, in, .timeout = WF_MINUTES(1),
			       .heartbeat = WF_SECONDS(30),
			       .retry = {.attempts = 5,
					 .first = WF_MILLISECONDS(10),
					 .factor = 1.5,
					 .never = never});
	const wf_failure *failure;

	if (!said || !json_is_string(json_object_get(said, "key")))
		return false;
	wf_release(wf, said);
	if (wf_step(wf, refuse, in, .at_most_once = true))
		return false;
	failure = wf_error(wf);
	return failure && failure->permanent && strcmp(failure->type, "refused") == 0;
}

static bool futures(wf_ctx *wf, const json_t *in)
{
	wf_future *both[2];
	wf_future *forgotten;

	both[0] = wf_start(wf, echo, in);
	both[1] = wf_start(wf, echo, in, .run_inline = true);
	forgotten = wf_start(wf, echo, in);
	if (wf_await_any(wf, both, 2) > 1 || !wf_await_all(wf, both, 2) || !wf_ready(both[0]))
		return false;
	if (!json_equal(wf_value(both[1]), in) || wf_future_error(both[0]))
		return false;
	wf_forget(wf, forgotten);
	return wf_await(wf, wf_timer(wf, WF_MILLISECONDS(1))) != NULL;
}

static bool commands(wf_ctx *wf)
{
	json_t *said = wf_shell(wf, "say", "cat; exit 3", .timeout = WF_HOURS(1), .any_exit = true,
				.stdin_text = "hello");
	wf_future *made = wf_exec_start(wf, "make", WF_ARGV("true"), .directory = "/");
	wf_future *told = wf_shell_start(wf, "tell", "exit 0", .capture = 100);

	if (!said || strcmp(json_string_value(json_object_get(said, "stdout")), "hello") != 0)
		return false;
	if (!wf_exec(wf, "two words", WF_ARGV("test", "a b", "=", "a b"),
		     .total_timeout = WF_DAYS(1)))
		return false;
	return wf_await(wf, made) && wf_await(wf, told);
}

static bool coroutines(wf_ctx *wf)
{
	struct shared shared = {false, 0};
	wf_future *teller = wf_spawn(wf, tell, &shared);
	bool told = wf_condition(wf, was_told, &shared, WF_MINUTES(1));

	return told && json_integer_value(wf_await(wf, teller)) == 42 && shared.at > 0;
}

static json_t *header_sample(wf_ctx *wf, const json_t *in)
{
	char uuid[37];

	wf_log(wf, "run %s, %d", wf_run_id(wf), 1);
	wf_compensate(wf, undo, in, .retry = {.attempts = 3});
	wf_compensate_exec(wf, "undo make", WF_ARGV("true"));
	wf_compensate_shell(wf, "undo say", "true", .timeout = WF_SECONDS(10));
	if (!steps(wf, in) || !futures(wf, in))
		return wf_throw(wf, "sample", "steps or futures");
	if (!commands(wf) || !coroutines(wf))
		return wf_throw(wf, "sample", "commands or coroutines");
	if (wf_random(wf) == wf_random(wf) || strlen(wf_uuid(wf, uuid)) != 36)
		return wf_throw(wf, "sample", "chance");
	if (wf_history_length(wf) == 0)
		return wf_throw(wf, "sample", "no history");
	wf_compensations_done(wf);
	return wf_json(wf, "{s:b}", "ok", 1);
}

WF_MODULE(WF_WORKFLOW(header_sample), WF_STEP(echo), WF_STEP(refuse), WF_STEP(undo),
	  WF_STEP(second_time_lucky, .heartbeat = WF_SECONDS(60)))
