#!/usr/bin/env bash
# Neovim's own JSON-RPC client, vim.lsp.rpc, by way of the example plugin.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command -v nvim >/dev/null || { apt-get update -qq && apt-get install -y -qq neovim >/dev/null; }
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
"$1" emulator --latency 100 -- env SF_JWT="$1" HOME="$home" XDG_STATE_HOME="$home" XDG_CACHE_HOME="$home" \
  timeout 60 nvim --headless -u NONE --cmd "set rtp+=$here/../../examples/neovim" -c "luafile $here/rpc_neovim.lua"
