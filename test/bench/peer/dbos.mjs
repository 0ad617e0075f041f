// SPDX-License-Identifier: MIT
import { DBOS } from "@dbos-inc/dbos-sdk";
import { hold, work } from "./work.mjs";

DBOS.setConfig({ name: "bench", systemDatabaseUrl: process.argv[2], runAdminServer: false, logLevel: "error" });
const some = async (n) => {
	for (let i = 0; i < n; i++) await DBOS.runStep(async () => null, { name: `s${i}` });
	return n;
};
const seq = DBOS.registerWorkflow(some, { name: "seq" });
const fan = DBOS.registerWorkflow(async (n) => {
	await Promise.allSettled(Array.from({ length: n }, (_, i) => DBOS.runStep(async () => null, { name: `s${i}` })));
	return n;
}, { name: "fan" });
const held = DBOS.registerWorkflow(async (n) => {
	await some(n);
	await DBOS.runStep(hold, { name: "hold" });
}, { name: "held" });
const rest = DBOS.registerWorkflow(() => DBOS.sleep(24 * 3600 * 1000), { name: "rest" });
await DBOS.launch();
await work("DBOS on PostgreSQL", {
	seq: (n) => seq(n),
	fan: (n) => fan(n),
	hold: (n) => held(n),
	rest: async (n) => {
		for (let i = 0; i < n; i++) await DBOS.startWorkflow(rest)();
	},
});
await DBOS.shutdown();
process.exit(0);
