# What people write today: an access token by openssl and curl. From the environment: ISS, SUB, AUD, KEY.
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
header=$(printf '{"alg":"RS256"}' | b64)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","exp":%d,"jti":"%s"}' "$ISS" "$SUB" "$AUD" $(($(date +%s) + 180)) "$$.$RANDOM" | b64)
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -sign "$KEY" | b64)
curl -sS -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer --data-urlencode "assertion=$header.$claims.$signature" \
    "$AUD/services/oauth2/token"
