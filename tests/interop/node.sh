#!/usr/bin/env bash
# jsforce, jsonwebtoken and jose as clients of the emulator.
. "$(dirname "$0")/common.sh"
node22
npm_install jsforce-3.10.26 jsforce@3.10.26 jsonwebtoken@9.0.3 jose@6.2.4
start_emulator
cp "$(dirname "$0")/node.mjs" "$cache/jsforce-3.10.26/node.mjs" # where its imports are found
READY=$work/ready KEY=$(key) node "$cache/jsforce-3.10.26/node.mjs" || failed=1
