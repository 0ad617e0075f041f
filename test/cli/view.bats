#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What wf run shows: lines in a pipe, a live tree on a terminal.

load cli

@test "in a pipe: one line a step, and no escape sequences" {
	expect 0 env TERM=xterm wf run "$CLI:counts" n=5 --id a
	same "$(grep -c '^echo: completed' <<<"$stderr")" 5
	lacks "$stderr" $'\033'
	same "$(head -n 1 <<<"$stderr")" "a: started"
	same "$(tail -n 1 <<<"$stderr")" "a: completed"
}

@test "a retry and what comes of it are told" {
	expect 0 wf run "$CLI:talks" fails=1
	contains "$stderr" "talk: attempt 1 failed: attempt 1 would not; again in 1 ms"
	contains "$stderr" "talk: completed (attempt 2"
	contains "$stderr" "log: about to talk"
}

@test "a line is there as soon as its step is done" {
	# shellcheck disable=SC2016
	wf run "$CLI:shells" "command=true;" --id a >/dev/null 2>first
	grep -q "shell: completed" first
	start_held h
	until_true 5 grep -q "h: started" held.err
	touch go
	wait "$DRIVER"
}

teardown() {
	[ ! -S "$SCRATCH/tmux" ] || tmux -S "$SCRATCH/tmux" kill-server
	scratch_teardown
}

start_tmux() {
	command -v tmux >/dev/null || skip "no tmux"
	TMUX_SOCKET=$SCRATCH/tmux
	tmux -S "$TMUX_SOCKET" -f /dev/null new-session -d -x "$1" -y "$2" \
		"env -u NO_COLOR TERM=screen PATH='$PATH' bash --norc --noprofile"
	until_true 10 eval 'screen | grep -q "[$#]"'
}

screen() {
	tmux -S "$TMUX_SOCKET" capture-pane -p
}

type_line() {
	tmux -S "$TMUX_SOCKET" send-keys -l "$1"
	tmux -S "$TMUX_SOCKET" send-keys Enter
}

@test "on a terminal: a tree that is redrawn in place" {
	start_tmux 80 24
	type_line "clear; wf run $CLI:holds --id h until=$PWD/go begun=$PWD/begun"
	until_true 10 test -s begun
	until_true 10 eval 'screen | grep -q "hold  *[1-9][0-9]* ms\|hold  *[0-9.]* s"'
	same "$(screen | grep -c '^h  running')" 1
	touch go
	until_true 10 eval 'screen | grep -q "^h  completed"'
	same "$(screen | grep -c '^h  ')" 1
	same "$(screen | grep -c 'hold  ')" 1
	same "$(screen | grep -c '^true')" 1
}

@test "a tree larger than the terminal stays in its bounds" {
	start_tmux 40 10
	type_line "clear; wf run $CLI:counts n=300 --id many; touch over"
	until_true 20 test -e over
	until_true 10 eval 'screen | grep -q "^300"'
	contains "$(screen)" "before"
	same "$(tmux -S "$TMUX_SOCKET" capture-pane -p -S - | grep -c '^many  ')" 1
}

@test "a terminal that is resized is not littered" {
	start_tmux 100 20
	type_line "clear; wf run $CLI:holds --id resized-run until=$PWD/go begun=$PWD/begun"
	until_true 10 eval 'screen | grep -q "^resized-run  running"'
	tmux -S "$TMUX_SOCKET" resize-window -x 30 -y 12
	until_true 10 eval '[ "$(screen | grep -c "resized-run  run")" = 1 ]'
	touch go
	until_true 10 eval 'screen | grep -q "^true"'
	same "$(screen | grep -c '^resized-run')" 1
}
