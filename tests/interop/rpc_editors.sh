#!/usr/bin/env bash
# What has to be compiled: the TypeScript types, and the VS Code extension, which is packaged too. Its client is run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/protocol" "$folder/examples"
cp "$root/protocol/openrpc.json" "$folder/protocol/"
tar -C "$root" --exclude=node_modules --exclude=out --exclude='*.vsix' -c protocol/typescript examples/vscode | tar -C "$folder" -x
(cd "$folder/protocol/typescript" && npm install --silent --no-fund --no-audit >/dev/null && npm run -s check)
cd "$folder/examples/vscode"
npm install --silent --no-fund --no-audit >/dev/null
npm run -s package >/dev/null
test -s sf-jwt-example.vsix
cat >drive.cjs <<'JS'
const assert = require("node:assert/strict");
const { SfJwt } = require("./out/client.js");
(async () => {
  const client = new SfJwt(() => ({ path: process.env.SF_JWT, flags: ["--orgs", "configured"] }));
  const heard = [];
  assert.ok((await client.call("orgs", {})).orgs.some((org) => org.name === "acme"));
  assert.ok((await client.call("token", { org: "acme" })).accessToken);
  const report = await client.call("verify-connection", { org: "acme" }, { onProgress: (value) => heard.push(value.kind) });
  assert.ok(report.ok && heard.at(-1) === "end");
  const error = await client.call("token", { org: "nowhere" }).catch((error) => error);
  assert.equal(error.data.reason, "unknown-org");
  client.server.kill();
  await new Promise((done) => setTimeout(done, 300));
  assert.deepEqual(await client.call("ping", {}), {}, "it is started again");
  client.dispose();
  console.log("vscode extension: ok");
})();
JS
"$1" emulator -- env SF_JWT="$1" node drive.cjs
