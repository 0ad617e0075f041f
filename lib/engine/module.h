/* SPDX-License-Identifier: MIT */
/*
 * Modules: found by name, compiled when they are C, loaded and validated.
 *
 * Loading runs the module's constructors; nothing else of it runs. Loaded with
 * RTLD_NOW | RTLD_LOCAL and never closed.
 */
#ifndef WF_ENGINE_MODULE_H
#define WF_ENGINE_MODULE_H

#include "../model/module.h"

struct err;
struct state;

/*
 * Split and find what the user named: NAME, FILE.so, FILE.c, FILE:NAME. NAME is looked up as NAME.so, then NAME.c, in each
 * folder of $WF_PATH, in ./workflows, and in the installed folder; and as NAME inside the modules found there? no: a file per name.
 * ret_file: new path of a .so or .c; ret_workflow: new, the name after ':' or NULL (then: the module's only workflow, or the
 * one named like the file). ERR_NOT_FOUND lists where it looked.
 */
int module_locate(const char *named, char **ret_file, char **ret_workflow, struct err *err);
/* Compile FILE.c into the state's cache unless it is there already (keyed by the preprocessed source, the compiler and its flags).
 * ret_so new. ERR_USAGE with the compiler's first error line; the whole output goes to stderr_fd. */
int module_compile(struct state *state, const char *c_file, char **ret_so, struct err *err);
/* dlopen and validate: not a shared object, wrong architecture, no descriptor, wrong magic, too new, missing or duplicate names:
 * each its own message, ERR_MODULE. ret_module new. */
int module_load(const char *path, struct module **ret_module, struct err *err);
void module_free(struct module *module);

#endif
