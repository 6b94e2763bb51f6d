#!/usr/bin/env python3
"""perf shows functions in machine code by name: `ermine run --profile=perfmap` and `--profile=jitdump` under the real
perf. Exit code 77, with the reason, if perf is missing or may not record.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Nearly all of its time is spent in $hot, which $warm calls.
PROGRAM = """
(module
  (func $hot (param i32) (result i32) (local $i i32)
    (loop $l
      (local.set 0 (i32.mul (i32.add (local.get 0) (local.get $i)) (i32.const 1664525)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
    (local.get 0))
  (func $warm (param i32) (result i32) (call $hot (local.get 0)))
  (func (export "_start") (local $n i32)
    (loop $m
      (drop (call $warm (local.get $n)))
      (br_if $m (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2000))))))
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def run(*command, directory):
    return subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def share_of(report, function):
    """Percent of the samples that perf gives the function."""
    for line in report.splitlines():
        if m := re.match(r"\s*([0-9.]+)%.*\s" + re.escape(function) + r"\s*$", line):
            return float(m.group(1))
    return 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ermine", required=True, type=pathlib.Path)
    ermine = str(parser.parse_args().ermine.resolve())
    if not shutil.which("perf"):
        skip("perf is not installed (package linux-perf)")
    with tempfile.TemporaryDirectory(prefix="ermine-perf-") as name:
        directory = pathlib.Path(name)
        (directory / "spin.wat").write_text(PROGRAM)
        probe = run("perf", "record", "-o", "probe.data", "true", directory=directory)
        if probe.returncode != 0:
            lines = probe.stderr.strip().splitlines()
            skip("perf may not record here: " + (lines[0] if lines else "no reason given"))

        # The optimising tier inlines calls: what runs is $_start then.
        has_optimizing = run(ermine, "run", "--tier=optimized", "spin.wat", directory=directory).returncode == 0
        for how, tier, function in (("perfmap", "auto", "hot"), ("jitdump", "auto", "hot"), ("perfmap", "optimized", "_start|hot")):
            if tier == "optimized" and not has_optimizing: continue
            for dump in directory.glob("jit-*.dump"): dump.unlink()
            recorded = run("perf", "record", "-k", "mono", "-o", "perf.data", ermine, "run", f"--profile={how}", f"--tier={tier}",
                           "spin.wat", directory=directory)
            if recorded.returncode != 0:
                sys.exit(f"perf record with --profile={how} failed:\n{recorded.stderr}")
            data = "perf.data"
            if how == "jitdump":
                dumps = list(directory.glob("jit-*.dump"))
                if len(dumps) != 1:
                    sys.exit(f"expected one jit-PID.dump, found {dumps}")
                injected = run("perf", "inject", "--jit", "-i", data, "-o", "injected.data", directory=directory)
                if injected.returncode != 0:
                    sys.exit(f"perf inject failed:\n{injected.stderr}")
                data = "injected.data"
            report = run("perf", "report", "-i", data, "--stdio", directory=directory).stdout
            share = sum(share_of(report, name) for name in function.split("|"))
            print(f"{how}, {tier}: {share} % of the samples are in {function}")
            if share < (20 if tier == "optimized" else 50):  # making it takes a part of the time
                sys.exit(f"with --profile={how} perf does not see {function}:\n{report}")
            for leftover in pathlib.Path("/tmp").glob("perf-*.map"):
                if re.search(r" (hot|_start)$", leftover.read_text(errors="replace"), re.M):
                    leftover.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
