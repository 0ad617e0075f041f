#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "hello: greets, by name" {
	expect 0 wf run hello
	same "$output" '{"greeting":"Hello, world!","length":13}'
	expect 0 wf run hello name=Ada
	same "$(json .greeting "$output")" 'Hello, Ada!'
}

@test "hello: a wrong input is named" {
	expect 1 wf run hello name=5
	contains "$stderr" "name must be a string"
}
