#!/usr/bin/env python3
"""Makes the Debian packages, installs them into an empty root, uses what is there, and removes them again:
packages_test.py BUILD SOURCE. Their dependencies are those of this machine, so dpkg ignores them."""
import os
import pathlib
import subprocess
import sys
import tempfile

build, source = map(pathlib.Path, sys.argv[1:])
EXPECTED = {"ermine", "libermine0", "libermine-dev", "ermine-extism", "ermine-http", "ermine-keyvalue", "ermine-llvm", "ermine-tls"}


def run(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def require(holds, what):
    if not holds:
        sys.exit(what)


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    run("cpack", "--config", build / "CPackConfig.cmake", "-B", scratch / "made")
    packages = sorted((scratch / "made").glob("*.deb"))
    fields = {}
    for package in packages:
        fields[run("dpkg-deb", "-f", package, "Package").strip()] = run("dpkg-deb", "-f", package)
    optional = {f"ermine-{p}" for p in ("http", "tls", "llvm") if not (build / f"lib/libermine-{p}.so").exists()}
    optional |= {p for p in ("ermine-extism",) if not (build / "lib/libextism.so").exists()}
    require(set(fields) == EXPECTED - optional, f"the packages are {sorted(fields)}")
    for name, text in fields.items():
        require(name == "libermine-dev" or "\nDepends: libc6 (>= " in text, f"{name} does not depend on the C library:\n{text}")
        require("\nDescription: " in text and "\nMaintainer: " in text, f"{name} is not described:\n{text}")
    require("Depends: libermine0 (= " in fields["libermine-dev"], fields["libermine-dev"])

    root = scratch / "root"
    (root / "var/lib/dpkg/info").mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    dpkg = ["dpkg", "--force-not-root", "--force-depends", "--force-script-chrootless", f"--root={root}", "--log=/dev/null"]
    environment = os.environ | {"LD_LIBRARY_PATH": str(root / "usr/lib")}
    run(*dpkg, "-i", *packages)
    for name in fields:
        require((root / "usr/share/doc" / name / "copyright").exists(), f"{name} has no licence")

    # The command, with a plug-in.
    ermine = root / "usr/bin/ermine"
    require(run(ermine, "run", source / "examples/hello/hello.wasm", env=environment).lower().startswith("hello"), "hello")
    out = run(ermine, "run", "--keyvalue", "memory:", source / "examples/hello/hello.wasm", env=environment)
    require(out.lower().startswith("hello"), out)
    # A program in C, with the shared library.
    flags = ["-I", root / "usr/include", "-L", root / "usr/lib"]
    run("cc", "-std=c11", source / "tests/capi/program.c", *flags, "-lermine", "-o", scratch / "program")
    require(run(scratch / "program", env=environment) == "42\n", "the program in C")
    # A program for Extism, by its header and its library's name.
    if "ermine-extism" in fields:
        tests = source / "tests/extism"
        run("cc", "-std=c11", tests / "program.c", *flags, "-lextism", "-o", scratch / "extism")
        run(scratch / "extism", tests / "plugin.wat", tests / "other.wat", env=environment)
    # One in C++, with the static one.
    run("c++", "-std=c++20", source / "examples/embed/gcd.cc", *flags, "-l:libermine.a", "-lpthread", "-o", scratch / "gcd")
    require("6" in run(scratch / "gcd", source / "examples/embed/guest.wasm"), "the program in C++")

    run(*dpkg, "--purge", *fields)
    left = [p for p in root.rglob("*") if p.is_file() and "var/lib/dpkg" not in str(p)]
    require(not left, f"left behind: {left}")
print(f"{len(fields)} packages")
