#!/usr/bin/env python3
"""Installs the Python package into an environment of its own, by pip and without a network, and runs its tests, and the
guide's programs in Python.
python.py BUILT SOURCE GUIDE SCRATCH: the folder with the built extension module; bindings/python; examples/guide; a folder to
work in.
Exit code 77: a package of Debian is missing."""
import os
import pathlib
import shutil
import subprocess
import sys

# What the guide's programs print.
PROGRAMS = {
    "component.py": "['Hello, Countess Ada', 'Hello, Grace']\n",
    "interruption.py": "another thread: INTERRUPTED\ntime limit: INTERRUPTED\nit ran: True\n",
    "overview.py": "1\n3\n",
    "waiting.py": "[30, 40]\n",
    "memory.py": "WHITE IN WINTER\nBROWN IN WINTER\nMEMORY_OUT_OF_BOUNDS in 0\n",
}
built, source, guide, scratch = map(pathlib.Path, sys.argv[1:])
FIT = f"""
import importlib.util, pathlib, sys, sysconfig
missing = ["python3-" + n for n in ("pip", "pytest", "setuptools", "venv", "wheel") if importlib.util.find_spec(n) is None]
if not pathlib.Path({str(built)!r}, "_ermine" + sysconfig.get_config_var("EXT_SUFFIX")).exists(): missing.append("its extension module")
print(*missing)
"""
# The interpreter that CMake found may be one that has no packages of Debian.
for interpreter in (sys.executable, "/usr/bin/python3"):
    missing = subprocess.run([interpreter, "-c", FIT], check=True, capture_output=True, text=True).stdout.strip()
    if not missing: break
else:
    print(f"NOT RUN: the tests of the Python package need {missing}")
    sys.exit(77)
shutil.rmtree(scratch, ignore_errors=True)
copy = scratch / "source"
shutil.copytree(source, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
subprocess.run([interpreter, "-m", "venv", "--system-site-packages", "--without-pip", scratch / "venv"], check=True)
python = scratch / "venv/bin/python"
environment = dict(os.environ, ERMINE_PYTHON_PREBUILT=str(built), PIP_DISABLE_PIP_VERSION_CHECK="1")
subprocess.run([python, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index", copy], env=environment, check=True)
plugins = built.parent / "lib"
tested = dict(os.environ, ERMINE_EXAMPLES=str(guide.parent))
if (plugins / "libermine-llvm.so").exists(): tested |= {"ERMINE_TEST_PLUGINS": "1", "LD_LIBRARY_PATH": str(plugins)}
failed = False
for program in sorted(guide.glob("*.py")):
    done = subprocess.run([python, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0 and done.stdout == PROGRAMS.get(program.name): continue
    print(f"{program} ended with {done.returncode}, and printed:\n{done.stdout}")
    failed = True
sys.exit(failed or subprocess.run([python, "-X", "faulthandler", "-m", "pytest", "-q", "-p", "no:cacheprovider", "."], cwd=copy / "tests", env=tested).returncode)
