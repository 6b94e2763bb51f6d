#!/usr/bin/env python3
"""Compares the C API with the recorded one (abi.txt): its types, and the signatures of its functions. Programs that were
linked with a released libermine.so must run with later ones, so functions may be added, but not changed or removed, unless
the library's SOVERSION is raised.

  abi.py CC INCLUDE          exit code 1 if they differ; abidiff (Debian's package abigail-tools) shows what that means
  abi.py CC INCLUDE --write  records what the headers have

The record is what the headers declare, one declaration a line, as C without preprocessor. abidiff compares two libraries
that are compiled of it and of the headers: each function has its signature, and a body that does nothing. That
libermine.so has exactly the functions that are declared is what symbols.py checks; that their types are those declared,
the compiler."""
import difflib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RECORD = pathlib.Path(__file__).with_name("abi.txt")


def declarations(cc, include):
    """What is in the project's headers, without what the compiler makes part of an embedder: inline functions."""
    text = subprocess.run([cc, "-E", "-I", include, "-x", "c", "-", "-DWASM_API_EXTERN="], input='#include "ermine.h"', check=True,
                          capture_output=True, text=True).stdout
    ours, lines = False, []
    for line in text.splitlines():
        if marker := re.match(r'# \d+ "(.*?)"', line): ours = marker[1].startswith(include)
        elif ours: lines.append(line)
    found, depth, at = [], 0, 0
    text = re.sub(r"\s+", " ", " ".join(lines))
    for i, c in enumerate(text):
        if c == "{": depth += 1
        if c == "}": depth -= 1
        is_body = c == "}" and depth == 0 and "static inline" in text[at:i]
        if (c == ";" and depth == 0) or is_body:
            found.append(text[at:i + 1].strip())
            at = i + 1
    own = [d for d in found if not d.startswith("static ") and d != ";"]
    # However the headers are formatted.
    tight = [re.sub(r" ?([*(),;{}]) ?", r"\1", d) for d in own]
    return [re.sub(r"\*(?=\w)", "* ", re.sub(r"([,;{])(?=.)", r"\1 ", d)) for d in tight]


def is_function(declaration):
    return re.search(r"\b(wasm|ermine)_\w+\([^()]*(\([^()]*\)[^()]*)*\);$", declaration) and not declaration.startswith("typedef")


def library(cc, folder, name, lines):
    source = folder / (name + ".c")
    source.write_text("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n" + "".join(
        (d[:-1] + "{__builtin_trap();}" if is_function(d) else d) + "\n" for d in lines))
    out = folder / ("lib" + name + ".so")
    subprocess.run([cc, "-std=c2x", "-w", "-g", "-gdwarf-4", "-shared", "-fPIC", "-fvisibility=default", source, "-o", out], check=True)
    return out


def main():
    cc, include, *write = sys.argv[1:]
    now = declarations(cc, str(pathlib.Path(include).resolve()))
    if write:
        RECORD.write_text("\n".join(now) + "\n")
        return 0
    before = RECORD.read_text().splitlines()
    if now == before:
        functions = sum(map(bool, map(is_function, now)))
        print(f"{functions} functions, as recorded")
        return functions < 400  # otherwise it has read something else
    if shutil.which("abidiff"):
        with tempfile.TemporaryDirectory() as folder:
            libraries = [library(cc, pathlib.Path(folder), *made) for made in (("before", before), ("now", now))]
            done = subprocess.run(["abidiff", *libraries], capture_output=True, text=True)
        print(done.stdout + done.stderr)
        if done.returncode & 8: print("Programs that were linked with the recorded API would break.")
    else:
        print("abidiff is missing (Debian's package abigail-tools): it would say whether programs would break")
    print("\n".join(difflib.unified_diff(before, now, "recorded", "include/", n=0, lineterm="")))
    print(f"The C API is not the recorded one. If that is meant: {pathlib.Path(__file__).name} CC INCLUDE --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
