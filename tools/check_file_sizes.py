#!/usr/bin/env python3
"""File size limits: most source files have at most 200 lines, few have more than 500, and none has more than 800.

Tables (*.def) and scripts of the test suite (*.wast, *.wat, *.txt) are exempt. EXCEPTIONS lists longer files with the
reason; at the moment there are none. Files over 500 lines are printed as a reminder.
"""
import argparse
import pathlib
import subprocess
import sys

USUAL, LARGE, MOST = 200, 500, 800  # lines
USUAL_SHARE, LARGE_SHARE = 0.75, 0.02  # of the files: at least, at most
EXCEPTIONS = {}  # path: why it is longer than MOST
SOURCES = (".h", ".cc", ".c", ".py", ".S", ".inc")
ROOT = pathlib.Path(__file__).resolve().parent.parent


def sizes(root):
    """{path: lines} of the source files."""
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True,
                               text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(root)) for d in ("src", "include", "tests", "tools", "examples", "bench")
                 for p in (root / d).rglob("*")]
    return {name: (root / name).read_text(errors="replace").count("\n") for name in names
            if pathlib.Path(name).suffix in SOURCES and (root / name).is_file()}


def check(lines, exceptions=EXCEPTIONS):
    """Problems of {path: lines}."""
    problems = [f"{name}: {n} lines; the limit is {MOST}" for name, n in sorted(lines.items()) if n > MOST and name not in exceptions]
    problems += [f"{name}: no longer needs its exception" for name in exceptions if lines.get(name, 0) <= MOST]
    usual = sum(n <= USUAL for n in lines.values())
    large = sum(n > LARGE for n in lines.values())
    if usual < USUAL_SHARE * len(lines):
        problems.append(f"only {usual} of {len(lines)} files have at most {USUAL} lines; at least {USUAL_SHARE:.0%} should")
    if large > LARGE_SHARE * len(lines):
        problems.append(f"{large} of {len(lines)} files have more than {LARGE} lines; at most {LARGE_SHARE:.0%} should")
    return problems


def self_test():
    small = {f"small{i}": 100 for i in range(97)}
    cases = [
        (small | {"a": USUAL, "b": LARGE, "c": MOST}, {}, None),
        (small | {"a": MOST + 1}, {}, "a: 801 lines"),
        (small | {"a": MOST + 1}, {"a": "generated"}, None),
        (small | {"a": MOST}, {"a": "generated"}, "no longer needs"),
        (small | {"a": 501, "b": 501, "c": 501}, {}, "more than 500"),
        (small | {f"middle{i}": 201 for i in range(40)}, {}, "at most 200"),
    ]
    failures = []
    for lines, exceptions, expected in cases:
        problems = check(lines, exceptions)
        if [p for p in problems if not expected or expected not in p] or bool(expected) != bool(problems):
            failures.append(f"expected {expected}, got {problems}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true")
    if parser.parse_args().self_test:
        failures = self_test()
        print("\n".join(failures) or "the check catches what it should")
        return 1 if failures else 0
    lines = sizes(ROOT)
    problems = check(lines)
    for n, name in sorted(((n, name) for name, n in lines.items() if n > LARGE), reverse=True):
        print(f"{n:6} {name}")
    print("\n".join([*problems, f"{len(lines)} files, {sum(lines.values())} lines"]))
    return 1 if problems or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
