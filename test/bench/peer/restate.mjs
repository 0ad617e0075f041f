// SPDX-License-Identifier: MIT
// restate.mjs ADMIN-URL INGRESS-URL PORT: serves, registers itself with the server, and measures through the ingress.
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";
import { measure } from "./work.mjs";

const [admin, ingress, port] = process.argv.slice(2);
const service = restate.service({
	name: "bench",
	handlers: {
		seq: async (ctx, n) => {
			for (let i = 0; i < n; i++) await ctx.run(`s${i}`, async () => null);
			return n;
		},
		fan: async (ctx, n) => {
			await restate.RestatePromise.all(Array.from({ length: n }, (_, i) => ctx.run(`s${i}`, async () => null)));
			return n;
		},
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
await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${port}` });
await measure("Restate", {
	seq: (n) => post(`${ingress}/bench/seq`, n),
	fan: (n) => post(`${ingress}/bench/fan`, n),
});
process.exit(0);
