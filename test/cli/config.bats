#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# config.yaml: each setting does what wf-config(5) says.

load cli

config() {
	mkdir -p -m 700 .wf
	printf '%s\n' "$@" >.wf/config.yaml
}

@test "jobs: how many steps run at once, where -j does not say" {
	config 'jobs: 1'
	expect 0 wf run "$CLI:workers"
	same "$output" 1
	expect 0 wf run "$CLI:workers" -j 2
	same "$output" 2
}

@test "segment: when a history begins another file" {
	config 'segment: 4K'
	expect 0 wf run "$CLI:counts" n=100 --id small --quiet
	[ "$(find .wf/closed/small/history -name '*.jsonl' | wc -l)" -gt 3 ]
	expect 0 wf fsck
	rm .wf/config.yaml
	expect 0 wf run "$CLI:counts" n=100 --id large --quiet
	same "$(ls .wf/closed/large/history)" 000001.jsonl
}

@test "max_result: a larger outcome is refused" {
	config 'max_result: 1K'
	expect 0 wf run "$CLI:same" "text=$(printf '%0900d' 0)"
	expect 1 wf run "$CLI:same" "text=$(printf '%02000d' 0)"
	contains "$stderr" "1024"
}

@test "author: of the commits, also of the first" {
	config 'author: {name: Nightly Job, email: ops@example.org}'
	expect 0 wf run "$CLI:same" --id r
	same "$(git -C .wf log --all --format='%cn <%ce>' | sort -u)" "Nightly Job <ops@example.org>"
	git_clean
}

@test "keep_refs: closed runs beyond it have no branch of their own, and are found" {
	config 'keep_refs: 1'
	for i in {1..105}; do echo "r$i"; done >ids
	xargs -P 4 -I{} wf run "$CLI:nothing" --id {} --quiet <ids >/dev/null
	[ "$(git -C .wf for-each-ref 'refs/heads/run/*' | wc -l)" -lt 10 ]
	git -C .wf rev-parse -q --verify "$(git -C .wf for-each-ref --format="%(refname)" "refs/heads/closed/*" | head -n 1)"
	expect 0 wf fsck
	git_clean
}

@test "a setting that makes no sense: exit 2, with its line, and nothing is made" {
	config 'jobs: 2' 'jbos: 3'
	expect 2 wf run "$CLI:same"
	one_line "$stderr" "config.yaml:2: unknown setting 'jbos'"
	[ ! -e .wf/open ] || same "$(ls .wf/open)" ""
}
