#!/usr/bin/env bash
# The budgets, measured on a release build: bash tests/bench/run.sh PATH_TO_BINARY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}/bench
cargo build --quiet --release --manifest-path "$here/Cargo.toml" --target-dir "$target"
"$target/release/sf-jwt-bench" "$1"
