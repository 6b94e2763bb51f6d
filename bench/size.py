#!/usr/bin/env python3
"""The size of Ermine: the stripped release command, and the code of the interpreter-only library (preset `minimal`).
Compares them with the project's limits; exit code 1 if one is exceeded.
  bench/size.py [--json]      builds nothing: first run cmake --build --preset release and --preset minimal
The library's code is the machine code of the whole archive, linked into one object: templates that several objects share
count once, and no unused function is removed, as a program's linker would do. Read-only data, unwind tables and writable
data are listed separately.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT_COMMAND = 3_800_000   # without the stencils, which have a limit of their own; 150 kB of it verify machine code, 100 kB
                            # read configuration files and decode names of C++ and Rust, 670 kB run components and read WIT,
                            # 170 kB make components from modules and from components, and list them, 140 kB are WASI 0.2
                            # and write bindings, 80 kB are the network, 95 kB wasi:http without its plug-in,
                            # 150 kB WASI 0.3 with its sockets and requests, 7 kB grants of stores of keys and values,
                            # 29 kB wasi:tls without its plug-in, 20 kB the optimising tier without its own,
                            # 80 kB verify its code
LIMIT_STENCILS = 1_500_000
LIMIT_LIBRARY = 300_000


def tool(name):
    return shutil.which(f"llvm-{name}-19") or shutil.which(f"llvm-{name}") or name


def stencil_size(program):
    """Bytes of the baseline compiler's tables in the command; 0 if it has none."""
    for line in subprocess.run(["nm", "-S", program], check=True, capture_output=True, text=True).stdout.splitlines():
        fields = line.split()
        if fields[-1] == "ermine_stencil_file" and len(fields) == 4:
            return int(fields[1], 16)
    return 0


def stripped_size(program):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([tool("strip"), "-o", out.name, program], check=True)
        return os.path.getsize(out.name)


def sections(file):
    """Bytes of code, read-only data, unwind tables and writable data of an object or a program."""
    out = subprocess.run([tool("readelf"), "-S", "--wide", str(file)], check=True, capture_output=True, text=True).stdout
    sizes = collections.Counter()
    for line in out.splitlines():
        m = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+(\S+)\s+\S+\s+\S+\s+([0-9a-f]+)\s+\S+\s+([A-Za-z]*)\s", line)
        if not m: continue
        name, kind, size, flags = m.group(1), m.group(2), int(m.group(3), 16), m.group(4)
        if "A" not in flags: continue
        if name.startswith((".eh_frame", ".gcc_except")): what = "unwind"
        elif "W" in flags: what = "bss" if kind == "NOBITS" else "data"
        elif "X" in flags: what = "text"
        else: what = "rodata"
        sizes[what] += size
    return sizes


def library_sections(archive):
    """The same of everything in an archive, linked into one object."""
    with tempfile.NamedTemporaryFile(suffix=".o") as out:
        linker = shutil.which("ld.lld-19") or shutil.which("ld.lld") or "ld"
        subprocess.run([linker, "-r", "--whole-archive", str(archive), "-o", out.name], check=True)
        symbols = subprocess.run([tool("nm"), "--print-size", "--size-sort", "--reverse-sort", "--demangle", out.name],
                                 check=True, capture_output=True, text=True).stdout
        largest = re.findall(r"^[0-9a-f]+ ([0-9a-f]+) [tTwW] ([^\n(]{1,80})", symbols, re.MULTILINE)[:8]
        return sections(out.name), {name: int(size, 16) for size, name in largest}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--known-over", metavar="NAME", action="append", default=[],
                        help="command_stripped or minimal_library: report that it is over its limit, but do not fail")
    args = parser.parse_args()
    report, ok = {}, True

    command = ROOT / "build/release/bin/ermine"
    if command.exists():
        stencils = stencil_size(command)
        report["command_stripped"] = {"bytes": stripped_size(command) - stencils, "limit": LIMIT_COMMAND}
        if stencils:
            report["stencils"] = {"bytes": stencils, "limit": LIMIT_STENCILS}
    archive = ROOT / "build/minimal/lib/libermine.a"
    if archive.exists():
        sizes, largest = library_sections(archive)
        report["minimal_library"] = {"bytes": sizes["text"], "limit": LIMIT_LIBRARY, **sizes, "largest": largest}
    if not report:
        print("neither is built", file=sys.stderr)
        return 2
    for name, entry in report.items():
        entry["within_limit"] = entry["bytes"] <= entry["limit"]
        ok = ok and (entry["within_limit"] or name in args.known_over)
    if args.json:
        print(json.dumps(report, indent=2))
        return 0 if ok else 1
    for name, entry in report.items():
        print(f"{name.replace('_', ' '):20} {entry['bytes'] / 1000:9.1f} kB  (limit {entry['limit'] / 1000:.0f} kB){'' if entry['within_limit'] else '  TOO BIG'}")
        for key in ("text", "rodata", "unwind", "data", "bss"):
            if key in entry: print(f"  {key:18} {entry[key] / 1000:9.1f} kB")
        for member, size in entry.get("largest", {}).items():
            print(f"    {size / 1000:7.1f} kB  {member}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
