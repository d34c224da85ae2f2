#!/bin/sh
# The real Salesforce CLI takes over a token of ours: `sf-jwt exec -- sf org login access-token`.
# Needs the Salesforce CLI and its Node in the path (npm i node@22 @salesforce/cli), and sf-jwt.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME="$folder" SF_JWT_STATE_DIR="$folder/state"
export SF_DISABLE_TELEMETRY=true SF_AUTOUPDATE_DISABLE=true SF_USE_GENERIC_UNIX_KEYCHAIN=true

cat > "$folder/job" <<'JOB'
set -eu
sf-jwt exec -o acme -- sh -c \
    'sf org login access-token --instance-url "$SF_ORG_INSTANCE_URL" --no-prompt --alias taken-over --json' > "$HOME/login.json"
grep -q '"status": 0' "$HOME/login.json"
grep -q 'integration@acme.example' "$HOME/login.json"
sf org list limits --target-org taken-over --json > "$HOME/limits.json"
grep -q '"name": "DailyApiRequests"' "$HOME/limits.json"
JOB
if ! sf-jwt emulator -- sh "$folder/job"; then
    cat "$folder"/*.json
    exit 1
fi
echo "ok: the Salesforce CLI works with our token"
