// SPDX-License-Identifier: MIT
import { DBOS } from "@dbos-inc/dbos-sdk";
import { measure } from "./work.mjs";

DBOS.setConfig({ name: "bench", systemDatabaseUrl: process.argv[2], runAdminServer: false, logLevel: "error" });
const seq = DBOS.registerWorkflow(async (n) => {
	for (let i = 0; i < n; i++) await DBOS.runStep(async () => null, { name: `s${i}` });
	return n;
}, { name: "seq" });
const fan = DBOS.registerWorkflow(async (n) => {
	await Promise.allSettled(Array.from({ length: n }, (_, i) => DBOS.runStep(async () => null, { name: `s${i}` })));
	return n;
}, { name: "fan" });
await DBOS.launch();
await measure("DBOS on PostgreSQL", { seq: (n) => seq(n), fan: (n) => fan(n) });
await DBOS.shutdown();
process.exit(0);
