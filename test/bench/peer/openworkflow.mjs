// SPDX-License-Identifier: MIT
import { OpenWorkflow } from "openworkflow";
import { BackendSqlite } from "openworkflow/sqlite";
import { measure } from "./work.mjs";

const backend = BackendSqlite.connect(process.argv[2]);
const ow = new OpenWorkflow({ backend });
const seq = ow.defineWorkflow({ name: "seq" }, async ({ input, step }) => {
	for (let i = 0; i < input.n; i++) await step.run({ name: `s${i}` }, async () => null);
	return input.n;
});
const fan = ow.defineWorkflow({ name: "fan" }, async ({ input, step }) => {
	await Promise.all(Array.from({ length: input.n }, (_, i) => step.run({ name: `s${i}` }, async () => null)));
	return input.n;
});
const worker = ow.newWorker({ concurrency: 16 });
await worker.start();
await measure("OpenWorkflow", {
	seq: async (n) => (await seq.run({ n })).result(),
	fan: async (n) => (await fan.run({ n })).result(),
});
await worker.stop();
await backend.stop();
process.exit(0);
