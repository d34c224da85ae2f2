#!/usr/bin/env bash
# The smallest client in bash, with jq.
#
#     bash bash.sh ORG             needs sf-jwt on PATH, or SF_JWT naming it
set -eu -o pipefail
[ $# = 1 ] || { echo "usage: bash.sh ORG" >&2; exit 2; }

coproc SERVER { exec "${SF_JWT:-sf-jwt}" serve; }
server=$SERVER_PID
# copies: bash hides a coprocess's own descriptors from subshells
exec {to}>&"${SERVER[1]}" {from}<&"${SERVER[0]}"
eval "exec ${SERVER[1]}>&-"
id=0

# call METHOD PARAMS-AS-JSON: the result on stdout, or the error on stderr
call() {
  id=$((id + 1))
  jq -cn --argjson id "$id" --arg method "$1" --argjson params "$2" \
    '{jsonrpc: "2.0", $id, $method, $params}' >&"$to" || return # nothing was asked, so nothing would come
  while IFS= read -r -u "$from" answer; do
    [ "$(jq --argjson id "$id" 'has("id") and .id == $id' <<<"$answer")" = true ] || continue # progress
    if jq -e 'has("error")' <<<"$answer" >/dev/null; then
      jq -r '.error | "\(.message) [\(.data.reason)]", (.data.hint // empty)' <<<"$answer" >&2
      return 1
    fi
    jq -c .result <<<"$answer"
    return
  done
  echo "sf-jwt has ended" >&2
  return 1
}

status=0
if token=$(call token "$(jq -cn --arg org "$1" '{$org}')"); then
  jq -r '"a token for \(.username) at \(.instanceUrl) until \(.expiresAt)"' <<<"$token"
else
  status=1
fi
exec {to}>&-
wait "$server"
exit "$status"
