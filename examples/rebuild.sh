#!/bin/sh
# Rebuilds the .wasm files of the examples. They are committed because this needs more than `make run` installs:
# Debian's clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32, Go 1.21 or
# newer, and Rust with the target wasm32-wasip1. Names select examples: ./rebuild.sh hello map
set -eu
cd "$(dirname "$0")"
c() { clang-19 --target=wasm32-wasi -O2 -s -Wl,-z,stack-size=1048576 "$1" -o "${1%.*}.wasm"; }
cxx() { clang++-19 --target=wasm32-wasi -std=c++20 -fno-exceptions -O2 -s -Wl,-z,stack-size=1048576 "$1" -o "${1%.*}.wasm"; }
for name in ${*:-hello wordcount map go-hello rust-words embed trap components}; do
  case $name in
    embed) clang-19 --target=wasm32 -O2 -s -nostdlib -Wl,--no-entry,-z,stack-size=4096 embed/guest.c -o embed/guest.wasm ;;
    trap) clang-19 --target=wasm32-wasi -O1 -Wl,--strip-debug trap/trap.c -o trap/trap.wasm ;;
    components)
      clang-19 --target=wasm32-wasi -O2 -s -mexec-model=reactor components/words/words.c -o components/words/words.wasm ;;
    map) cxx map/map.cc ;;
    go-hello) (cd go-hello && GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags='-s -w' -o go-hello.wasm .) ;;
    rust-words)
      rustc --target wasm32-wasip1 --edition 2021 -C opt-level=s -C lto=fat -C panic=abort -C strip=symbols \
        -o rust-words/rust-words.wasm rust-words/main.rs ;;
    *) c "$name/$name.c" ;;
  esac
done
ls -l ./*/*.wasm ./*/*/*.wasm
