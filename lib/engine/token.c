/* SPDX-License-Identifier: MIT */
#include "token.h"

#include "../base/hash.h"
#include "../base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void token_nonce(const uint8_t seed[32], uint64_t cmd, int attempt, char ret[TOKEN_NONCE])
{
	uint64_t data[6] = {0};
	char hex[HASH_HEX];

	memcpy(data, seed, 32);
	data[4] = cmd;
	data[5] = (uint64_t)attempt;
	hash_sha256(data, sizeof data, hex);
	memcpy(ret, hex, TOKEN_NONCE - 1);
	ret[TOKEN_NONCE - 1] = '\0';
}

char *token_text(const char *run_id, uint64_t cmd, const char *nonce)
{
	return str_format("%s/%llu/%s", run_id, (unsigned long long)cmd, nonce);
}

int token_parse(const char *text, char **ret_run_id, uint64_t *ret_cmd, char ret[TOKEN_NONCE])
{
	const char *first = strchr(text, '/'), *second = first ? strchr(first + 1, '/') : NULL;
	unsigned long long cmd;
	char *end, *run_id;

	if (!second || first == text || first[1] < '1' || first[1] > '9' ||
	    strlen(second + 1) != TOKEN_NONCE - 1 ||
	    strspn(second + 1, "0123456789abcdef") != TOKEN_NONCE - 1)
		return -1;
	errno = 0;
	cmd = strtoull(first + 1, &end, 10);
	if (end != second || errno)
		return -1;
	run_id = strndup(text, (size_t)(first - text));
	if (!run_id || str_id_problem(run_id)) {
		free(run_id);
		return -1;
	}
	memcpy(ret, second + 1, TOKEN_NONCE);
	*ret_run_id = run_id;
	*ret_cmd = cmd;
	return 0;
}
