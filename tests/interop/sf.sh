#!/usr/bin/env bash
# The Salesforce CLI logs in to the emulator by JWT, works with the org, and is refused where Salesforce would refuse it.
. "$(dirname "$0")/common.sh"
salesforce_cli
export SF_CONTAINER_MODE=true
start_emulator

login() { # ORG URL [APP]
    sf org login jwt --client-id "$(say "$1" client-id "${3:-service-a}")" --jwt-key-file "$(key)" --username "$(say "$1" user)" \
        --instance-url "$2" --alias "$1" --json >"$work/login.json" 2>&1
}
requests() { grep -c 'POST /services/oauth2/token' "$work/emulator.log"; }

before=$(requests)
check "sf logs in at the org's own address" login acme "$(say acme address)"
[ $(($(requests) - before)) = 1 ] && pass "with the first assertion" || fail "with the first assertion"
check "and knows which org it is" grep -q "$(say acme org-id)" "$work/login.json"
check "and that it is no sandbox" grep -q '"isSandbox": false' "$work/login.json"
check "sf logs in at the login host, and goes on at the org" login owner "$(say - login)"
check "to the org's own address" grep -q "\"instanceUrl\": \"$(say owner address)\"" "$work/login.json"
check "sf logs in through a packaged External Client App" login acme "$(say acme address)" packaged
check "sf logs in through one with a consumer of the org's own" login acme "$(say acme address)" own-key
check "sf logs in through a local one" login acme "$(say acme address)" local

sf org display --target-org acme --json >"$work/display.json" 2>&1
check "sf org display says Connected" grep -q '"connectedStatus": "Connected"' "$work/display.json"
sf data query --target-org acme --query "SELECT Name, IsSandbox FROM Organization" --json >"$work/query.json" 2>&1
check "sf data query answers" grep -q '"Name": "Acme"' "$work/query.json"
check "sf org list shows the org" bash -c 'sf org list --json | grep -q integration@acme.example'
check "sf org auth show-access-token shows a token" bash -c "sf org auth show-access-token --target-org acme --json | grep -q '$(say acme org-id | cut -c1-15)!'"

refused() { # WHAT ORG URL WORDS [APP]
    if login "$2" "$3" "${5:-service-a}"; then fail "$1"; else check "$1" grep -q "$4" "$work/login.json"; fi
}
export SF_AUDIENCE_URL # sf then tries one further audience, and no other host is reached for it
SF_AUDIENCE_URL=$(say globex address)
refused "sf is refused where the app is not installed" globex "$(say globex address)" "app must be installed into org"
SF_AUDIENCE_URL=$(say uat address)
refused "and where nobody is pre-authorized" uat "$(say uat address)" "user hasn't approved this consumer"
SF_AUDIENCE_URL=$(say - login)
refused "and with an External Client App at the login host" acme "$(say - login)" "External client app is not installed in this org" packaged
unset SF_AUDIENCE_URL

install globex
check "sf logs in once the app is installed and pre-authorized" login globex "$(say globex address)"

"$bin" orgs list --json >"$work/orgs" 2>&1
check "sf-jwt sees the orgs that sf logged in to" grep -q '"username":"integration@owner.example"' "$work/orgs"
