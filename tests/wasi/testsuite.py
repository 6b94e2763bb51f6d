#!/usr/bin/env python3
"""Runs the public wasi-testsuite (WebAssembly/wasi-testsuite, with its compiled programs: branch prod/testsuite-base).
  testsuite.py --ermine build/release/bin/ermine --tier baseline ../shared/wasi-testsuite
Each program runs with the arguments, environment and files that the file beside it (NAME.json, described in the suite's
doc/specification.md) lists, on a copy of its directory, and must end with the exit code and output listed there. Exits with
77, which ctest shows as skipped, if the suite is not available. (ermine_adapter.py is for the suite's own runner, which needs
a newer Python.)
"""
import argparse
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
LEGACY = {"args": [], "env": {}, "root": None, "exit_code": 0, "stdout": None, "stderr": None}


class Unknown(Exception):
    pass


def read_case(program):
    """{args, env, root, exit_code, stdout, stderr} of a program. A text of None is not checked."""
    path = program.with_suffix(".json")
    given = json.loads(path.read_text()) if path.exists() else {}
    case = dict(LEGACY)
    if "operations" not in given:
        unknown = set(given) - set(LEGACY)
        case.update(given)
    else:
        unknown = set(given) - {"operations", "proposals"}
        for operation in given["operations"]:
            operation = dict(operation)
            kind = operation.pop("type")
            if kind == "run":
                unknown |= set(operation) - {"args", "env", "root"}
                case.update(operation)
            elif kind == "wait":
                case["exit_code"] = operation.get("exit_code", 0)
            elif kind == "read":
                case[operation.get("id", "stdout")] = operation.get("payload", "")
            else:
                unknown.add(kind)
    if unknown:
        raise Unknown(f"asks for {', '.join(sorted(unknown))}, which this runner does not know")
    return case


def run_case(command, program):
    """The error; None if there is none."""
    try:
        case = read_case(program)
    except Unknown as unknown:
        return str(unknown)
    with tempfile.TemporaryDirectory(prefix="ermine-wasi-") as directory:
        words = list(command)
        for name, value in case["env"].items():
            words += ["--env", f"{name}={value}"]
        if case["root"]:
            root = pathlib.Path(directory) / "root"
            shutil.copytree(program.parent / case["root"], root, symlinks=True)
            words += ["--dir", f"{root}::/"]
        try:
            done = subprocess.run([*words, str(program), *case["args"]], stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=120)
        except subprocess.TimeoutExpired:
            return "does not end"
    output = {"stdout": done.stdout.decode(errors="replace"), "stderr": done.stderr.decode(errors="replace")}
    if done.returncode != case["exit_code"]:
        return f"exit code {done.returncode}, expected {case['exit_code']}\n{output['stderr']}"
    if "bug of the engine" in output["stderr"]:
        return output["stderr"]
    for stream, text in output.items():
        if case[stream] is not None and text != case[stream]:
            return f"{stream} is {text!r}, expected {case[stream]!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ermine", required=True, type=pathlib.Path)
    parser.add_argument("--emulator", default="", help="runs the command, if it is for another processor")
    parser.add_argument("--tier", default="auto")
    parser.add_argument("suite", type=pathlib.Path)
    options = parser.parse_args()
    programs = sorted(options.suite.glob("tests/*/testsuite/wasm32-wasip1/*.wasm"))
    if not programs:
        print(f"The wasi-testsuite is not at {options.suite}, or not its branch with compiled programs.\n"
              "Set the CMake variable ERMINE_WASI_TESTSUITE to where it is.")
        sys.exit(SKIPPED)
    command = [*shlex.split(options.emulator), str(options.ermine.resolve()), "run", "--tier", options.tier]
    if options.emulator:
        command.append("--sandbox=off")  # an emulator may not support it
    failed = 0
    for program in programs:
        wrong = run_case(command, program)
        if wrong:
            failed += 1
            print(f"{program.relative_to(options.suite)}: {wrong}")
    print(f"{len(programs)} programs, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
