#!/usr/bin/env python3
"""Compiles each public header by itself, as C++20 with warnings as errors (and the C headers as C11), with the given
compilers: check_public_headers.py g++ clang++-14. Embedders use other compilers than the engine does."""
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent / "include"
headers = sorted(root.rglob("*.h"))
failed = 0
for compiler in sys.argv[1:]:
    for header in headers:
        name = header.relative_to(root)
        runs = [["-x", "c++", "-std=c++20"]]
        if header.parent == root:  # wasm.h, ermine.h: the C API
            cc = compiler.replace("++", "cc" if compiler.startswith("g") else "")
            runs.append(["-x", "c", "-std=c11"])
        for language in runs:
            driver = cc if language[1] == "c" else compiler
            flags = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", str(root)]
            done = subprocess.run([driver, *language, *flags, "-"], input=f'#include "{name}"\n#include "{name}"\n', capture_output=True, text=True)
            if done.returncode:
                failed += 1
                print(f"{driver} {language[2]} {name}:\n{done.stderr}")
print(f"{len(headers)} headers, {len(sys.argv) - 1} compilers, {failed} failed")
sys.exit(1 if failed or not headers or len(sys.argv) < 2 else 0)
