#!/usr/bin/env bash
# A Rust program that links the library.
set -eu
cd "$(dirname "$0")/../.."
cargo build --locked --quiet --example one_token
"$1" emulator -- target/debug/examples/one_token acme | grep "^a token for integration@acme.example at http://127"
echo "rust: ok"
