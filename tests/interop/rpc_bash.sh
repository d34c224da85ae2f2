#!/usr/bin/env bash
# Plain bash with jq; also the one-shot `call` and the example client.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
command -v jq >/dev/null || { apt-get update -qq && apt-get install -y -qq jq >/dev/null; }
if [ -z "${SF_JWT_EMULATOR_URL:-}" ]; then
  exec "$1" emulator --latency 100 -- env SF_JWT="$1" bash "$here/rpc_bash.sh" "$1"
fi
sf_jwt=$1

ask() { # METHOD PARAMS
  jq -cn --arg method "$1" --argjson params "$2" '{jsonrpc: "2.0", id: 1, $method, $params}' | "$sf_jwt" serve
}

ask token '{"org":"acme"}' | jq -e '.result.accessToken | startswith("00D")' >/dev/null
ask verify-connection '{"org":"acme","progressToken":"p"}' |
  jq -se '.[0].params.value.kind == "begin" and .[-2].params.value.kind == "end" and .[-1].result.ok' >/dev/null
ask install-url '{"target":"acme.lightning.force.com","appId":"0Ci5e000000bn6b"}' |
  jq -e '.result.host == "acme.my.salesforce.com"' >/dev/null
ask token '{"org":"nowhere"}' | jq -e '.error.code == 1010 and .error.data.reason == "unknown-org"' >/dev/null

# a cancel on the heels of its call
{
  echo '{"jsonrpc":"2.0","id":"c","method":"token","params":{"org":"acme","fresh":true}}'
  echo '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"c"}}'
  echo '{"jsonrpc":"2.0","id":2,"method":"shutdown"}'
} | "$sf_jwt" serve | jq -se 'map({key: (.id | tostring), value: .}) | from_entries | .c.error.code == -32800 and .["2"].result == null' >/dev/null

# a burst
for n in $(seq 500); do
  printf '{"jsonrpc":"2.0","id":%d,"method":"install-url","params":{"target":"org%d.my.salesforce.com","appId":"0Ci5e000000bn6b"}}\n' "$n" "$n"
done | "$sf_jwt" serve | jq -se 'length == 500 and all(.result.host == "org\(.id).my.salesforce.com")' >/dev/null

# no end of the last line, and nobody who reads
printf '{"jsonrpc":"2.0","id":1,"method":"ping"}' | "$sf_jwt" serve | jq -e '.result == {}' >/dev/null
yes '{"jsonrpc":"2.0","id":1,"method":"ping"}' | timeout 20 "$sf_jwt" serve | head -n 1 >/dev/null || [ "${PIPESTATUS[1]}" = 0 ]

# one call without a server
[ "$("$sf_jwt" call token '{"org":"acme"}' | jq -r .username)" = integration@acme.example ]
echo '{"org":"acme"}' | "$sf_jwt" call token - | jq -e .cached >/dev/null
code=0; "$sf_jwt" call token '{"org":"nowhere"}' >/dev/null || code=$?
[ "$code" = 10 ]

bash "$here/../../examples/clients/bash.sh" acme | grep -q '^a token for integration@acme.example'
code=0; timeout 20 bash "$here/../../examples/clients/bash.sh" 2>/dev/null || code=$?
[ "$code" = 2 ]
echo "bash: ok"
