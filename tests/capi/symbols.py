#!/usr/bin/env python3
"""Checks what a shared library shows: the functions that its C header declares, and nothing else.
symbols.py NM LIBRARY INCLUDE HEADER PREFIXES NUMBER: a directory and a file in it, the first words of the names, separated
by |, and how many functions there must be at least."""
import pathlib
import re
import subprocess
import sys

nm, library, include, header, prefixes, least = sys.argv[1:]
shown = {line.split()[-1].split("@")[0] for line in
         subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout.splitlines()
         if " A " not in line}
# The preprocessor resolves the forms of declarations.
text = subprocess.run(["cc", "-E", "-P", "-I", include, pathlib.Path(include, header)], check=True, capture_output=True,
                      text=True).stdout
inline = set(re.findall(r"static inline[^(;{]*?(\w+)\s*\(", text))
declared = {name for name in re.findall(rf"\b((?:{prefixes})_\w+)\s*\(", text) if not name.endswith("_t")} - inline
problems = [f"{name} is shown and not declared" for name in sorted(shown - declared)]
problems += [f"{name} is declared and not there" for name in sorted(declared - shown)]
for problem in problems:
    print(problem)
print(f"{len(declared)} functions")
sys.exit(bool(problems) or len(declared) < int(least))
