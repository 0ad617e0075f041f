// SPDX-License-Identifier: MIT
import { OpenWorkflow } from "openworkflow";
import { BackendSqlite } from "openworkflow/sqlite";
import { hold, work } from "./work.mjs";

const backend = BackendSqlite.connect(process.argv[2]);
const ow = new OpenWorkflow({ backend });
const some = async (step, n) => {
	for (let i = 0; i < n; i++) await step.run({ name: `s${i}` }, async () => null);
	return n;
};
const seq = ow.defineWorkflow({ name: "seq" }, ({ input, step }) => some(step, input.n));
const fan = ow.defineWorkflow({ name: "fan" }, async ({ input, step }) => {
	await Promise.all(Array.from({ length: input.n }, (_, i) => step.run({ name: `s${i}` }, async () => null)));
	return input.n;
});
const held = ow.defineWorkflow({ name: "held" }, async ({ input, step }) => {
	await some(step, input.n);
	await step.run({ name: "hold" }, hold);
});
const rest = ow.defineWorkflow({ name: "rest" }, ({ step }) => step.sleep("rest", "1d"));
const worker = ow.newWorker({ concurrency: 16 });
await worker.start();
await work("OpenWorkflow", {
	seq: async (n) => (await seq.run({ n })).result(),
	fan: async (n) => (await fan.run({ n })).result(),
	hold: async (n) => (await held.run({ n })).result(),
	rest: async (n) => {
		for (let i = 0; i < n; i++) await rest.run({});
	},
});
await worker.stop();
await backend.stop();
process.exit(0);
