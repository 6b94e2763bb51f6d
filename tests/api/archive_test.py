#!/usr/bin/env python3
"""Checks the contents of libermine.a by its symbols: archive_test.py NM LIBRARY SOURCES FOLDER...
The given folders of SOURCES, which include/ needs, must have code in it; the others must not, nor may the libraries that only
the command uses. A folder's code is in the namespace of its name, that of api in ermine itself. Inline functions and
templates have names of the archive's own (cmake/own_symbols.cmake), so that no program gets a copy of one.
With "--sanitized" before them they have not."""
import pathlib
import re
import subprocess
import sys

# Whatever their version: each has its version in a namespace within this one, if anywhere.
NOT_OURS = ("fmt::", "nlohmann::", "CLI::", "cpptoml::", "cplus_demangle", "cs_disasm")


def main():
    sanitized = "--sanitized" in sys.argv
    nm, library, sources, *folders = [a for a in sys.argv[1:] if a != "--sanitized"]
    done = subprocess.run([nm, "-C", "--defined-only", library], capture_output=True, text=True, check=True)
    symbols = re.findall(r"^[0-9a-f]+ [A-Za-z] (.+)$", done.stdout, re.M)
    text = "\n".join(symbols)
    all_folders = {p.name for p in pathlib.Path(sources).iterdir() if p.is_dir()}

    def has(folder):
        return re.search(r"\bermine::Engine::" if folder == "api" else rf"\bermine::{folder}::", text) is not None

    # A folder with inline functions only has no symbols of its own.
    problems = [f"{f}: nothing of it is in the archive" for f in folders if f != "semantics" and not has(f)]
    problems += [f"{f}: no public header leads to it, and it is in the archive" for f in sorted(all_folders - set(folders) - {"semantics"}) if has(f)]
    # Neither in it nor needed by it: both would be other copies in a program that has the library itself.
    all_symbols = subprocess.run([nm, "-C", library], capture_output=True, text=True, check=True).stdout
    problems += [f"{name}: a symbol of a library that is not ours" for name in NOT_OURS if name in all_symbols]
    raw = subprocess.run([nm, "--defined-only", library], capture_output=True, text=True, check=True).stdout
    shared = re.findall(r"^[0-9a-f]+ [WVu] (_Z.+)$", raw, re.M)
    if not shared: problems.append("the archive has no inline function at all")
    if not sanitized:
        problems += [f"{name}: a program may get the archive's copy of it" for name in sorted(set(shared)) if not name.endswith(".ermine")]
    problems += [f"{f}: no folder of {sources}" for f in folders if f not in all_folders]
    print("\n".join(problems) or f"{len(symbols)} symbols, of {', '.join(folders)} and nothing else")
    return 1 if problems or not symbols or len(folders) < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
