/* SPDX-License-Identifier: MIT */
/*
 * Modules: found by name, compiled when they are C, loaded and validated.
 *
 * What a file is, and which wf it needs, is read from its bytes first; only a
 * file that passes is given to the loader. Loading runs the module's
 * constructors; nothing else of it runs. Loaded with RTLD_NOW | RTLD_LOCAL and
 * never closed. The loader knows a file by its path: one that changes while
 * this process lives must get another path.
 */
#ifndef WF_ENGINE_MODULE_H
#define WF_ENGINE_MODULE_H

#include "../model/module.h"

struct err;
struct state;

/*
 * Split and find what the user named: NAME, FILE.so or FILE.c, each with or without ":WORKFLOW".
 * What has a '/' or ends in .so or .c is a file. A NAME is looked up as NAME.so, then NAME.c, in
 * each folder of $WF_PATH, in ./workflows, in the folder `workflows` beside this executable, and in
 * the installed folder. ret_file: new path of a .so or .c; ret_workflow: new, what followed ':', or
 * NULL. ERR_NOT_FOUND lists where it looked.
 */
int module_locate(const char *named, char **ret_file, char **ret_workflow, struct err *err);
/* Compile FILE.c into the state's cache unless it is there already (keyed by the preprocessed
 * source, the compiler and its flags). ret_so new. ERR_USAGE with the compiler's first error line.
 * All that the compiler says also goes to the standard error of the process. */
int module_compile(struct state *state, const char *c_file, char **ret_so, struct err *err);
/* Load and validate: not a shared object, wrong architecture, no descriptor, wrong magic, too new,
 * missing or duplicate names: each its own message, ERR_MODULE. ret_module new. */
int module_load(const char *path, struct module **ret_module, struct err *err);
/* The same of modules/<sha256>.so; ERR_DAMAGED, and nothing of it runs, when its bytes are others.
 */
int module_load_pinned(const char *path, const char *sha256, struct module **ret_module,
		       struct err *err);
/* The same of what path was made of: messages name that. */
int module_load_made(const char *path, const char *of, struct module **ret_module, struct err *err);
void module_free(struct module *module);
/* Which workflow is meant: the named one; for NULL the module's only one, else the one named like
 * the file (as module_locate gave it). ERR_USAGE lists those that there are. */
int module_workflow(const struct module *module, const char *file, const char *workflow,
		    int *ret_index, struct err *err);

/* The folder that this executable is in. New; NULL when it cannot be told. */
char *module_program_dir(void);

#endif
