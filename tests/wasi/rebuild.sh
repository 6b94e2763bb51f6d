#!/bin/sh
# Rebuilds the .wasm files beside the sources. Needs Debian's clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32,
# which `make test` does not install; that is why they are committed. Names given pick some.
set -eu
cd "$(dirname "$0")"
for name in ${*:-$(ls *.c | sed 's/\.c$//')}; do
  clang-19 --target=wasm32-wasi -O2 -s "$name.c" -o "$name.wasm"
  chmod 644 "$name.wasm"
done
