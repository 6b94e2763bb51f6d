#!/usr/bin/env python3
"""Runs the commands that the documents show, and compares their output. In README.md and docs/**/*.md:
  ```console   lines that begin with "$ " are commands; the lines after one are its exact output (both streams); a line "…"
               stands for any lines. Blocks of a file share one scratch folder and run in order; in it, `examples` is the
               project's folder, and `ermine` is the release build.
  ```sh        commands without shown output; each block must succeed when run at the top of the project. `make test` is
               left out, because .ci/run runs it before this script.
  ```cpp, ```c, ```python   must be word for word in a file of examples/ (from its first line to its last).
A block whose info string contains "skip" (```sh skip) is not run.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
TIME_LIMIT = 600


def matches(shown, got):
    """Whether the output lines match the shown ones, in which "…" stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def run(command, cwd, env):
    done = subprocess.run(["bash", "-c", command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TIME_LIMIT)
    return done.returncode, done.stdout.decode(errors="replace")


def console_steps(body):
    """[(command, shown lines)]; a backslash at the end of a line continues the command."""
    steps = []
    lines = iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"): command += "\n" + next(lines)
            steps.append((command, []))
        elif steps:
            steps[-1][1].append(line)
    return steps


def check_file(path, scratch, env):
    problems, count = [], 0
    text = path.read_text()
    sources = [p.read_text() for p in (ROOT / "examples").rglob("*") if p.suffix in (".cc", ".c", ".h", ".go", ".py")]
    for m in BLOCK.finditer(text):
        kind, info, body = m.groups()
        where = f"{path.relative_to(ROOT)}:{text[:m.start()].count(chr(10)) + 1}"
        if "skip" in info: continue
        if kind == "console":
            for command, shown in console_steps(body):
                count += 1
                _, out = run(command, scratch, env)
                if not matches(shown, out.splitlines()):
                    problems.append(f"{where}: $ {command}\nshown:\n" + "\n".join(shown) + f"\ngot:\n{out}")
        elif kind == "sh":
            lines = [line for line in body.splitlines() if not re.match(r"\s*make test\b", line)]
            if not any(line.split("#")[0].strip() for line in lines): continue
            count += 1
            rc, out = run("set -e\n" + "\n".join(lines), ROOT, env)
            if rc: problems.append(f"{where}: exit code {rc} of\n{body}{out}")
        elif kind in ("cpp", "c", "python"):
            count += 1
            if not any(body.strip() in source for source in sources):
                problems.append(f"{where}: this code is in no file of examples/\n{body}")
    return problems, count


def main():
    env = dict(os.environ, PATH=f"{ROOT}/build/release/bin:{os.environ['PATH']}")
    problems, count = [], 0
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        with tempfile.TemporaryDirectory() as tmp:
            (pathlib.Path(tmp) / "examples").symlink_to(ROOT / "examples")
            found, number = check_file(path, tmp, env)
        problems += found
        count += number
    print("\n".join(problems))
    print(f"{count} commands and snippets, {len(problems)} failed")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main())
