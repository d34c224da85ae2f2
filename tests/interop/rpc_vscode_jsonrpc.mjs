import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import rpc from "vscode-jsonrpc/node.js";

const server = spawn(process.env.SF_JWT, ["serve", "--stdio"], { stdio: ["pipe", "pipe", "pipe"] });
let stderr = "";
server.stderr.on("data", (data) => (stderr += data));
const ended = new Promise((resolve) => server.on("close", resolve));
const connection = rpc.createMessageConnection(
  new rpc.StreamMessageReader(server.stdout),
  new rpc.StreamMessageWriter(server.stdin),
);
connection.listen();
const failure = (call) => call.then(() => assert.fail("it was answered"), (error) => error);

const about = await connection.sendRequest("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
assert.deepEqual(about.protocolVersions, [1]);
await connection.sendNotification("initialized", {});

const token = await connection.sendRequest("token", { org: "acme" });
assert.ok(token.accessToken.startsWith("00D"));

const heard = [];
connection.onProgress(new rpc.ProgressType(), "verify", (value) => heard.push(value.kind));
const report = await connection.sendRequest("verify-connection", { org: "acme", progressToken: "verify" });
assert.equal(report.ok, true);
assert.deepEqual(heard, ["begin", ...report.checks.map(() => "report"), "end"]);

// by position
const page = await connection.sendRequest("install-url", "acme.lightning.force.com", "0Ci5e000000bn6b");
assert.equal(page.host, "acme.my.salesforce.com");

const unknown = await failure(connection.sendRequest("token", { org: "nowhere" }));
assert.equal(unknown.code, 1010);
assert.equal(unknown.data.reason, "unknown-org");

const source = new rpc.CancellationTokenSource();
const cancelled = failure(connection.sendRequest("token", { org: "acme", fresh: true }, source.token));
source.cancel();
assert.equal((await cancelled).code, -32800);

const targets = Array.from({ length: 500 }, (_, n) => `org${n}.my.salesforce.com`);
const pages = await Promise.all(
  targets.map((target) => connection.sendRequest("install-url", { target, appId: "0Ci5e000000bn6b" })),
);
assert.deepEqual(pages.map((p) => p.host), targets);

assert.equal(await connection.sendRequest("shutdown"), null);
await connection.sendNotification("exit");
assert.equal(await ended, 0);
assert.equal(stderr, "");
console.log("vscode-jsonrpc: ok");
process.exit(0);
