#!/usr/bin/env bash
# The OpenRPC project's own validator accepts what `rpc.discover` answers with.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save @open-rpc/schema-utils-js@2 >/dev/null
echo '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}' | "$1" serve >answer.json
cat >validate.cjs <<'JS'
const { validateOpenRPCDocument } = require("@open-rpc/schema-utils-js");
const document = require("./answer.json").result;
const valid = validateOpenRPCDocument(document);
if (valid !== true) {
  console.error(valid.message ?? valid);
  process.exit(1);
}
console.log(`openrpc: ok, ${document.methods.length} methods`);
JS
node validate.cjs
