#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# The workflows that show signals, queries and updates.

load helper

begin() { # WORKFLOW [KEY=VALUE ...]: suspended as run r
	expect 3 wf run "$WF_BUILD/workflows/$1.so" --id r --no-wait "${@:2}"
}

@test "await_signals: in any order, dealt with in one" {
	begin await_signals
	for signal in third first second; do expect 0 wf signal r $signal; done
	expect 0 wf resume r
	same "$output" '["first","second","third"]'
}

@test "await_signals: a signal that does not come in time fails the run" {
	begin await_signals timeout_ms=50
	expect 0 wf signal r first
	expect 1 wf resume r
	contains "$stderr" "timeout: signal 'second' did not come in time"
}

@test "await_signals: the time from the first signal to the last is limited too" {
	begin await_signals timeout_ms=60000 whole_ms=50
	expect 0 wf signal r second
	expect 0 wf signal r first
	expect 1 wf resume r
	contains "$stderr" "timeout: signal 'third' did not come in time"
}

@test "query: tells how far it is, before and after its end" {
	begin query wait_ms=300
	expect 0 wf query r state
	same "$output" '"waiting on a timer"'
	expect 0 wf resume r
	expect 0 wf query r state
	same "$output" '"done"'
}

@test "update: adds, refuses what is negative, and ends on a signal" {
	begin update
	expect 0 wf update r fetch_and_add n=5 --resume
	same "$output" 0
	expect 0 wf update r fetch_and_add n=2 --resume
	same "$output" 5
	expect 1 wf update r fetch_and_add n=-1 --resume
	contains "$stderr" "n must not be negative"
	expect 0 wf signal r 'done' --resume
	same "$output" 7
}

@test "reqrespquery: the response to a signal is asked for by a query" {
	begin reqrespquery
	expect 1 wf query r response id=a
	contains "$stderr" "no response yet"
	expect 0 wf signal r request id=a text=hello
	expect 3 wf resume r --no-wait
	expect 0 wf query r response id=a
	same "$output" '"HELLO"'
	expect 0 wf signal r request id=end --resume
	same "$output" '{"a":"HELLO"}'
}

@test "reqrespupdate: the response is the update's" {
	begin reqrespupdate
	expect 0 wf update r uppercase text=hello --resume
	same "$output" '"HELLO"'
	expect 1 wf update r uppercase --resume
	contains "$stderr" "no_text"
	expect 0 wf signal r end --resume
	same "$output" '{"served":1}'
}

@test "early_return: the caller hears early, the run goes on" {
	begin early_return wait_ms=100 amount=5
	expect 0 wf update r started --resume
	same "$output" '{"taken":5}'
	expect 0 wf wait r
	same "$output" '{"paid":5}'
}

@test "early_return: what cannot be paid is told, and undone" {
	begin early_return wait_ms=100 amount=-5
	expect 1 wf update r started --resume
	contains "$stderr" "bad_amount"
	expect 1 wf wait r
	same "$(jq -r 'select(.type == "step_completed") | .step' .wf/closed/r/history/*.jsonl)" undo_payment
}

@test "shoppingcart: signals add, an update removes, a query looks, a signal pays" {
	begin shoppingcart
	expect 0 wf signal r add item=apple n=2
	expect 0 wf signal r add item=pear
	expect 0 wf signal r add item=apple
	expect 3 wf resume r --no-wait
	expect 0 wf query r cart
	same "$output" '{"apple":3,"pear":1}'
	expect 0 wf update r remove item=pear --resume
	same "$output" '{"apple":3}'
	expect 1 wf update r remove item=pear --resume
	contains "$stderr" "not_in_cart"
	expect 0 wf signal r checkout --resume
	same "$output" '{"apple":3}'
	expect 0 wf query r cart
	same "$output" '{"apple":3}'
}

@test "shoppingcart: one that nobody touches is dropped" {
	begin shoppingcart idle_ms=50
	expect 1 wf resume r
	contains "$stderr" "abandoned"
}

@test "safe_message_handler: handlers run side by side, and all of them before the end" {
	begin safe_message_handler
	expect 3 wf update r assign job=a nodes=2 --update-id A --timeout 100ms
	expect 3 wf update r assign job=b nodes=3 --update-id B --timeout 100ms
	expect 3 wf update r assign job=c nodes=99 --update-id C --timeout 100ms
	expect 0 wf signal r start
	expect 3 wf resume r --no-wait
	expect 0 wf update r assign job=a nodes=2 --update-id A
	same "$output" '["na","nb"]'
	expect 0 wf update r assign --update-id B
	same "$output" '["nc","nd","ne"]'
	expect 1 wf update r assign --update-id C
	contains "$stderr" "too_few"
	expect 0 wf update r delete job=a --resume
	same "$output" '{"freed":2}'
	expect 0 wf signal r shutdown --resume
	same "$output" '{"assigned":3}'
}

@test "safe_message_handler: begins anew with what it knows, once no handler runs, and knows its updates" {
	begin safe_message_handler moves=1
	expect 0 wf signal r start
	expect 3 wf update r assign job=a nodes=2 --update-id A --timeout 100ms
	expect 3 wf update r assign job=b nodes=3 --update-id B --timeout 100ms
	expect 3 wf resume r --no-wait
	expect 0 wf update r assign --update-id B
	same "$output" '["nc","nd","ne"]'
	expect 0 wf update r delete job=a --resume
	same "$output" '{"freed":2}'
	expect 0 wf signal r shutdown --resume
	same "$output" '{"assigned":3}'
	contains "$(wf show r)" "goes on as generation 3"
	expect 0 wf update r assign --update-id A
	same "$output" '["na","nb"]'
}

@test "synchronous_proxy: a page after the other, checked at once" {
	begin synchronous_proxy
	expect 1 wf update r email text=nobody --resume
	contains "$stderr" "'nobody' is no email"
	expect 1 wf update r size text=large --resume
	contains "$stderr" "wrong_page"
	expect 0 wf update r email text=a@b.c --resume
	same "$output" '{"next":"size"}'
	expect 0 wf update r size text=large --resume
	expect 0 wf update r colour text=red --resume
	same "$output" '{"next":"done"}'
	expect 0 wf wait r
	same "$output" '{"email":"a@b.c","size":"large","colour":"red"}'
}
