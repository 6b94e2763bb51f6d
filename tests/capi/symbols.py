#!/usr/bin/env python3
"""Checks what libermine.so shows: the functions that wasm.h and ermine.h declare, and nothing else.
symbols.py NM LIBRARY INCLUDE"""
import pathlib
import re
import subprocess
import sys

nm, library, include = sys.argv[1:]
shown = {line.split()[-1].split("@")[0] for line in
         subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout.splitlines()
         if " A " not in line}
# The preprocessor resolves the forms of declarations.
text = subprocess.run(["cc", "-E", "-P", "-I", include, pathlib.Path(include, "ermine.h")], check=True, capture_output=True,
                      text=True).stdout
inline = set(re.findall(r"static inline[^(;{]*?(\w+)\s*\(", text))
declared = {name for name in re.findall(r"\b((?:wasm|ermine)_\w+)\s*\(", text) if not name.endswith("_t")} - inline
problems = [f"{name} is shown and not declared" for name in sorted(shown - declared)]
problems += [f"{name} is declared and not there" for name in sorted(declared - shown)]
for problem in problems:
    print(problem)
print(f"{len(declared)} functions")
sys.exit(bool(problems) or len(declared) < 250)
