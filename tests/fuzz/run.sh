#!/usr/bin/env bash
# Fuzzes framing and envelope for some seconds, seeded with what the transcripts send.
set -eu
seconds=${1:-60}
here=$(cd "$(dirname "$0")" && pwd)
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
number=0
for transcript in "$here"/../../protocol/transcripts/*/*.io; do
  number=$((number + 1))
  sed -n 's/^>> //p' "$transcript" >"$corpus/lines-$number"
  sed -n 's/^>>| //p' "$transcript" | jq -j . >"$corpus/raw-$number"
  sed -n 's/^>> //p' "$transcript" | while IFS= read -r frame; do
    printf 'Content-Length: %d\r\n\r\n%s' "$(printf %s "$frame" | wc -c)" "$frame"
  done >"$corpus/headers-$number"
done
cd "$here"
# on a stable toolchain the coverage flags need this; no sanitizer, since the library has no unsafe code
RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . --sanitizer none frames "$corpus" -- -max_total_time="$seconds" -max_len=4096
