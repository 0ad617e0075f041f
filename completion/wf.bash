# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Installed as bash-completion's "wf": the words come from wf itself.
eval "$(wf completion bash 2>/dev/null)"
