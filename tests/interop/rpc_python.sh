#!/usr/bin/env bash
# A Python client with nothing but the standard library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$1" emulator --latency 100 -- env SF_JWT="$1" PYTHONPATH="$here/../../examples/clients" python3 "$here/rpc_python.py"
SF_JWT="$1" "$1" emulator -- python3 "$here/../../examples/clients/sf_jwt.py" acme
