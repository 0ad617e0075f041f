// SPDX-License-Identifier: MIT
// The same work for every peer. run: {seq(n), fan(n)} each starting one workflow and waiting for its result; hold(n) too,
// whose last step does hold(); rest(n) starts n workflows that sleep for a day, and returns when all do.
// MODE in the environment says what to do: "rates" (prints "NAME|WHAT|FIGURE|UNIT" lines), "bytes" (STEPS sequential
// steps), "hold" (HOLD_STEPS steps and one that can be killed), "again" (nothing but what is left over), "rest".
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const steps = Number(process.env.STEPS || 1000);
const runs = Number(process.env.SHORT_RUNS || 100);
const mark = process.env.MARK;

const seconds = async (work) => {
	const begin = process.hrtime.bigint();
	await work();
	return Number(process.hrtime.bigint() - begin) / 1e9;
};

export const forever = () => new Promise(() => setInterval(() => {}, 1 << 30));

// The first time it makes the file and stays; the next time it writes into it when that was, in nanoseconds.
export const hold = async () => {
	if (!existsSync(mark)) {
		writeFileSync(mark, "");
		await forever();
	}
	if (readFileSync(mark, "utf8") === "") writeFileSync(mark, `${Date.now()}000000\n`);
	return null;
};

const rates = async (peer, run) => {
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

export const work = async (peer, run) => {
	const modes = {
		rates: () => rates(peer, run),
		bytes: () => run.seq(steps),
		hold: () => run.hold(Number(process.env.HOLD_STEPS || 10000)),
		again: forever,
		rest: async () => {
			await run.rest(1000);
			writeFileSync(mark, "");
			await forever();
		},
	};
	await modes[process.env.MODE || "rates"]();
};
