#!/usr/bin/env bash
# Keys and passphrases in a real GNOME Keyring (Secret Service) and in the kernel's keyring give a token, and where there is
# none the error says so. Debian: gnome-keyring libsecret-tools dbus keyutils.
# Usage: bash tests/interop/keychain.sh PATH_TO_BINARY
set -eu -o pipefail
binary=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export HOME="$folder" XDG_DATA_HOME="$folder/data" XDG_RUNTIME_DIR="$folder/run"
mkdir -m 700 run data
cat > job <<JOB
set -eu
token() { "$binary" token --config orgs.toml -o acme --no-cache --json "\$@"; }
printf 'unlock' | gnome-keyring-daemon --unlock --components=secrets > /dev/null
secret-tool store --label='sf-jwt test' service sf-jwt username acme < emulator.key
token --key keychain:sf-jwt/acme | grep -q '"accessToken"'
echo "ok: a key in the Secret Service"
openssl pkcs8 -topk8 -in emulator.key -passout pass:secret -out locked.key
printf 'secret' | secret-tool store --label='sf-jwt test' service sf-jwt/pass username acme
token --key locked.key --passphrase keychain:sf-jwt/pass/acme | grep -q '"accessToken"'
echo "ok: a passphrase in the Secret Service"
if token --key keychain:sf-jwt/nobody > refused; then exit 1; fi
grep -q '"not-found"' refused
echo "ok: an entry that is not there is told"
JOB
"$binary" emulator --out . -- dbus-run-session -- bash job

cat > without <<JOB
set -eu
token() { "$binary" token --config orgs.toml -o acme --no-cache --json "\$@"; }
unset DBUS_SESSION_BUS_ADDRESS
if keyctl padd user keyring:acme@sf-jwt @s < emulator.key > /dev/null 2>&1; then
    token --key keychain:sf-jwt/acme | grep -q '"accessToken"'
    echo "ok: a key in the kernel's keyring"
else
    echo "left out: this container has no kernel keyring"
fi
if token --key keychain:sf-jwt/nobody > refused; then exit 1; fi
grep -qE '"(keychain-failed|not-found)"' refused
echo "ok: without a desktop the error says so"
JOB
keyctl session - "$binary" emulator --out . -- bash without 2>&1 | grep -v '^Joined' || "$binary" emulator --out . -- bash without
