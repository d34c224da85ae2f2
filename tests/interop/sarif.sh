#!/usr/bin/env bash
# tests/interop/sarif.sh PATH_TO_BINARY: `sf-jwt audit --format sarif` against the SARIF 2.1.0 schema, as the npm
# package @microsoft/jest-sarif carries it, by the ajv that comes with it. The plant is made here.
set -eu -o pipefail
binary=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$work/npm" @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null

mkdir -p "$work/plant/a folder"
cd "$work/plant"
openssl genrsa -out "a folder/server key.pem" 2048 2>/dev/null
printf 'public class A { void a(Auth.JWT j) { j.setSub("x"); j.setSub(%s); } }\n' "'é@acme.com'" >A.cls
printf '// sf-jwt:allow consumer-secret\nclient_secret = "%s"\n' "9A8B7C6D5E4F$((RANDOM + 30000))" >accepted.js
(cd "a folder" && python3 -c "import zipfile; z = zipfile.ZipFile('../static.resource', 'w'); z.write('server key.pem')")
printf 'PK\003\004 damaged' >damaged.zip

for case in plant empty; do
  mkdir -p "$work/$case"
  set +e
  (cd "$work/$case" && "$binary" audit --format sarif) >"$work/$case.sarif"
  echo $? >"$work/$case.exit"
  set -e
done

cat >"$work/npm/check.js" <<'EOF'
const fs = require("fs"), Ajv = require("ajv"), assert = require("assert");
const schema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const ajv = new Ajv({ allErrors: true, schemaId: "auto", unknownFormats: "ignore" });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
const validate = ajv.compile(schema);
for (const name of process.argv.slice(2)) {
  const log = JSON.parse(fs.readFileSync(name, "utf8"));
  assert(validate(log), name + ": " + JSON.stringify(validate.errors, null, 1));
  const broken = JSON.parse(JSON.stringify(log));
  delete broken.runs[0].tool.driver.name;
  assert(!validate(broken), "the schema accepts anything");
  console.log(`${name.split("/").pop()}: valid SARIF 2.1.0, ${log.runs[0].results.length} results`);
}
EOF
(cd "$work/npm" && node check.js "$work/plant.sarif" "$work/empty.sarif")

[ "$(cat "$work/plant.exit") $(cat "$work/empty.exit")" = "3 0" ]
python3 - "$work/plant.sarif" "$work/empty.sarif" <<'EOF'
import json, sys
plant, empty = (json.load(open(name))["runs"][0] for name in sys.argv[1:])
assert empty["results"] == []
places = sorted((r["ruleId"], r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for r in plant["results"])
assert places == [
    ("consumer-secret", "accepted.js"),
    ("jwt-subject-in-apex", "A.cls"),
    ("private-key", "a%20folder/server%20key.pem"),
    ("private-key", "static.resource"),
], places
assert [r["ruleId"] for r in plant["results"] if "suppressions" in r] == ["consumer-secret"]
assert len(plant["invocations"][0]["toolExecutionNotifications"]) == 1
EOF
echo "sarif: ok"
