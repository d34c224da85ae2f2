#!/usr/bin/env bash
# A key in a real ssh-agent signs and gives a token. Debian: openssh-client python3.
# Usage: bash tests/interop/ssh_agent.sh PATH_TO_BINARY
set -eu -o pipefail
binary=$(realpath "$1")
signer=$(realpath "$(dirname "$0")/../../examples/signers/ssh_agent.py")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > job <<JOB
set -eu
chmod 600 emulator.key
ssh-add -q emulator.key
fingerprint=\$(ssh-add -l | cut -d' ' -f2)
rm emulator.key
token() { "$binary" token --config orgs.toml -o acme --no-cache --json "\$@"; }
token --key "signer:python3 $signer \$fingerprint" | grep -q '"accessToken"'
echo "ok: a token from a key in an ssh-agent"
if token --key "signer:python3 $signer nobody" > refused; then exit 1; fi
grep -q 'no RSA key of that comment' refused
echo "ok: a key that the agent does not have is told"
JOB
ssh-agent "$binary" emulator --out . -- bash job
