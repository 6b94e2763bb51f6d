#!/usr/bin/env python3
"""Runs the public wasi-testsuite (WebAssembly/wasi-testsuite, with its compiled programs: branch prod/testsuite-base).
  testsuite.py --ermine build/release/bin/ermine --tier baseline ../shared/wasi-testsuite
The programs are those of WASI preview 1 and 0.3. Each runs with the arguments, environment and files that the file beside it
(NAME.json, described in the suite's doc/specification.md) lists, on a copy of its directory, and must end with the exit code
and output listed there. Programs of other worlds than commands are counted, not run. Exits with 77, which ctest shows
as skipped, if the suite is not available. (ermine_adapter.py is for the suite's own runner, which needs
a newer Python.)
"""
import argparse
import json
import os
import pathlib
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

SKIPPED = 77
LEGACY = {"args": [], "env": {}, "root": None, "exit_code": 0, "stdout": None, "stderr": None}
VERSIONS = ["wasm32-wasip1", "wasm32-wasip3"]
COMMAND = "wasi:cli/command"
# What grants a proposal.
GRANTS = {
    "http": ["--http", "*+loopback"],
    "sockets": ["--tcp", "*+loopback:*", "--listen", ":0", "--udp", "*+loopback:*", "--listen-udp", "*:0"],
}
# Need it without saying so.
UNDECLARED = {"sockets-tcp-properties": "sockets", "sockets-udp-properties": "sockets"}


class Unknown(Exception):
    pass


def description(program):
    path = program.with_suffix(".json")
    return json.loads(path.read_text()) if path.exists() else {}


def read_case(program):
    """{args, env, root, exit_code, stdout, stderr, talk, proposals} of a program. A text of None is not checked. talk: what is
    read from and written to it while it runs, in order: (stream, text); a stream is one of the three, or "connect": the
    program says an address and is connected to, "send" and "recv" on that connection."""
    given = description(program)
    case = dict(LEGACY, talk=[], proposals=[*given.get("proposals", []), *filter(None, [UNDECLARED.get(program.stem)])])
    if "operations" not in given:
        unknown = set(given) - set(LEGACY)
        case.update(given)
    else:
        unknown = set(given) - {"operations", "proposals", "world"}
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
                case["talk"].append((operation.get("id", "stdout"), operation.get("payload", "")))
            elif kind in ("connect", "send", "recv"):
                case["talk"].append((kind, operation.get("payload", "")))
                if operation.get("protocol_type", "tcp") != "tcp":
                    unknown.add(operation["protocol_type"])
                case["stdout"] = None
            elif kind == "write":
                case["talk"].append((operation.get("id", "stdin"), operation.get("payload", "")))
            else:
                unknown.add(kind)
    if unknown:
        raise Unknown(f"asks for {', '.join(sorted(unknown))}, which this runner does not know")
    return case


class Silent(Exception):
    pass


def read_exactly(stream, size):
    """This many bytes; fewer if the stream ends. Raises Silent if they do not come."""
    got = b""
    while len(got) < size:
        if not select.select([stream], [], [], 60)[0]:
            raise Silent(f"writes no more than {got!r}")
        part = os.read(stream.fileno(), size - len(got))
        if not part:
            break
        got += part
    return got


def converse(words, talk):
    """Runs a program, and reads and writes in the order of `talk`; then its input ends. (exit code, stdout, stderr)"""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as program:
        streams = {"stdout": program.stdout, "stderr": program.stderr}
        output = {"stdout": b"", "stderr": b""}
        peer = None
        try:
            for stream, text in talk:
                if stream == "connect":
                    line = b""
                    while not line.endswith(b"\n"):
                        line += read_exactly(program.stdout, 1) or b"\n"
                    host, port = line.decode().strip().rsplit(":", 1)
                    peer = socket.create_connection((host, int(port)), timeout=60)
                elif stream == "send":
                    peer.sendall(text.encode())
                elif stream == "recv":
                    got = peer.recv(len(text.encode()), socket.MSG_WAITALL)
                    if got != text.encode():
                        raise Silent(f"sends {got!r}, expected {text!r}")
                elif stream == "stdin":
                    program.stdin.write(text.encode())
                    if not any(later == "stdin" for later, _ in talk[talk.index((stream, text)) + 1:]):
                        program.stdin.close()
                else:
                    output[stream] += read_exactly(streams[stream], len(text.encode()))
            for stream in output:
                output[stream] += streams[stream].read()
            return program.wait(timeout=60), output["stdout"], output["stderr"]
        finally:
            program.kill()
            if peer:
                peer.close()


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
        for proposal in case["proposals"]:
            words += GRANTS[proposal]
        if case["root"]:
            root = pathlib.Path(directory) / "root"
            shutil.copytree(program.parent / case["root"], root, symlinks=True)
            words += ["--dir", f"{root}::/"]
        try:
            words += [str(program), *case["args"]]
            if any(stream in ("stdin", "connect") for stream, _ in case["talk"]):
                code, stdout, stderr = converse(words, case["talk"])
            else:
                done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
                code, stdout, stderr = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            return "does not end"
        except Silent as silent:
            return str(silent)
    output = {"stdout": stdout.decode(errors="replace"), "stderr": stderr.decode(errors="replace")}
    if code != case["exit_code"]:
        return f"exit code {code}, expected {case['exit_code']}\n{output['stderr']}"
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
    found = [p for v in VERSIONS for p in sorted(options.suite.glob(f"tests/*/testsuite/{v}/*.wasm"))]
    programs = [p for p in found if description(p).get("world", COMMAND) == COMMAND]
    if not found:
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
    print(f"{len(programs)} programs, {failed} failed; {len(found) - len(programs)} others are no commands")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
