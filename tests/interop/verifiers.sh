#!/usr/bin/env bash
# Our assertion, as a server that knows nothing of sf-jwt receives it: PyJWT, Authlib, jose and openssl accept it.
. "$(dirname "$0")/common.sh"
node22
npm_install jsforce-3.10.26 jsforce@3.10.26 jsonwebtoken@9.0.3 jose@6.2.4
pip_install python-1 simple-salesforce==1.12.10 pyjwt==2.10.1 authlib==1.6.5 requests
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/a.key" -out "$work/a.crt" -days 2 -subj /CN=a 2>/dev/null
openssl x509 -in "$work/a.crt" -pubkey -noout >"$work/a.pub"

cat >"$work/server.py" <<'PY'
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(sys.argv[1], "a") as requests:
            requests.write(json.dumps([self.path, self.headers["Content-Type"], body]) + "\n")
        host = "http://" + self.headers["Host"]
        answer = {"access_token": "00Dx00000000001!AQ.opaque", "instance_url": host, "token_type": "Bearer", "scope": "api",
                  "id": host + "/id/00Dx00000000001AAA/005x00000000001AAA"}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 "$work/server.py" "$work/requests" >"$work/port" &
emulator=$! # ended like one
for _ in $(seq 50); do [ -s "$work/port" ] && break; sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
ask() {
    "$bin" token --client-id 3MVG9consumer --username a@b.example --login-url "$url" --key "file:$work/a.key" --fresh \
        --state-dir "$work/state" --json
}
check "sf-jwt token gets a token from a server of another make" bash -c "$(declare -f ask); bin='$bin' url='$url' work='$work'; ask | grep -q '\"accessToken\":\"00Dx'"
ask >/dev/null 2>&1
[ "$(wc -l <"$work/requests")" = 2 ] && pass "one POST for each" || fail "one POST for each: $(wc -l <"$work/requests")"

cat >"$work/verify.py" <<'PY'
import json, sys, time, urllib.parse
import jwt
from authlib.jose import jwt as authlib_jwt
folder, url = sys.argv[1:]
public = open(f"{folder}/a.pub").read()
failed, ids = False, []
def check(what, good, seen=None):
    global failed
    failed |= not good
    print("PASS " + what if good else f"FAIL {what}: {seen!r}")
for line in open(f"{folder}/requests"):
    path, content_type, body = json.loads(line)
    form = urllib.parse.parse_qsl(body, strict_parsing=True)
    assertion = dict(form)["assertion"]
    open(f"{folder}/assertion", "w").write(assertion)
    ids.append(jwt.decode(assertion, public, algorithms=["RS256"], audience=url)["jti"])
claims = jwt.decode(assertion, public, algorithms=["RS256"], audience=url)
check("PyJWT accepts the assertion", True)
check("it went to the token endpoint as a form", path == "/services/oauth2/token" and content_type.startswith("application/x-www-form-urlencoded"), [path, content_type])
check("of exactly two fields", sorted(name for name, _ in form) == ["assertion", "grant_type"], [name for name, _ in form])
check("exp is an integer 180 s after iat", type(claims["exp"]) is int and claims["exp"] - claims["iat"] == 180, claims)
check("iat is now", abs(claims["iat"] - time.time()) < 60, claims)
check("aud is one string", claims["aud"] == url, claims)
check("iss and sub are as given", (claims["iss"], claims["sub"]) == ("3MVG9consumer", "a@b.example"), claims)
check("two POSTs never share a jti", len(set(ids)) == len(ids), ids)
check("the header is the contract's", jwt.get_unverified_header(assertion) == {"alg": "RS256", "typ": "JWT"}, None)
check("Authlib accepts the assertion", authlib_jwt.decode(assertion, public)["sub"] == "a@b.example")
sys.exit(failed)
PY
"$cache/python-1/bin/python" "$work/verify.py" "$work" "$url" || failed=$((failed + 1))

cat >"$cache/jsforce-3.10.26/verify.mjs" <<'JS'
import { readFileSync } from 'node:fs';
import * as jose from 'jose';
const [folder, audience] = process.argv.slice(2);
const key = await jose.importSPKI(readFileSync(`${folder}/a.pub`, 'utf8'), 'RS256');
await jose.jwtVerify(readFileSync(`${folder}/assertion`, 'utf8'), key, { audience, issuer: '3MVG9consumer', typ: 'JWT', maxTokenAge: '60s' });
JS
check "jose accepts the assertion" node "$cache/jsforce-3.10.26/verify.mjs" "$work" "$url"

decode() { python3 -c 'import base64,sys; s=sys.argv[1]; sys.stdout.buffer.write(base64.urlsafe_b64decode(s + "=" * (-len(s) % 4)))' "$1"; }
assertion=$(cat "$work/assertion")
printf %s "${assertion%.*}" >"$work/signed"
decode "${assertion##*.}" >"$work/signature"
check "openssl accepts the signature" openssl dgst -sha256 -verify "$work/a.pub" -signature "$work/signature" "$work/signed"
