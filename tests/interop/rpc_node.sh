#!/usr/bin/env bash
# A Node client with nothing but the standard library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$1" emulator --latency 100 -- env SF_JWT="$1" node "$here/rpc_node.mjs"
SF_JWT="$1" "$1" emulator -- node "$here/../../examples/clients/node.mjs" acme
