// SPDX-License-Identifier: MIT
// The same work for every peer: sequential steps, a fan-out, short runs one by one and 16 at a time.
// run: {seq(n), fan(n)} each starting one workflow and waiting for its result. Prints "NAME FIGURE UNIT" lines.
const seconds = async (work) => {
	const begin = process.hrtime.bigint();
	await work();
	return Number(process.hrtime.bigint() - begin) / 1e9;
};

export const measure = async (peer, run) => {
	const steps = Number(process.env.STEPS || 1000);
	const runs = Number(process.env.SHORT_RUNS || 100);
	await run.seq(10);
	const say = (what, figure, unit) => console.log(`${peer}|${what}|${figure.toFixed(0)}|${unit}`);
	say("sequential steps", steps / (await seconds(() => run.seq(steps))), "steps/s");
	say("fan-out", steps / (await seconds(() => run.fan(steps))), "steps/s");
	say("short runs, one by one", runs / (await seconds(async () => {
		for (let i = 0; i < runs; i++) await run.seq(3);
	})), "runs/s");
	say("short runs, 16 at a time", runs / (await seconds(async () => {
		let next = 0;
		await Promise.all(Array.from({ length: 16 }, async () => {
			while (next++ < runs) await run.seq(3);
		}));
	})), "runs/s");
};
