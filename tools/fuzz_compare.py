#!/usr/bin/env python3
"""Runs generated modules in Ermine, in every tier and mode, and in V8 (Node), and compares what they do.

  tools/fuzz_compare.py --seed 1 --rounds 100            modules by the project's own generator
  tools/fuzz_compare.py --generator smith                by another program: `smith SEED COUNT` writes a batch
                                                         (tests/fuzz/module_gen.cc) to standard output
  tools/fuzz_compare.py --also 'qemu-aarch64 … build/aarch64/bin/module_gen' --also-every 50
                                                         each 50th also by another build

Differences are kept in --keep (the module, and both outputs). Of traps only the kind is compared, and NaNs are compared as
NaNs only: the modules make them canonical where their bits could be observed. Exit code 1 if there was a difference, 77 if
there is no suitable Node.
"""
import argparse
import functools
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

# Features that V8 does not have, or has only behind a flag. Relaxed instructions may differ by definition.
WITHOUT = "relaxed-simd,custom-page-sizes,wide-arithmetic,compact-imports"

OLDEST_V8 = 14  # in Node 26

WAITING = 50  # a program that takes this many times its processor time waits for an event that does not come

# (pattern, kind): for the messages of both engines.
KINDS = [
    (r"unreachable", "unreachable"),
    (r"null function reference", "null"),
    (r"divide by zero|remainder by zero", "divide"),
    (r"invalid conversion|integer overflow|unrepresentable", "number"),
    (r"unaligned", "bounds"),  # which of the two is checked first is not specified
    (r"expected shared|Atomics.wait|shared memory", "shared"),
    (r"stack exhausted|call stack size", "LIMIT"),
    (r"too large|heap exhausted|out of memory|fuel|Array buffer allocation", "LIMIT"),
    (r"signature mismatch|indirect call type|undefined element|uninitialized element|table index is out of bounds|"
     r"null function|table access", "table"),
    (r"null|dereferencing", "null"),
    (r"cast", "cast"),
    (r"out of bounds", "bounds"),
]


@functools.lru_cache(maxsize=None)
def kind_of(message):
    for pattern, kind in KINDS:
        if re.search(pattern, message):
            # "table index is out of bounds" may be a call's, or a table instruction's.
            return "bounds" if kind == "table" else kind
    return message


def normal(text):
    """An output without the parts that may differ."""
    text = re.sub(r"nan:[0-9a-f]+", "nan", text)
    return re.sub(r"trap: (.*)", lambda m: "trap: " + kind_of(m[1]), text)


def objects(x, y):
    """V8 checks the first array's bounds before it checks whether the second is null."""
    (a, s, kind), (b, t, other) = x.partition("trap: "), y.partition("trap: ")
    return s != "" and t != "" and a == b and {kind, other} == {"null", "bounds"}


def first_difference(a, b):
    """-> None if equal, "limit" if one of the engines reached a limit of its own, or the two lines that differ"""
    a, b = a.split("\n"), b.split("\n")
    for x, y in zip(a, b):
        if "LIMIT" in x or "LIMIT" in y or "error:" in x:
            return "limit"
        if x != y and not objects(x, y):
            return f"{x} | {y}"
    return None if len(a) == len(b) else f"{len(a)} lines | {len(b)}"


def modules_of(batch):
    at, modules = 0, []
    while at < len(batch):
        (size,) = struct.unpack_from("<I", batch, at)
        modules.append(batch[at + 4:at + 4 + size])
        at += 4 + size
    return modules


def as_batch(modules):
    return b"".join(struct.pack("<I", len(m)) + m for m in modules)


class Machine:
    """A command that runs batches. It is started again behind a module that ends it."""

    def __init__(self, command, folder, seconds, plans_option):
        self.command, self.folder, self.seconds, self.plans_option = command, folder, seconds, plans_option

    def limit(self):
        """In the child: SIGXCPU ends a program that never ends, however little processor time a busy machine gives it."""
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds + 5))

    def accounts(self, batch, count, plans):
        """-> one text per module, or the exit code of the program that ended with it"""
        found = []
        while len(found) < count:
            begin = len(found)
            words = [*self.command, "--batch", batch, "--plans", plans, "--from", str(begin)] if self.plans_option else \
                [*self.command, batch, plans, str(begin)]
            output = self.folder / "output"
            with open(output, "wb") as out:
                try:
                    code = subprocess.run(words, stdout=out, stderr=subprocess.STDOUT, preexec_fn=self.limit,
                                          timeout=WAITING * self.seconds).returncode
                except subprocess.TimeoutExpired:
                    code = -signal.SIGALRM
            text = output.read_text(errors="replace")
            for account in re.findall(r"^== \d+([^\n]*\n.*?)^== end$", text, re.M | re.S):
                found.append(account.partition("\n")[2])
            if code not in (0, 1) and len(found) < count:
                found.append(code)
            elif len(found) < count:
                sys.exit(f"{shlex.join(words)} gave {len(found)} outputs for {count} modules:\n{text[-2000:]}")
        return found


def verdict(ours, theirs):
    """-> the problem or None, and how the comparison ended: same, limit, compile or imports"""
    if not isinstance(ours, str):
        return f"no output from Ermine (exit code {ours})", None
    if found := re.search(r"^bug of the engine: .*", ours, re.M):
        return found[0], None
    if "\nDIFFERENCE" in ours:
        return "the variants differ", None
    if "(upper half not zero)" in ours:
        return "the slot of a 32-bit number has a non-zero upper half", None
    if not isinstance(theirs, str):
        return f"no output from the other engine (exit code {theirs})", None
    if ours.startswith("compile") or theirs.startswith("compile"):
        if ours.startswith("compile") and theirs.startswith("compile: ") and theirs != "compile: ok\n":
            return None, "compile"
        return f"compiles in one engine only: {ours.splitlines()[0]} | {theirs.splitlines()[0]}", None
    if ours.startswith("imports") and theirs.startswith("imports"):
        return None, "imports"
    x, y = normal(ours), normal(theirs)
    if x == y and "LIMIT" not in x:
        return None, "same"
    found = first_difference(x, y)
    return (None, found or "same") if found in (None, "limit") else (found, None)


class Comparison:
    def __init__(self, a, folder):
        self.a, self.folder = a, folder
        module_gen = str(pathlib.Path(a.build) / "bin" / "module_gen")
        self.module_gen = module_gen
        run = [*shlex.split(a.emulator), module_gen, "run", "--modes", str(a.modes)]
        self.ours = Machine(run, folder, a.seconds, True)
        runner = str(pathlib.Path(__file__).with_name("fuzz_run.mjs"))
        self.theirs = Machine([a.node, "--no-warnings", *a.node_flags.split(), runner], folder, a.seconds, False)
        self.also = Machine([*shlex.split(a.also), "run", "--modes", str(a.modes)], folder, a.seconds, True) if a.also else None
        self.counts = dict.fromkeys(("modules", "same", "limit", "compile", "imports", "differ", "also"), 0)
        self.spent = dict.fromkeys(("generator", "Ermine", "V8", "also"), 0.0)

    def timed(self, what, action, *arguments):
        start = time.time()
        result = action(*arguments)
        self.spent[what] += time.time() - start
        return result

    def generate(self, seed):
        a = self.a
        if a.generator:
            words = [*shlex.split(a.generator), str(seed), str(a.count)]
        else:
            words = [self.module_gen, "write", "--seed", str(seed), "--count", str(a.count), "--canonical-nans",
                     "--without", a.without, *(["--linked"] if a.linked else []), "-"]
        return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout

    def batch(self, name, modules):
        path = self.folder / name
        path.write_bytes(as_batch(modules))
        plans = self.folder / (name + ".plans")
        plans.write_text("")
        return str(path), len(modules), str(plans)

    def round(self, seed):
        modules = modules_of(self.timed("generator", self.generate, seed))
        batch = self.batch("batch", modules)
        ours = self.timed("Ermine", self.ours.accounts, *batch)
        theirs = self.timed("V8", self.theirs.accounts, *batch)
        for i, module in enumerate(modules):
            self.counts["modules"] += 1
            self.judge(str(seed + i), module, ours[i], theirs[i])
        if self.also:
            chosen = [i for i in range(len(modules)) if (seed + i) % self.a.also_every == 0]
            if chosen:
                other = self.timed("also", self.also.accounts, *self.batch("also", [modules[i] for i in chosen]))
                for i, account in zip(chosen, other):
                    self.counts["also"] += 1
                    self.judge(f"{seed + i}-also", modules[i], account, theirs[i], count=False)

    def judge(self, name, module, ours, theirs, count=True):
        why, end = verdict(ours, theirs)
        if why is None:
            self.counts[end] += count
            return
        self.counts["differ"] += 1
        keep = pathlib.Path(self.a.keep)
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{name}.wasm").write_bytes(module)
        (keep / f"{name}.txt").write_text(f"{why}\n\nErmine:\n{ours}\n\nthe other engine:\n{theirs}\n")
        print(f"{name}: {why}", flush=True)

    def report(self, start):
        c, seconds = self.counts, time.time() - start
        parts = ", ".join(f"{k} {v:.0f} s" for k, v in self.spent.items() if v > 0)
        also = f"; {c['also']} also in the other build" if self.also else ""
        print(f"{c['modules']} modules: {c['same']} the same to the end, {c['limit']} up to a limit, {c['compile']} compile in "
              f"neither, {c['imports']} with imports that cannot be had; {c['differ']} differ{also}; {seconds:.0f} s, "
              f"{c['modules'] / seconds:.0f}/s ({parts})", flush=True)


def unusable(node):
    """-> why that node is not suitable, or None"""
    if not node:
        return "node is not in PATH"
    version = subprocess.run([node, "-p", "process.versions.v8"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return None if int(version.split(".")[0]) >= OLDEST_V8 else f"V8 {version.strip()} does not have all of WebAssembly 3.0"


def self_test():
    good = "instantiate: ok\ne0#0: i32:7\ne0#1: trap: out of bounds memory access\ne1 = f32:nan:7fc00000\nlog: 0\n"
    theirs = good.replace("nan:7fc00000", "nan").replace("out of bounds memory access", "memory access out of bounds")
    cases = [
        ("the same", good, theirs, "same"),
        ("another result", good, theirs.replace("i32:7", "i32:8"), None),
        ("another trap", good, theirs.replace("memory access out of bounds", "divide by zero"), None),
        ("no trap", good, theirs.replace("trap: memory access out of bounds", "i32:0"), None),
        ("a line less", good, theirs.replace("log: 0\n", ""), None),
        ("variants", good + "DIFFERENCE in interp:\n" + good, theirs, None),
        ("a refusal of the verifier", good + "bug of the engine: function 1 cannot be verified\n", theirs, None),
        ("an upper half", good.replace("i32:7", "i32:7(upper half not zero)"), theirs, None),
        ("a crash", -11, theirs, None),
        ("a crash of the other", good, -11, None),
        ("both refuse", "compile: a type is missing\n", "compile: no type\n", "compile"),
        ("one refuses", "compile: a type is missing\n", "compile: ok\n", None),
        ("the other refuses", good, "compile: no type\n", None),
        ("not run", "imports: not for both\n", "imports: not for both\n", "imports"),
        ("one not run", good, "imports: not for both\n", None),
        ("a limit", good.replace("out of bounds memory access", "call stack exhausted"),
         theirs.replace("f32:nan", "f32:0"), "limit"),
        ("before a limit", good.replace("out of bounds memory access", "call stack exhausted"),
         theirs.replace("i32:7", "i32:8"), None),
    ]
    wrong = [name for name, x, y, expected in cases if verdict(x, y)[1] != expected]
    packed = [b"", b"\0asm", b"x" * 300]
    if modules_of(as_batch(packed)) != packed:
        wrong.append("batches")
    for name in wrong:
        print(f"self-test: {name}")
    sys.exit(1 if wrong else 0)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build/release", help="build folder with bin/module_gen")
    p.add_argument("--emulator", default="", help="emulator for that build's programs")
    p.add_argument("--modes", type=int, default=1,
                   help="modes besides the plain one that each module runs in, by turns; all tiers always do")
    p.add_argument("--also", help="module_gen of another build, with its emulator")
    p.add_argument("--also-every", type=int, default=50, help="it runs one module in this many")
    p.add_argument("--node", default=os.environ.get("NODE") or shutil.which("node"), help="the node command (or $NODE)")
    p.add_argument("--node-flags", default="", help="for instance --liftoff-only")
    p.add_argument("--generator", help="another generator, called with SEED COUNT; writes a batch")
    p.add_argument("--linked", action="store_true", help="modules of Ermine's generator import from others")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rounds", type=int, default=10)
    p.add_argument("--count", type=int, default=1000, help="modules per round")
    p.add_argument("--seconds", type=int, default=300, help="processor time for one program and round; after that it counts as hanging")
    p.add_argument("--keep", default="build/fuzz-differences", help="folder for differences")
    p.add_argument("--without", default=WITHOUT, help="features that Ermine's generator does not use")
    p.add_argument("--stop-at", type=int, default=0, help="stop after this many differences")
    p.add_argument("--self-test", action="store_true", help="test the comparison on invented outputs")
    a = p.parse_args()
    if a.self_test:
        self_test()
    if why := unusable(a.node):
        print(f"skipped: {why}; say --node")
        sys.exit(77)
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(a, pathlib.Path(folder))
        for round_ in range(a.rounds):
            comparison.round(a.seed + round_ * a.count)
            comparison.report(start)
            if a.stop_at and comparison.counts["differ"] >= a.stop_at:
                break
    sys.exit(1 if comparison.counts["differ"] else 0)


if __name__ == "__main__":
    main()
