#!/usr/bin/env bash
# A JUnit consumer reads the report: bash tests/interop/junit.sh PATH_TO_BINARY
set -euo pipefail
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet junitparser
"$program" emulator --out "$work/emulator" -- \
    sh -c '"$0" verify-connection --all --format junit > "$1/report.xml"; test $? = 3' "$program" "$work"
"$work/venv/bin/python" - "$work/report.xml" <<'PY'
import sys
from junitparser import JUnitXml
suites = list(JUnitXml.fromfile(sys.argv[1]))
names = [suite.name for suite in suites]
assert len(suites) > 5 and len(set(names)) == len(names), names
failed = {suite.name for suite in suites if suite.failures}
assert "acme" not in failed and "globex" in failed, failed
assert all(suite.tests == 23 for suite in suites), [suite.tests for suite in suites]
print(f"PASS junit: {len(suites)} suites, {len(failed)} of them with failures")
PY
