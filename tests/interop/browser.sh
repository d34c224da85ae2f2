#!/usr/bin/env bash
# An administrator's browser: from the install URL that sf-jwt prints, by clicks alone, to a token. Needs Debian's chromium.
. "$(dirname "$0")/common.sh"
node22
npm_install playwright-core-1.65.1 playwright-core@1.65.1
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "FAIL no chromium (apt-get install chromium)"
    failed=1
    exit
}
start_emulator
cp "$(dirname "$0")/browser.mjs" "$cache/playwright-core-1.65.1/browser.mjs" # where its imports are found
CHROMIUM=$chromium SF_JWT=$bin SF_JWT_CONFIG=$work/kit/orgs.toml SF_JWT_STATE_DIR=$work/state READY=$work/ready \
    node "$cache/playwright-core-1.65.1/browser.mjs" || failed=1
