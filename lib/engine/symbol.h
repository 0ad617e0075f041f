/* SPDX-License-Identifier: MIT */
/* Addresses in a loaded module as functions and lines. */
#ifndef WF_ENGINE_SYMBOL_H
#define WF_ENGINE_SYMBOL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For each of n offsets into the module an array of {"function","file","line"}, innermost (inlined)
 * first, as far as is known: by addr2line(1) where it is installed, else the function by the
 * module's own symbols. A new array of n arrays; NULL: no memory.
 */
json_t *symbols_of(const char *path, const uint64_t *offsets, size_t n);

#endif
