#!/usr/bin/env bash
# The orgs of the real Salesforce CLI are ours without further configuration: `sf org login jwt`, then `sf-jwt token`.
. "$(dirname "$0")/common.sh"
salesforce_cli
PATH=$(dirname "$bin"):$PATH
export SF_JWT_STATE_DIR=$work/state
unset XDG_CONFIG_HOME SF_JWT_ORG SF_TARGET_ORG SF_CONTAINER_MODE
# what the Salesforce CLI leaves behind where every user has a group of their own
umask 002

cat > "$work/job" <<'JOB'
set -eu
unset SF_JWT_CONFIG
client_id=$(sed -n 's/^client-id = "\(.*\)"$/\1/p' "$HOME/out/orgs.toml" | head -n 1)
sf org login jwt --client-id "$client_id" --jwt-key-file "$HOME/out/emulator.key" --alias taken-over --set-default \
    --username integration@acme.example --instance-url "$SF_JWT_EMULATOR_URL" --json > "$HOME/login.json"
is_token() { grep -q '^00D[A-Za-z0-9]*!'; }

sf-jwt token -o taken-over | is_token                   # by alias
sf-jwt token -o integration@acme.example | is_token     # by username
sf-jwt token | is_token                                 # the target org
sf-jwt orgs list --json | grep -q '"name":"taken-over".*"source":"salesforce-cli"'

mkdir "$HOME/project" && cd "$HOME/project" && echo '{}' > sfdx-project.json
sf config set target-org taken-over --json > "$HOME/config.json"
sf config unset target-org --global --json >> "$HOME/config.json"
if sf-jwt token 2> /dev/null; then echo 'the project chose the org unasked'; exit 1; fi
sf-jwt token --project-org 2> "$HOME/note" | is_token
grep -q 'project/.sf/config.json' "$HOME/note"          # and that is said

sf-jwt orgs import | grep -q taken-over
grep -q '^key = "file:.*emulator.key"$' "$HOME/.config/sf-jwt/orgs.toml"
sf-jwt orgs list --json | grep -q '"name":"taken-over".*"source":"config"'
sf-jwt token -o taken-over --fresh | is_token
JOB
check "orgs of the Salesforce CLI log in here" "$bin" emulator --out "$HOME/out" -- sh "$work/job"
[ "$failed" = 0 ] || cat "$HOME"/*.json
