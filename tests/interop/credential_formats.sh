#!/usr/bin/env bash
# botocore and kubectl read the forms that are made for them: bash tests/interop/credential_formats.sh PATH_TO_BINARY
set -euo pipefail
program=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet botocore
PATH="$(dirname "$program"):$work/venv/bin:$PATH" "$program" emulator --out "$work/emulator" -- \
    python "$here/credential_formats.py"
echo "PASS credential_formats"
