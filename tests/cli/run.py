#!/usr/bin/env python3
"""Runs a text file of command lines and compares their output and exit codes.
  --- name.wat             a file for the cases below, up to the next line that begins with "---" or "$"
  (module ...)
  $ ermine run name.wat    a command, run by sh in a fresh directory; `ermine` is the one under test
  expected standard output
  ! expected standard error
  ? 1                      expected exit code, if not 0
In expected lines "[..]" stands for anything within a line, and a line "..." for any number of lines.
A bug that the engine reports fails the case, unless exactly that is expected.
A blank line before the next "$" is not part of the expectation; lines beginning with "#" are comments.
"""
import argparse
import ctypes
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

BUG = "bug of the engine"


def parse(text):
    """-> list of ("file", name, text) and ("case", line number, command, out, err, code)"""
    items, lines, i = [], text.split("\n"), 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("--- "):
            body = []
            i += 1
            while i < len(lines) and not lines[i].startswith(("--- ", "$ ")):
                body.append(lines[i])
                i += 1
            while body and not body[-1]:
                body.pop()
            items.append(("file", line[4:].strip(), "\n".join(body) + "\n"))
            continue
        if line.startswith("$ "):
            number, command, out, err, code = i + 1, line[2:], [], [], 0
            i += 1
            while i < len(lines) and not lines[i].startswith(("--- ", "$ ")):
                if lines[i].startswith("! ") or lines[i] == "!":
                    err.append(lines[i][2:])
                elif lines[i].startswith("? "):
                    code = int(lines[i][2:])
                elif not lines[i].startswith("#"):
                    out.append(lines[i])
                i += 1
            while out and not out[-1]:
                out.pop()
            items.append(("case", number, command, out, err, code))
            continue
        if line and not line.startswith("#"):
            sys.exit(f"line {i + 1}: neither a command, a file nor a remark: {line}")
        i += 1
    return items


def matches(expected, actual):
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("[..]")) + r"\n"
    return re.fullmatch(pattern, actual) is not None


def has_landlock():
    """Asks the kernel for its ABI version of Landlock; the call has the same number on all architectures."""
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) > 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--ermine", required=True, type=pathlib.Path)
    arguments.add_argument("--emulator", default="", help="runs the command, if it is for another processor")
    arguments.add_argument("--examples", type=pathlib.Path, help="available to the cases as $EXAMPLES")
    arguments.add_argument("--modules", type=pathlib.Path, help="available to the cases as $MODULES")
    arguments.add_argument("file", type=pathlib.Path)
    options = arguments.parse_args()
    items = parse(options.file.read_text())
    failures = cases = 0
    with tempfile.TemporaryDirectory(prefix="ermine-cli-") as directory:
        tools = pathlib.Path(directory) / "tools"
        work = pathlib.Path(directory) / "work"
        tools.mkdir()
        work.mkdir()
        # An emulator may not support the process sandbox, and a kernel may lack Landlock, which is noted: another test
        # covers that.
        less = "--sandbox=off" if options.emulator else "" if has_landlock() else "--no-landlock"
        if less:
            words = shlex.join([*shlex.split(options.emulator), str(options.ermine.resolve())])
            (tools / "ermine").write_text(
                f'#!/bin/sh\ncase "$1" in\n  run|validate|inspect|strip|explore|parse|print|objdump|wast)\n'
                f'    c=$1; shift; exec {words} "$c" {less} "$@";;\n'
                f'  *.wat|*.wasm|--env) exec {words} run {less} "$@";;\nesac\nexec {words} "$@"\n')
            (tools / "ermine").chmod(0o755)
        else:
            (tools / "ermine").symlink_to(options.ermine.resolve())
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", NO_COLOR="1", LC_ALL="C.UTF-8",
                           EXAMPLES=str(options.examples), MODULES=str(options.modules), WORK=str(work))
        for item in items:
            if item[0] == "file":
                path = work / item[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(item[2])
                continue
            _, number, command, out, err, code = item
            cases += 1
            try:
                done = subprocess.run(["sh", "-c", command], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                                      capture_output=True, timeout=120)
            except subprocess.TimeoutExpired:
                print(f"{options.file}:{number}: $ {command}\n  did not end within 120 s")
                failures += 1
                continue
            actual_out = done.stdout.decode(errors="replace")
            actual_err = done.stderr.decode(errors="replace")
            ok = done.returncode == code
            for expected, actual in ((out, actual_out), (err, actual_err)):
                if actual and not actual.endswith("\n"):
                    actual += "\n"
                ok = ok and matches(expected, actual)
            # Reported on standard error wherever it happens; a "..." must not hide it.
            if BUG in actual_err and not any(BUG in line for line in err):
                ok = False
            if ok:
                continue
            failures += 1
            print(f"{options.file}:{number}: $ {command}")
            for label, expected, actual in (("stdout", out, actual_out), ("stderr", err, actual_err)):
                found = actual.splitlines()
                if found == expected:
                    continue
                for line in difflib.unified_diff(expected, found, f"{label}, expected", f"{label}, found", lineterm="", n=1):
                    print(f"    {line}")
            print(f"  exit code {done.returncode}, expected {code}")
    print(f"{cases} cases, {failures} failed")
    if cases == 0:
        sys.exit("no cases at all")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
