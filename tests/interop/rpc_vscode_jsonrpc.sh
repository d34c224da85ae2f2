#!/usr/bin/env bash
# Microsoft's vscode-jsonrpc, which every VS Code language client is built on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/rpc_vscode_jsonrpc.mjs" "$folder/"
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save vscode-jsonrpc@8 >/dev/null)
"$1" emulator --latency 100 -- env SF_JWT="$1" node "$folder/rpc_vscode_jsonrpc.mjs"
