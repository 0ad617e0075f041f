#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

setup() {
	scratch_setup
	wf run -q transfer:open_account ledger=books account=alice amount=100 >/dev/null
	wf run -q transfer:open_account ledger=books account=bob amount=0 >/dev/null
}

balance() {
	awk -v account="$1" '$3 == account { sum += $2 } END { print sum + 0 }' books/journal
}

# Nothing is booked twice under one key.
keys_are_unique() {
	same "$(cut -d' ' -f1 books/journal | sort | uniq -d)" ""
}

@test "transfer: moves the money and writes the letter" {
	expect 0 wf run transfer --id rent ledger=books from=alice to=bob amount=30
	same "$(json .paid.balance "$output")" 30
	same "$(balance alice) $(balance bob)" "70 30"
	same "$(cat books/letter-rent)" "alice sends you 30"
}

@test "transfer: promise 3: the same id again moves nothing" {
	expect 0 wf run transfer --id rent ledger=books from=alice to=bob amount=30
	first=$output
	expect 0 wf run transfer --id rent ledger=books from=alice to=bob amount=30
	same "$output" "$first"
	same "$(balance bob)" 30
	expect 2 wf run transfer --id rent ledger=books from=alice to=bob amount=31
	same "$(balance bob)" 30
}

@test "transfer: a refused deposit is refunded" {
	expect 1 wf run transfer ledger=books from=alice to=bob amount=30 refuse=deposit
	contains "$stderr" "the bank of 'bob' refuses the deposit"
	same "$(balance alice) $(balance bob)" "100 0"
	same "$(wc -l <books/journal)" 4
}

@test "transfer: what was not withdrawn is not refunded" {
	expect 1 wf run transfer ledger=books from=alice to=bob amount=101
	contains "$stderr" "insufficient_funds"
	expect 1 wf run transfer ledger=books from=carol to=bob amount=1
	contains "$stderr" "no account 'carol'"
	same "$(wc -l <books/journal)" 2
}

@test "transfer: promise 3: a step that dies once it has booked books once" {
	for step in withdraw deposit; do
		expect 0 wf run transfer ledger=books from=alice to=bob amount=10 crash=$step
		contains "$stderr" SIGKILL
	done
	same "$(balance alice) $(balance bob)" "80 20"
	keys_are_unique
}

@test "transfer: promise 1: killed while it sleeps, it goes on from there" {
	wf run transfer --id rent ledger=books from=alice to=bob amount=30 delay=2 2>err &
	driver=$!
	until_true 20 grep -q ' -30 alice' books/journal
	kill_hard $driver
	same "$(json .status "$(wf status --json rent)")" interrupted
	expect 0 wf resume rent
	same "$(balance alice) $(balance bob)" "70 30"
	keys_are_unique
	git_clean
}

@test "transfer: with --no-wait it is suspended, and resumed when the time has come" {
	expect 3 wf run transfer --no-wait --id rent ledger=books from=alice to=bob amount=30 delay=1
	same "$(balance alice) $(balance bob)" "70 0"
	same "$(json .status "$(wf status --json rent)")" suspended
	expect 0 wf resume rent
	same "$(balance bob)" 30
}

@test "transfer: promises 1 2 3: killed at random moments, no money is lost or made" {
	for i in $(seq 12); do
		for _ in $(seq 50); do
			status=0
			timeout -s KILL "0.0$((RANDOM % 8 + 1))" \
				wf run -q transfer --id "pay-$i" ledger=books from=alice to=bob amount=1 \
				>out 2>err || status=$?
			[ $status -eq 0 ] && break
			[ $status -eq 137 ] || { cat err; return 1; }
		done
		# a machine that is too slow for the last time limit
		[ $status -eq 0 ] || expect 0 wf resume "pay-$i"
	done
	same "$(balance alice) $(balance bob)" "88 12"
	keys_are_unique
	git_clean
}

@test "transfer: a torn last line of the ledger is cut off" {
	printf 'half-a-line -50 ali' >>books/journal
	expect 0 wf run transfer ledger=books from=alice to=bob amount=30
	same "$(balance alice) $(balance bob)" "70 30"
	same "$(grep -c half books/journal)" 0
}

@test "transfer: a wrong input changes nothing" {
	for input in "from=alice to=bob amount=0" "from=alice to=bob amount=-3" "from=alice to=bob amount=x" \
		"from=alice amount=3" "to=bob amount=3"; do
		# shellcheck disable=SC2086
		expect 1 wf run transfer ledger=books $input
		contains "$stderr" bad_input
	done
	expect 1 wf run transfer ledger=books "from=a b" to=bob amount=3
	expect 1 wf run transfer ledger=nowhere from=alice to=bob amount=3
	contains "$stderr" "cannot open the ledger 'nowhere'"
	same "$(wc -l <books/journal)" 2
}
