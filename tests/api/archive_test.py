#!/usr/bin/env python3
"""Checks the contents of libermine.a by its symbols: archive_test.py NM LIBRARY SOURCES FOLDER...
The given folders of SOURCES, which include/ needs, must have code in it; the others must not, nor may the libraries that only
the command uses. A folder's code is in the namespace of its name, that of api in ermine itself."""
import pathlib
import re
import subprocess
import sys

NOT_OURS = ("fmt::", "nlohmann::", "CLI::")


def main():
    nm, library, sources, *folders = sys.argv[1:]
    done = subprocess.run([nm, "-C", "--defined-only", library], capture_output=True, text=True, check=True)
    symbols = re.findall(r"^[0-9a-f]+ [A-Za-z] (.+)$", done.stdout, re.M)
    text = "\n".join(symbols)
    all_folders = {p.name for p in pathlib.Path(sources).iterdir() if p.is_dir()}

    def has(folder):
        return re.search(r"\bermine::Engine::" if folder == "api" else rf"\bermine::{folder}::", text) is not None

    # A folder with inline functions only has no symbols of its own.
    problems = [f"{f}: nothing of it is in the archive" for f in folders if f != "semantics" and not has(f)]
    problems += [f"{f}: no public header leads to it, and it is in the archive" for f in sorted(all_folders - set(folders) - {"semantics"}) if has(f)]
    problems += [f"{name} a library of the command's is in the archive" for name in NOT_OURS if name in text]
    problems += [f"{f}: no folder of {sources}" for f in folders if f not in all_folders]
    print("\n".join(problems) or f"{len(symbols)} symbols, of {', '.join(folders)} and nothing else")
    return 1 if problems or not symbols or len(folders) < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
