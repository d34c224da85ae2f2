#!/usr/bin/env bash
# A key in a SoftHSM2 token signs through PKCS#11 and gives a token; the key is in no file.
# Debian: softhsm2 opensc. Usage: bash tests/interop/softhsm.sh PATH_TO_BINARY
set -eu -o pipefail
binary=$(realpath "$1")
signer=$(realpath "$(dirname "$0")/../../examples/signers/pkcs11.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
module=$(find /usr/lib -name libsofthsm2.so | head -1)
mkdir tokens
echo "directories.tokendir = $folder/tokens" > softhsm2.conf
export SOFTHSM2_CONF="$folder/softhsm2.conf" PKCS11_PIN=1234 HOME="$folder"
softhsm2-util --init-token --free --label sf-jwt --pin 1234 --so-pin 4321 > /dev/null

cat > job <<JOB
set -eu
softhsm2-util --import emulator.key --token sf-jwt --label acme --id 01 --pin 1234 > /dev/null
rm emulator.key
token() { "$binary" token --config orgs.toml -o acme --no-cache --json "\$@"; }
token --key "signer:sh $signer $module sf-jwt 01" | grep -q '"accessToken"'
echo "ok: a token from a key in an HSM"
if PKCS11_PIN=0000 token --key "signer:sh $signer $module sf-jwt 01" > refused; then exit 1; fi
grep -q '"signer-failed"' refused
echo "ok: a wrong PIN is told"
softhsm2-util --init-token --free --label other --pin 1234 --so-pin 4321 > /dev/null
pkcs11-tool --module "$module" --token-label other --login --pin 1234 --keypairgen --key-type rsa:2048 --id 02 > /dev/null 2>&1
if token --key "signer:sh $signer $module other 02" > refused; then exit 1; fi
grep -q '"certificate-mismatch"' refused
echo "ok: another key is caught by the certificate before Salesforce is asked"
JOB
"$binary" emulator --out . -- bash job
