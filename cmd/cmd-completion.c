/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"

#include <string.h>

/* bash takes words apart at = and :, and puts back only the last part: the line is split anew, and
 * what is offered is cut to it. */
static const char bash[] =
	"# wf(1) completion for bash: eval \"$(wf completion bash)\"\n"
	"_wf_complete() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} piece=${COMP_WORDS[COMP_CWORD]} word cut\n"
	"\tlocal -a words\n"
	"\tread -ra words <<<\"$line\"\n"
	"\tcase $line in *[[:space:]]) words+=('') ;; esac\n"
	"\tcase $piece in = | :) piece= ;; esac\n"
	"\tword=${words[${#words[@]} - 1]}\n"
	"\tcut=${word%\"$piece\"}\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS= read -r word; do\n"
	"\t\tcase $word in\n"
	"\t\t:files)\n"
	"\t\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"${piece#@}\")\n"
	"\t\t\t;;\n"
	"\t\t:folders)\n"
	"\t\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$piece\")\n"
	"\t\t\t;;\n"
	"\t\t*)\n"
	"\t\t\tword=${word%%$'\\t'*}\n"
	"\t\t\tCOMPREPLY+=(\"${word#\"$cut\"}\")\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\tdone < <(\"${words[0]}\" complete-words -- \"${words[@]:1}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _wf_complete wf\n";

static const char zsh[] =
	"#compdef wf\n"
	"# wf(1) completion for zsh: eval \"$(wf completion zsh)\" after compinit\n"
	"_wf() {\n"
	"\tlocal line name\n"
	"\tlocal -a offered\n"
	"\tlocal files= folders=\n"
	"\tlocal -i ret=1\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tcase $line in\n"
	"\t\t:files) files=1 ;;\n"
	"\t\t:folders) folders=1 ;;\n"
	"\t\t*)\n"
	"\t\t\tname=${line%%$'\\t'*}\n"
	"\t\t\tcase $line in\n"
	"\t\t\t*$'\\t'*) offered+=(\"${name//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
	"\t\t\t*) offered+=(\"${name//:/\\\\:}\") ;;\n"
	"\t\t\tesac\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\tdone < <(\"${words[1]}\" complete-words -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
	"\t(( $#offered )) && _describe wf offered && ret=0\n"
	"\t[[ -n $folders ]] && _files -/ && ret=0\n"
	"\t[[ -n $files ]] && _files && ret=0\n"
	"\treturn ret\n"
	"}\n"
	"if [[ $funcstack[1] = _wf ]]; then\n"
	"\t_wf \"$@\"\n"
	"else\n"
	"\tcompdef _wf wf\n"
	"fi\n";

static int completion(struct cli *cli, const void *values)
{
	const char *shell = cli->args[0];

	(void)values;
	if (!strcmp(shell, "bash"))
		out_text(bash, sizeof bash - 1);
	else if (!strcmp(shell, "zsh"))
		out_text(zsh, sizeof zsh - 1);
	else
		return complain_usage("there is no completion for '%s'; there is for bash and zsh",
				      shell);
	return EXIT_COMPLETED;
}

const struct cmd cmd_completion = {
	.name = "completion",
	.summary = "print what a shell needs to complete wf's words",
	.arguments = "bash|zsh",
	.details =
		"For ~/.bashrc: eval \"$(wf completion bash)\". For ~/.zshrc, after compinit: eval \"$(wf completion zsh)\".",
	.least = 1,
	.most = 1,
	.first = WORDS_SHELL,
	.run = completion,
};
