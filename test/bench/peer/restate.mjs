// SPDX-License-Identifier: MIT
// restate.mjs ADMIN-URL INGRESS-URL PORT: serves, registers itself with the server, and works through the ingress.
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";
import { hold, work } from "./work.mjs";

const [admin, ingress, port] = process.argv.slice(2);
const some = async (ctx, n) => {
	for (let i = 0; i < n; i++) await ctx.run(`s${i}`, async () => null);
	return n;
};
const service = restate.service({
	name: "bench",
	handlers: {
		seq: some,
		fan: async (ctx, n) => {
			await restate.RestatePromise.all(Array.from({ length: n }, (_, i) => ctx.run(`s${i}`, async () => null)));
			return n;
		},
		held: async (ctx, n) => {
			await some(ctx, n);
			await ctx.run("hold", hold);
		},
		rest: (ctx) => ctx.sleep(24 * 3600 * 1000),
	},
});
const server = http2.createServer(restate.createEndpointHandler({ services: [service] }));
await new Promise((done) => server.listen(Number(port), "127.0.0.1", done));

const post = async (url, body) => {
	const answer = await fetch(url, {
		method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
	});
	if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
	return answer.json();
};
if (process.env.MODE !== "again") await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${port}` });
await work("Restate", {
	seq: (n) => post(`${ingress}/bench/seq`, n),
	fan: (n) => post(`${ingress}/bench/fan`, n),
	hold: (n) => post(`${ingress}/bench/held`, n),
	rest: async (n) => {
		for (let i = 0; i < n; i++) await post(`${ingress}/bench/rest/send`, null);
	},
});
process.exit(0);
