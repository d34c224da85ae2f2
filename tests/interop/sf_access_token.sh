#!/usr/bin/env bash
# The real Salesforce CLI takes over a token of ours: `sf-jwt exec -- sf org login access-token`.
. "$(dirname "$0")/common.sh"
salesforce_cli
PATH=$(dirname "$bin"):$PATH
export SF_JWT_STATE_DIR=$work/state
# in its container mode the CLI prints words before the JSON
unset SF_CONTAINER_MODE

cat > "$work/job" <<'JOB'
set -eu
sf-jwt exec -o acme -- sh -c \
    'sf org login access-token --instance-url "$SF_ORG_INSTANCE_URL" --no-prompt --alias taken-over --json' > "$HOME/login.json"
grep -q '"status": 0' "$HOME/login.json"
grep -q 'integration@acme.example' "$HOME/login.json"
sf org list limits --target-org taken-over --json > "$HOME/limits.json"
grep -q '"name": "DailyApiRequests"' "$HOME/limits.json"
JOB
check "the Salesforce CLI works with our token" "$bin" emulator -- sh "$work/job"
[ "$failed" = 0 ] || cat "$HOME"/*.json
