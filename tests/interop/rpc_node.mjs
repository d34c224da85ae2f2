// Drives the server as an editor would: token, verify with progress, install-url, an error, a cancel, a burst.
import assert from "node:assert/strict";
import { SfJwt } from "../../examples/clients/node.mjs";

const heard = [];
const client = new SfJwt([], (params) => heard.push(params.value));
const failure = (call) => call.then(() => assert.fail("it was answered"), (error) => error);

const token = await client.call("token", { org: "acme" });
assert.ok(token.accessToken.startsWith("00D"));

const report = await client.call("verify-connection", { org: "acme", progressToken: 7 });
assert.equal(report.ok, true);
assert.deepEqual(heard.map((v) => v.kind), ["begin", ...report.checks.map(() => "report"), "end"]);

const page = await client.call("install-url", { target: "acme.lightning.force.com", appId: "0Ci5e000000bn6b" });
assert.equal(page.host, "acme.my.salesforce.com");

const unknown = await failure(client.call("token", { org: "nowhere" }));
assert.deepEqual([unknown.code, unknown.data.reason], [1010, "unknown-org"]);

const abort = new AbortController();
const call = failure(client.call("token", { org: "acme", fresh: true }, abort.signal));
const begun = performance.now();
abort.abort();
assert.equal((await call).code, -32800);
assert.ok(performance.now() - begun < 100);

const targets = Array.from({ length: 500 }, (_, n) => `org${n}.my.salesforce.com`);
const pages = await Promise.all(targets.map((target) => client.call("install-url", { target, appId: "0Ci5e000000bn6b" })));
assert.deepEqual(pages.map((p) => p.host), targets);

assert.equal(await client.call("shutdown"), null);
assert.equal(await client.close(), 0);
console.log("node: ok");
