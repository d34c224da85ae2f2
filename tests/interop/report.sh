#!/usr/bin/env bash
# The HTML report in a real browser: report.sh PATH_TO_SF_JWT [SCREENSHOT.png]
# Needs Chromium and Python 3. 500 orgs, 5 % of them failing, are verified against an emulator, the page is opened,
# and its own filter has to work within a second, with no request to anywhere.
set -eu -o pipefail
binary=$(realpath "$1"); picture=${2:-}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "skipped: no Chromium"; exit 0; }
dir=$(mktemp -d); emulator=; trap '[ -z "$emulator" ] || kill "$emulator" 2>/dev/null; rm -rf "$dir"' EXIT
export HOME=$dir SF_JWT_STATE_DIR=$dir/state
"$binary" emulator --out "$dir/kit" > "$dir/ready.json" 2> /dev/null & emulator=$!
for _ in $(seq 100); do [ -s "$dir/ready.json" ] && break; sleep 0.1; done

# 475 names for an org that works, 25 for one that does not
python3 - "$dir" <<'PY'
import sys, tomllib
dir = sys.argv[1]
with open(f"{dir}/kit/orgs.toml", "rb") as file: kit = tomllib.load(file)["orgs"]
text = f'[defaults]\nkey = "{dir}/kit/emulator.key"\n'
for n in range(500):
    org = kit["globex" if n % 20 == 7 else "acme"]
    text += f'[orgs.org-{n:03}]\n' + "".join(f'{k} = "{org[k]}"\n' for k in ("client-id", "username", "login-url"))
    text += 'max-logins-per-hour = 3600\n'
with open(f"{dir}/orgs.toml", "w") as file: file.write(text)
PY
chmod 600 "$dir/orgs.toml"
begun=$(date +%s%N)
code=0; "$binary" verify-connection --config "$dir/orgs.toml" --all --timeout 60s --format html > "$dir/page.html" || code=$?
echo "500 orgs verified in $(( ($(date +%s%N) - begun) / 1000000 )) ms, $(stat -c %s "$dir/page.html") bytes"
[ "$code" = 3 ] || { echo "exit code $code, expected 3"; exit 1; }

# the same page with a test that clicks as a person would, and writes what it saw where --dump-dom finds it
python3 - "$dir" <<'PY'
import sys
dir = sys.argv[1]
page = open(f"{dir}/page.html").read()
test = """<script>
const shown=()=>[...document.querySelectorAll('tbody tr')].filter(r=>!r.hidden).length, seen=[], start=performance.now();
seen.push(shown());
document.querySelector('[value=fail]').click(); seen.push(shown());
seen.push([...document.querySelectorAll('article')].filter(a=>!a.hidden).length);
const w=document.getElementById('words'); w.value='ORG-007'; w.dispatchEvent(new Event('input')); seen.push(shown());
w.value='app-not-installed'; w.dispatchEvent(new Event('input')); seen.push(shown());
w.value=''; w.dispatchEvent(new Event('input')); document.querySelector('[value=all]').click(); seen.push(shown());
document.body.offsetHeight;
const took=performance.now()-start, outside=performance.getEntriesByType('resource').length;
document.title='SEEN '+seen.join(',')+' OUTSIDE '+outside+' FAST '+(took<1000)+' ('+Math.round(took)+' ms)';
</script></body>"""
open(f"{dir}/tested.html", "w").write(page.replace("</body>", test))
PY
run() { "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$dir/profile" "$@" 2> /dev/null; }
saw=$(run --dump-dom "file://$dir/tested.html" | grep -o '<title>SEEN[^<]*' || true)
echo "$saw"
case "$saw" in
  "<title>SEEN 500,25,25,1,25,500 OUTSIDE 0 FAST true"*) ;;
  *) echo "the page does not behave"; exit 1 ;;
esac
[ -z "$picture" ] || run --window-size=1500,1600 --screenshot="$picture" "file://$dir/page.html"
echo "the report works"
