#!/usr/bin/env python3
"""Runs clang-format on every C and C++ file under git and lists the files that differ. `make format` formats them."""
import pathlib
import shutil
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
tool = shutil.which("clang-format-19") or "clang-format"
files = subprocess.run(["git", "ls-files", "*.h", "*.cc", "*.c"], cwd=root, check=True, capture_output=True, text=True).stdout.split()
bad = []
for at in range(0, len(files), 20):
    done = subprocess.run([tool, "--dry-run", "--Werror", *files[at:at + 20]], cwd=root, capture_output=True, text=True)
    bad += sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
print("\n".join(bad))
print(f"{len(files)} files, {len(bad)} to be formatted (make format)")
sys.exit(1 if bad or not files else 0)
