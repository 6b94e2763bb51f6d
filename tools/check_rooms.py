#!/usr/bin/env python3
"""Small rooms: no source file over 1,500 lines (tables, *.def, aside); those over 800 are listed as a reminder."""
import pathlib
import subprocess
import sys

MOST, MANY = 1500, 800
root = pathlib.Path(__file__).resolve().parent.parent
try:
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True).stdout.split("\n")
except (OSError, subprocess.CalledProcessError):
    names = [str(p.relative_to(root)) for d in ("src", "include", "tests", "tools", "examples", "bench") for p in (root / d).rglob("*")]
sizes = []
for name in names:
    path = root / name
    if path.suffix in (".h", ".cc", ".c", ".py", ".S", ".inc") and path.is_file():
        sizes.append((path.read_text(errors="replace").count("\n"), name))
for size, name in sorted(sizes, reverse=True):
    if size > MANY:
        print(f"{size:6} {name}{'  (the most is %d)' % MOST if size > MOST else ''}")
print(f"{len(sizes)} files, {sum(s for s, _ in sizes)} lines")
sys.exit(1 if not sizes or any(size > MOST for size, _ in sizes) else 0)
