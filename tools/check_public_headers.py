#!/usr/bin/env python3
"""Compiles the public headers as C++20 with warnings as errors (and the C headers as C11), with the given compilers:
check_public_headers.py g++ clang++-14. The first compiles each header by itself, except those in detail/, which embedders
do not include; the others compile all of them in one file. Embedders use other compilers than the engine does."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent / "include"
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", str(root)]


def failure(run):
    """What the compiler says of headers, or nothing. (Each is included twice: it must have an include guard.)"""
    driver, language, names = run
    done = subprocess.run([driver, *language, *FLAGS, "-"], input="".join(f'#include "{name}"\n' for name in names * 2), capture_output=True, text=True)
    return f"{driver} {language[2]} {' '.join(map(str, names))}:\n{done.stderr}" if done.returncode else None


headers = sorted(root.rglob("*.h"))
runs = []
for number, compiler in enumerate(sys.argv[1:]):
    names = [header.relative_to(root) for header in headers]
    c_names = [header.relative_to(root) for header in headers if header.parent == root]  # wasm.h, ermine.h: the C API
    cc = compiler.replace("++", "cc" if compiler.startswith("g") else "")
    for language, listed in ((["-x", "c++", "-std=c++20"], names), (["-x", "c", "-std=c11"], c_names)):
        driver = cc if language[1] == "c" else compiler
        alone = [n for n in listed if number == 0 and "detail" not in n.parts]
        runs += [(driver, language, group) for group in ([n] for n in alone)]
        if together := [n for n in listed if n not in alone]: runs.append((driver, language, together))
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    failures = [text for text in pool.map(failure, runs) if text]
print(*failures, sep="\n")
print(f"{len(headers)} headers, {len(sys.argv) - 1} compilers, {len(failures)} failed")
sys.exit(1 if failures or not runs else 0)
