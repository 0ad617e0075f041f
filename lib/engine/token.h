/* SPDX-License-Identifier: MIT */
/*
 * Tokens: by which somebody outside completes an attempt, <run>/<cmd>/<nonce>.
 * The nonce is a digest of the run's seed, the command and the attempt: so it
 * needs no memory, cannot be guessed, and an earlier attempt's is not valid.
 */
#ifndef WF_ENGINE_TOKEN_H
#define WF_ENGINE_TOKEN_H

#include <stdint.h>

#define TOKEN_NONCE 17 /* 16 hexadecimal digits and a NUL */

void token_nonce(const uint8_t seed[32], uint64_t cmd, int attempt, char ret[TOKEN_NONCE]);
/* New; NULL: no memory. */
char *token_text(const char *run_id, uint64_t cmd, const char *nonce);
/* 0 and new *ret_run_id, or -1 when text is no token. */
int token_parse(const char *text, char **ret_run_id, uint64_t *ret_cmd, char ret[TOKEN_NONCE]);

#endif
