#!/usr/bin/env python3
"""Runs generated modules in Ermine, in every tier and mode, and in V8 (Node), and compares what they do.

  tools/fuzz_compare.py --seed 1 --rounds 100            modules by the project's own generator
  tools/fuzz_compare.py --generator 'smith SEED COUNT DIR'   by another program that writes DIR/SEED.wasm ...

What differs is kept in --keep (the module, and both accounts). Only the kind of a trap is compared, and of
NaNs that they are NaNs: the modules make those canonical where their bits could be seen. Exit code 1 if
anything differed.
"""
import argparse
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

# What V8 does not have, or has only behind a flag; relaxed instructions may differ by definition.
WITHOUT = "relaxed-simd,custom-page-sizes,wide-arithmetic,compact-imports"

# (pattern, kind): for the messages of both.
KINDS = [
    (r"unreachable", "unreachable"),
    (r"null function reference", "null"),
    (r"divide by zero|remainder by zero", "divide"),
    (r"invalid conversion|integer overflow|unrepresentable", "number"),
    (r"unaligned", "bounds"),  # which of the two is found first is open
    (r"expected shared|Atomics.wait|shared memory", "shared"),
    (r"stack exhausted|call stack size", "LIMIT"),
    (r"too large|heap exhausted|out of memory|fuel|Array buffer allocation", "LIMIT"),
    (r"signature mismatch|indirect call type|undefined element|uninitialized element|table index is out of bounds|"
     r"null function|table access", "table"),
    (r"null|dereferencing", "null"),
    (r"cast", "cast"),
    (r"out of bounds", "bounds"),
]


def kind_of(message):
    for pattern, kind in KINDS:
        if re.search(pattern, message):
            return kind
    return message


def normal(line):
    line = re.sub(r"nan:[0-9a-f]+", "nan", line)
    at = line.find("trap: ")
    if at >= 0:
        kind = kind_of(line[at + 6:])
        # "table index is out of bounds" may be a call's, or a table instruction's.
        return line[:at] + "trap: " + ("bounds" if kind == "table" else kind)
    return line


def accounts(text):
    """-> {path: [line]}"""
    found, current = {}, None
    for line in text.split("\n"):
        if line.startswith("== "):
            words = line.split()
            current = found.setdefault(words[1], [])
        elif current is not None and line:
            current.append(normal(line))
    return found


def objects(x, y):
    """V8 looks at the first array's bounds before it looks whether the second is null."""
    (a, s, kind), (b, t, other) = x.partition("trap: "), y.partition("trap: ")
    return s != "" and t != "" and a == b and {kind, other} == {"null", "bounds"}


def same(a, b):
    """Up to the point where a limit of one of the machines is met."""
    for x, y in zip(a, b):
        if "LIMIT" in x or "LIMIT" in y or "error:" in x:
            return True
        if x != y and not objects(x, y):
            return False
    return len(a) == len(b)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build/release", help="build folder with bin/module_gen")
    p.add_argument("--node", default=shutil.which("node"), help="the node command")
    p.add_argument("--node-flags", default="", help="for instance --liftoff-only")
    p.add_argument("--generator", help="another program: gets SEED COUNT FOLDER appended to its words")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rounds", type=int, default=10)
    p.add_argument("--count", type=int, default=200, help="modules a round")
    p.add_argument("--keep", default="build/fuzz-differences", help="where what differs is kept")
    p.add_argument("--without", default=WITHOUT, help="features that are not used")
    a = p.parse_args()
    if not a.node:
        sys.exit("node is not in PATH; say --node")
    module_gen = str(pathlib.Path(a.build) / "bin" / "module_gen")
    runner = str(pathlib.Path(__file__).with_name("fuzz_run.mjs"))
    keep = pathlib.Path(a.keep)
    modules = differences = compared = 0
    start = time.time()
    for round_ in range(a.rounds):
        seed = a.seed + round_ * a.count
        with tempfile.TemporaryDirectory() as folder:
            if a.generator:
                write = shlex.split(a.generator) + [str(seed), str(a.count), folder]
            else:
                write = [module_gen, "write", "--seed", str(seed), "--count", str(a.count), "--canonical-nans",
                         "--without", a.without, folder]
            subprocess.run(write, check=True)
            files = sorted(str(f) for f in pathlib.Path(folder).glob("*.wasm"))
            ours = subprocess.run([module_gen, "run", "--plans", *files], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            theirs = subprocess.run([a.node, "--no-warnings", *a.node_flags.split(), runner, *files],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            left, right = accounts(ours.stdout), accounts(theirs.stdout)
            for f in files:
                modules += 1
                l, r = left.get(f), right.get(f)
                why = None
                if l is None:
                    why = f"no account from Ermine (exit code {ours.returncode})"
                elif any(line.startswith("DIFFERENCE") for line in l):
                    why = "the variants differ"
                elif r is None:
                    why = f"no account from Node (exit code {theirs.returncode})"
                elif l and l[0].startswith("compile") or r and r[0].startswith("compile"):
                    if not (l and l[0].startswith("compile") and r and r[0].startswith("compile: ") and r[0] != "compile: ok"):
                        why = f"compiles in one only: {(l or ['?'])[0]} | {(r or ['?'])[0]}"
                elif not same(l, r):
                    x, y = next((x, y) for x, y in zip(l + [""], r + [""]) if x != y)
                    why = f"{x} | {y}"
                else:
                    compared += 1
                if why is None:
                    continue
                differences += 1
                keep.mkdir(parents=True, exist_ok=True)
                name = pathlib.Path(f).stem
                shutil.copy(f, keep / f"{name}.wasm")
                (keep / f"{name}.txt").write_text(
                    why + "\n\nErmine:\n" + "\n".join(l or []) + "\n\nNode:\n" + "\n".join(r or []) + "\n")
                print(f"{name}: {why}", flush=True)
                if l is None:  # what came after it was not run either
                    break
        print(f"{modules} modules, {compared} the same to the end, {differences} differ, {time.time() - start:.0f} s", flush=True)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
