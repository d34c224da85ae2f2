#!/usr/bin/env bash
# The shell recipe: openssl signs, curl sends.
. "$(dirname "$0")/common.sh"
start_emulator

b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
assertion() { # ORG AUD
    local head claims
    head=$(printf '{"alg":"RS256"}' | b64)
    claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","exp":%d}' "$(say "$1" client-id)" "$(say "$1" user)" "$2" $(($(date +%s) + 180)) | b64)
    printf '%s.%s.%s' "$head" "$claims" "$(printf '%s.%s' "$head" "$claims" | openssl dgst -sha256 -sign "$(key)" | b64)"
}
post() { # HOST ASSERTION
    curl -sS --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer --data-urlencode "assertion=$2" "$1/services/oauth2/token"
}

check "openssl reads the key" openssl pkey -in "$(key)" -noout
check "openssl reads the certificate, and it is the key's" diff \
    <(openssl pkey -in "$(key)" -pubout) <(openssl x509 -in "$work/kit/emulator.crt" -pubkey -noout)
mode=$(stat -c %a "$(key)" 2>/dev/null || stat -f %Lp "$(key)")
[ "$mode" = 600 ] && pass "nobody else can read the key" || fail "nobody else can read the key: $mode"

# curl resolves NAME.localhost itself
url=$(say acme url)
post "$url" "$(assertion acme "$url")" >"$work/token"
check "openssl and curl get a token at the org's My Domain" grep -q "\"instance_url\":\"$url\"" "$work/token"
post "$(say acme address)" "$(assertion acme "$url")" >"$work/token"
check "the My Domain is an audience at the org's own port, too" grep -q "\"instance_url\":\"$(say acme address)\"" "$work/token"
post "$(say - login)" "$(assertion acme "$(say - login)")" >"$work/token"
check "the login host answers with the org's own port" grep -q "\"instance_url\":\"$(say acme address)\"" "$work/token"
post "$(say globex url)" "$(assertion globex "$(say globex url)")" >"$work/token"
check "the app is not installed in globex" grep -q '"app must be installed into org"' "$work/token"
install globex
post "$(say globex url)" "$(assertion globex "$(say globex url)")" >"$work/token"
check "it is now" grep -q access_token "$work/token"
check "the log has no assertion and no token" bash -c "! grep -E 'eyJ|00D[A-Za-z0-9]{12}!' '$work/emulator.log'"

stop_emulator
SECONDS=0
check "a command runs against an emulator of its own" "$bin" emulator -- sh -c 'curl -sS "$SF_JWT_EMULATOR_URL" >/dev/null && test -s "$SF_JWT_CONFIG"'
"$bin" emulator -- sh -c 'echo "$SF_JWT_CONFIG"; exit 7' >"$work/config" 2>&1
[ $? = 7 ] && pass "with the command's exit code" || fail "with the command's exit code"
[ ! -e "$(cat "$work/config")" ] && pass "and leaves nothing behind" || fail "and leaves nothing behind"
[ $SECONDS -lt 20 ] && pass "in no time" || fail "in no time: $SECONDS s"
