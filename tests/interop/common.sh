# What the interop scripts share. Each script is `bash tests/interop/NAME.sh [PATH_TO_BINARY]`: it installs the client that it
# needs by npm or pip into a cache, starts the emulator, and prints PASS and FAIL lines.
set -u -o pipefail

bin=$(realpath "${1:-target/debug/sf-jwt}") || exit 2
cache=${SF_JWT_INTEROP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sf-jwt-interop}
work=$(mktemp -d)
export HOME=$work/home
mkdir -p "$cache" "$HOME"
failed=0
emulator=

finish() {
    if [ -n "$emulator" ]; then
        kill "$emulator" 2>/dev/null
        wait "$emulator" 2>/dev/null
    fi
    [ -n "${KEEP:-}" ] && echo "kept $work" || rm -rf "$work"
    exit $((failed > 0))
}
trap finish EXIT
trap 'exit 130' INT TERM

pass() { echo "PASS $*"; }
fail() { echo "FAIL $*"; failed=$((failed + 1)); }

# check WHAT COMMAND…: passes when the command does; its output is shown when it does not.
check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then pass "$what"; else fail "$what"; sed 's/^/     /' <<<"$output" | tail -20; fi
}

# npm_install FOLDER PACKAGE…: once; FOLDER names the versions, so that a change of them is a new folder.
npm_install() {
    local folder=$cache/$1
    shift
    if [ ! -e "$folder/.done" ]; then
        mkdir -p "$folder" && npm install --no-audit --no-fund --loglevel=error --prefix "$folder" "$@" >"$work/npm.log" 2>&1 \
            && touch "$folder/.done" || { tail "$work/npm.log"; echo "FAIL npm install $*"; exit 1; }
    fi
}

# pip_install FOLDER PACKAGE…: a virtual environment, once.
pip_install() {
    local folder=$cache/$1
    shift
    if [ ! -e "$folder/.done" ]; then
        python3 -m venv "$folder" && "$folder/bin/pip" install --quiet "$@" >"$work/pip.log" 2>&1 \
            && touch "$folder/.done" || { tail "$work/pip.log"; echo "FAIL pip install $*"; exit 1; }
    fi
}

# A Node.js of at least version 22 first in PATH: the machine's, or the one that npm has.
node22() {
    if node -e 'process.exit(+process.versions.node.split(".")[0] < 22)' 2>/dev/null; then return; fi
    local platform
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) platform=linux-x64 ;;
        Linux-aarch64) platform=linux-arm64 ;;
        Darwin-arm64) platform=darwin-arm64 ;;
        *) echo "FAIL no Node.js >= 22 here"; exit 1 ;;
    esac
    npm_install "node-22.23.3" "node-$platform@22.23.3"
    PATH=$cache/node-22.23.3/node_modules/node-$platform/bin:$PATH
}

# The Salesforce CLI first in PATH, with its Node.js, and without what it does besides.
salesforce_cli() {
    node22
    npm_install sf-2.150.6 @salesforce/cli@2.150.6
    PATH=$cache/sf-2.150.6/node_modules/.bin:$PATH
    export SF_DISABLE_TELEMETRY=true SF_AUTOUPDATE_DISABLE=true SF_SKIP_NEW_VERSION_CHECK=true SF_USE_GENERIC_UNIX_KEYCHAIN=true
}

# start_emulator FLAG…: into $work/kit; `say ORG FIELD [APP]` then tells what the ready line says.
start_emulator() {
    "$bin" -v emulator --out "$work/kit" "$@" >"$work/ready" 2>"$work/emulator.log" &
    emulator=$!
    for _ in $(seq 100); do
        [ -s "$work/ready" ] && return
        kill -0 "$emulator" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/emulator.log"
    echo "FAIL the emulator did not start"
    exit 1
}

stop_emulator() {
    kill "$emulator"
    wait "$emulator"
    emulator=
    : >"$work/ready"
}

# say ORG url|address|org-id|user|client-id|app-id|package-id [APP]; `say - login` is the login host.
say() {
    python3 - "$work/ready" "$@" <<'PY'
import json, sys
file, org, field, *app = sys.argv[1:]
ready = json.load(open(file))
if field == "login":
    print(ready["loginUrl"])
else:
    org = ready["orgs"][org]
    user = next(u for u in org["users"] if u.startswith("integration"))
    plain = {"url": org["url"], "address": org["addressUrl"], "org-id": org["orgId"], "user": user}
    found = next(a for a in org["apps"] if a["name"] == (app or ["service-a"])[0])
    print(plain.get(field) or found[{"client-id": "clientId", "app-id": "appId", "package-id": "packageId"}[field]])
PY
}

key() { echo "$work/kit/emulator.key"; }

# install ORG [APP]: installs and pre-authorizes an app by the org's pages, as an administrator does.
install() {
    local org=$1 app=${2:-service-a} base page home set
    base=$(say "$org" address)
    case $app in
        service-a) page="/identity/app/AppInstallApprovalPage.apexp?app_id=$(say "$org" app-id)" ;;
        *) page="/packaging/installPackage.apexp?p0=$(say "$org" package-id "$app")" ;;
    esac
    home=$(curl -sS -o /dev/null -w '%{redirect_url}' -d '' "$base$page") && home=${home%%\?*}
    set=$(curl -sS "$base/lightning/setup/PermSets/home" | grep -o '/0PS[A-Za-z0-9]*' | tail -1)
    curl -sS -o /dev/null -d permitted-users=admin-approved -d ip-relaxation=enforce "$home/e"
    curl -sS -o /dev/null -d "chosen=$(curl -sS "$home/permission-sets" | grep -o 'value="[^"]*"' | tail -1 | cut -d'"' -f2)" "$home/permission-sets"
    curl -sS -o /dev/null --data-urlencode "chosen=$(say "$org" user)" "$base$set"
}
