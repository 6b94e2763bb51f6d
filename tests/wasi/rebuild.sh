#!/bin/sh
# Rebuilds the .wasm files beside the sources. Needs Debian's clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32,
# which `make test` does not install; that is why they are committed. Names given pick some. http needs Rust with the target
# wasm32-wasip2.
set -eu
cd "$(dirname "$0")"
for name in ${*:-$(ls *.c | sed 's/\.c$//') http}; do
  if [ "$name" = http ]; then
    target=$(mktemp -d)
    (cd http/guest && CARGO_TARGET_DIR=$target cargo build --release --locked --target wasm32-wasip2)
    cp "$target/wasm32-wasip2/release/http-guest.wasm" http/guest.wasm
    rm -r "$target"
    continue
  fi
  clang-19 --target=wasm32-wasi -O2 -s "$name.c" -o "$name.wasm"
  chmod 644 "$name.wasm"
done
