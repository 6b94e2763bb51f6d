"""Instruction counts under valgrind instead of times: repeatable to a few parts in a million, and slow.

Works for engines whose code valgrind can run. Counts are of instructions read, all threads together.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from .measure import Row
from .process import Completed, Invocation, run


class CallgrindRunner:
    """Runs an invocation under callgrind; `counts` keeps the last figure for `cost` to find."""

    def __init__(self) -> None:
        if not shutil.which("valgrind"):
            raise FileNotFoundError("valgrind is not installed (Debian: apt install valgrind)")
        self.last: int | None = None

    def __call__(self, invocation: Invocation, timeout: float) -> Completed:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder, "callgrind.out")
            words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={data}", "--log-file=/dev/null", "--", *invocation.argv]
            done = run(Invocation(words, invocation.cwd, invocation.env), timeout * 100)
            self.last = parse_total(data.read_text(errors="replace")) if data.exists() else None
        return done

    def cost(self, _done: Completed) -> float | None:
        return float(self.last) if self.last is not None else None


def parse_total(text: str) -> int | None:
    """The instructions of a callgrind file: its last totals or summary line."""
    found = re.findall(r"^(?:totals|summary): (\d+)", text, flags=re.M)
    return int(found[-1]) if found else None


def counted(row: Row, runner: CallgrindRunner) -> Row:
    return replace(row, parse=runner.cost)
