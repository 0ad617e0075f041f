/* SPDX-License-Identifier: MIT */
/* JSON text is whole, or there is none. */
#include "model/dump.h"
#include "oom.h"
#include "tap.h"

#define WANT \
	"{\"do\":\"flush\",\"ask\":7,\"list\":[1,{\"a\":null}],\"text\":\"a long text, so that the buffer must grow\"}"

int main(void)
{
	json_t *value = json_loads(WANT, 0, NULL);
	char *text = dump_json(value, JSON_COMPACT);
	int none = 0, wrong = 0;

	is_str(text, WANT, "as it was");
	free(text);
	for (long n = 0; n < 40; n++) {
		oom_once(n);
		text = dump_json(value, JSON_COMPACT);
		oom_off();
		none += !text;
		wrong += text && strcmp(text, WANT) != 0;
		free(text);
	}
	if (oom_works())
		ok(none > 3, "%d allocations fail it", none);
	is_int(wrong, 0, "promise 1: memory that runs out for a moment leaves nothing out");
	ok(!dump_json(NULL, 0), "no value, no text");
	json_decref(value);
	return done_testing();
}
