#!/usr/bin/env python3
"""Writes the .wasm of each .wat here, with any assembler of WebAssembly 3.0's text format.
    bench/programs/assemble.py [COMMAND]      COMMAND reads {in} and writes {out}; the default is wasm-tools.
The custom section "source-sha256" of each module contains the hash of its text; the harness's tests compare it.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECTION = b"source-sha256"


def full_text(wat: Path) -> str:
    """The text with its included parts inserted."""
    return re.sub(r"^ *;; @include (\S+)\n", lambda m: (HERE / m[1]).read_text(), wat.read_text(), flags=re.M)


def source_hash(wat: Path) -> bytes:
    return hashlib.sha256(full_text(wat).encode()).hexdigest().encode()


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else "wasm-tools parse {in} -o {out}"
    for wat in sorted(HERE.glob("*.wat")):
        if wat.name.endswith(".inc.wat"):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            text, out = Path(scratch, wat.name), Path(scratch, "out.wasm")
            text.write_text(full_text(wat))
            subprocess.run(command.replace("{in}", str(text)).replace("{out}", str(out)), shell=True, check=True)
            payload = bytes([len(SECTION)]) + SECTION + source_hash(wat)
            wat.with_suffix(".wasm").write_bytes(out.read_bytes() + bytes([0, len(payload)]) + payload)
        print(wat.with_suffix(".wasm").name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
