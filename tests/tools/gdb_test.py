#!/usr/bin/env python3
"""gdb sees machine code with `ermine run -g`: functions have names, breakpoints can be set on them before they are
compiled, and a backtrace contains all frames, those of machine code, of the interpreter's handlers and of the host.
Exit code 77, with the reason, if gdb is missing or may not trace processes.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func $leaf (param i32) (result i32) (i32.load (local.get 0)))
  (func $middle (param i32) (result i32)
    (i32.add (call $leaf (local.get 0)) (call $leaf (i32.const 8))))
  ;; Values in registers are stored in front of the call.
  (func $busy (param i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $i) (local.get 0))))
      (local.set $sum (i32.add (local.get $sum) (call $middle (local.get $i))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 16))))
    (local.get $sum))
  (func $waits (result i32) (i32.add (call $yield) (i32.const 1)))
  (func (export "_start")
    (drop (call $busy (i32.const 3)))
    (drop (call $waits))
    (drop (call $middle (i32.const 100000)))))
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def gdb(directory, commands, *program):
    words = ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", "set breakpoint pending on", "-ex",
             "set width 0"]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run([*words, "--args", *program], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.stdout


def backtraces(output):
    """The functions of each backtrace, innermost first."""
    traces = []
    for line in output.splitlines():
        if m := re.match(r"#(\d+)\s+(?:0x[0-9a-f]+ in )?(.*?) ?\(", line):
            if m.group(1) == "0": traces.append([])
            traces[-1].append(m.group(2))
    return traces


def expect(condition, what, output):
    if not condition: sys.exit(f"FAILED: {what}\n{output}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ermine", required=True, type=pathlib.Path)
    ermine = str(parser.parse_args().ermine.resolve())
    if not shutil.which("gdb"):
        skip("gdb is not installed (package gdb)")
    with tempfile.TemporaryDirectory(prefix="ermine-gdb-") as directory:
        (pathlib.Path(directory) / "p.wat").write_text(PROGRAM)
        probe = gdb(directory, ["run"], "/bin/true")
        if "exited normally" not in probe:
            skip("gdb may not run a program here: " + (probe.strip().splitlines() or ["no reason given"])[-1])
        run = [ermine, "run", "-g", "--tier=baseline", "p.wat"]

        # The callers of the first calls of $leaf, and where one returns to.
        output = gdb(directory, ["break leaf", "run", "bt", "finish", "bt", "continue", "bt", "delete", "break sched_yield",
                                 "continue", "bt", "delete", "continue", "bt", "continue"], *run)
        traces = backtraces(output)
        expect(len(traces) == 5, f"{len(traces)} backtraces instead of 5", output)
        inner, returned, again, host, trap = traces
        expect(inner[:5] == ["leaf", "middle", "busy", "_start", "ermine_enter"], inner, output)
        expect(returned[:4] == ["middle", "busy", "_start", "ermine_enter"], returned, output)
        expect(again[:4] == inner[:4], again, output)
        # Machine code calls the host function directly.
        expect("sched_yield" in host[0] and "waits" in host, host, output)
        expect(host[host.index("waits"):][:3] == ["waits", "_start", "ermine_enter"], host, output)
        # The access out of bounds, at its position, before it becomes a trap.
        expect("SIGSEGV" in output and trap[:4] == ["leaf", "middle", "_start", "ermine_enter"], trap, output)
        # A build whose calls take much of the native stack (one that is not optimised) runs the guest on a stack of its own.
        for trace in traces:
            expect(trace[-1] in ("main", "ermine_fiber_start") and any("runtime::call" in f for f in trace), f"cut short: {trace}",
                   output)
        print("ok: ", " < ".join(inner[:5]), "... main")

        # The same in optimised code: the frame of a function that is inlined is its caller's.
        if subprocess.run([ermine, "run", "--tier=optimized", "p.wat"], cwd=directory, capture_output=True).returncode == 134:
            output = gdb(directory, ["break sched_yield", "run", "bt", "delete", "continue", "bt", "continue"], ermine, "run",
                         "-g", "--tier=optimized", "p.wat")
            traces = backtraces(output)
            expect(len(traces) == 2, f"{len(traces)} backtraces instead of 2", output)
            host, trap = traces
            expect("sched_yield" in host[0] and "_start" in host and "ermine_enter" in host, host, output)
            expect("SIGSEGV" in output and "_start" in trap and "ermine_enter" in trap, trap, output)
            for trace in traces:
                expect(trace[-1] in ("main", "ermine_fiber_start") and any("runtime::call" in f for f in trace), f"cut short: {trace}",
                       output)
            print("ok, optimised: ", " < ".join(trap[:3]), "... main")

        # Without -g there is nothing to see.
        output = gdb(directory, ["break leaf", "handle SIGSEGV nostop noprint pass", "run"], ermine, "run", "p.wat")
        expect("Breakpoint 1, " not in output, "a breakpoint without -g", output)


if __name__ == "__main__":
    main()
