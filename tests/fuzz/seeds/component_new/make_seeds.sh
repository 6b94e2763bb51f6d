#!/bin/sh
# make_seeds.sh ERMINE: makes the seeds in this folder from the texts.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
seed() { # NAME MODULE [ADAPTER]
  python3 - "$@" <<'PY'
import struct, sys
name, module, *adapter = sys.argv[1:]
bytes = open(module, "rb").read()
open(name + ".bin", "wb").write(struct.pack("<I", len(bytes)) + bytes + b"".join(open(a, "rb").read() for a in adapter))
PY
}
"$1" component embed world.wit plain.wat -w plain -o "$work/plain.wasm"
"$1" component embed world.wit adapter.wat -w adapter -o "$work/adapter.wasm"
"$1" component embed world.wit late.wat -w late -o "$work/late.wasm"
"$1" component embed world.wit --dummy -w both -o "$work/both.wasm"
seed plain "$work/plain.wasm" "$work/adapter.wasm"
seed late "$work/late.wasm"
seed both "$work/both.wasm"
rm -r "$work"
