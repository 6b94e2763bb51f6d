#!/usr/bin/env python3
"""Compiles each public header by itself, as C++20 with warnings as errors (and the C headers as C11), with the given
compilers: check_public_headers.py g++ clang++-14. Embedders use other compilers than the engine does."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent / "include"
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", str(root)]


def failure(run):
    """What the compiler says of a header, or nothing."""
    driver, language, name = run
    done = subprocess.run([driver, *language, *FLAGS, "-"], input=f'#include "{name}"\n#include "{name}"\n', capture_output=True, text=True)
    return f"{driver} {language[2]} {name}:\n{done.stderr}" if done.returncode else None


headers = sorted(root.rglob("*.h"))
runs = []
for compiler in sys.argv[1:]:
    for header in headers:
        name = header.relative_to(root)
        runs.append((compiler, ["-x", "c++", "-std=c++20"], name))
        if header.parent == root:  # wasm.h, ermine.h: the C API
            cc = compiler.replace("++", "cc" if compiler.startswith("g") else "")
            runs.append((cc, ["-x", "c", "-std=c11"], name))
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    failures = [text for text in pool.map(failure, runs) if text]
print(*failures, sep="\n")
print(f"{len(headers)} headers, {len(sys.argv) - 1} compilers, {len(failures)} failed")
sys.exit(1 if failures or not runs else 0)
