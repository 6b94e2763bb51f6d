#!/usr/bin/env python3
"""Keeps the functions that starts run together in the file.
Every `ermine run` executes some 600 of 8,000 functions, which are spread over the whole program, and each page of the file
that is touched costs a page fault. The linker places the functions listed in src/cli/startup_order.txt side by side. Names
that no longer exist have no effect, so the list may become outdated; --check fails when too many names are missing.
Those of the modules given first come first: give components last, because only they need their code.
usage: startup_order.py ERMINE MODULE… > src/cli/startup_order.txt    makes the list from runs under valgrind
       startup_order.py --check LIST ERMINE                           most of its names must be functions of the program
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ENOUGH = 0.75  # of the names
# What every start runs but valgrind does not show: the C library's first function, and Landlock, which valgrind lacks.
ALSO = ("_start", "frame_dummy", "_ZN6ermine7sandbox12_GLOBAL__N_110DescriptorD2Ev")
# (module (func (export "_start")) (memory (export "memory") 1))
EMPTY = bytes.fromhex("0061736d0100000001040160000003020100050301000107130206"
                      "5f73746172740000066d656d6f727902000a040102000b")


def functions_of(program):
    out = subprocess.run(["nm", "--defined-only", program], check=True, capture_output=True, text=True).stdout
    return {name for _, kind, name in (line.split(" ", 2) for line in out.splitlines()) if kind in "tTwW"}


def functions_run(program, module):
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder, "profile")
        subprocess.run(["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={profile}", program, "run",
                        module], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        # "fn=(12) name" at first, "fn=(12)" later; a recursive function has a suffix.
        for name in re.findall(r"^c?fn=\(\d+\) (\S+)$", profile.read_text(), re.MULTILINE):
            yield re.sub(r"'\d+$", "", name)


def make(program, modules):
    known = functions_of(program)
    # What a program needs that does nothing comes first, so that it is on the fewest pages.
    with tempfile.NamedTemporaryFile(suffix=".wasm") as empty:
        empty.write(EMPTY)
        empty.flush()
        names = dict.fromkeys(n for n in ALSO if n in known)
        names.update(dict.fromkeys(n for m in (empty.name, *modules) for n in functions_run(program, m) if n in known))
    print("# Functions that starts run, by tools/startup_order.py. The linker places them side by side.")
    print("\n".join(names))


def check(path, program):
    names = [n for n in pathlib.Path(path).read_text().splitlines() if n and not n.startswith("#")]
    known = functions_of(program)
    found = sum(n in known for n in names)
    print(f"{found} of {len(names)} names of {path} are functions of {program}")
    if found < ENOUGH * len(names):
        sys.exit(f"the list is outdated: make it again with {sys.argv[0]} {program} MODULE… > {path}")


if __name__ == "__main__":
    words = sys.argv[1:]
    if len(words) == 3 and words[0] == "--check": check(*words[1:])
    elif len(words) >= 2 and not words[0].startswith("-"): make(words[0], words[1:])
    else: sys.exit(__doc__)
