"""Runs one command once and measures its cost: wall and processor time, and its output.
Output goes to files, not pipes, so that this reader never slows the program down. Times are the operating system's own
account of the finished child (wait4), which includes its threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OUTPUT_KEPT = 1 << 20


@dataclass(frozen=True)
class Invocation:
    """A command to measure, with its environment."""

    argv: Sequence[str]
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def shown(self) -> str:
        return subprocess.list2cmdline([str(a) for a in self.argv])


@dataclass(frozen=True)
class Completed:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of all threads
    status: int  # exit status; minus the signal's number if one ended it
    timed_out: bool
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.status == 0 and not self.timed_out

    @property
    def output_hash(self) -> str:
        return hashlib.sha256(self.stdout).hexdigest()[:16]

    def complaint(self) -> str:
        """One line on why the run is useless."""
        if self.timed_out:
            return f"not finished after {self.wall:.0f} s"
        lines = [line.strip() for line in self.stderr.decode(errors="replace").splitlines() if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no message")
        how = f"signal {-self.status}" if self.status < 0 else f"exit status {self.status}"
        return short_paths(f"{how}: {said[:200]}")


def short_paths(text: str) -> str:
    """The text without the folders of absolute paths, because reports are published."""
    return re.sub(r"(?<![\w.])/(?:[^\s/\"':]+/)+", "…/", text)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _wait(pid: int, deadline: float) -> tuple[int, object, bool]:
    """Reaps the child with a blocking wait, so that no polling disturbs it; an alarm bounds the wait."""
    timed_out = False

    def on_alarm(_signum: int, _frame: object) -> None:
        nonlocal timed_out
        timed_out = True
        _kill(pid)

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.monotonic()))
    try:
        _, status, usage = os.wait4(pid, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return status, usage, timed_out


def run(invocation: Invocation, timeout: float = 120.0) -> Completed:
    """Runs the command to its end, or kills it and all it started after `timeout` seconds."""
    environment = {**os.environ, **invocation.env}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(a) for a in invocation.argv],
            cwd=invocation.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            status, usage, timed_out = _wait(child.pid, time.monotonic() + timeout)
        except BaseException:
            _kill(child.pid)
            raise
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Completed(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            status=child.returncode,
            timed_out=timed_out,
            stdout=out.read(OUTPUT_KEPT),
            stderr=err.read(OUTPUT_KEPT),
        )


def capture(argv: Sequence[str], timeout: float = 20.0) -> str:
    """The first line that a command prints, or an empty text if there is none: for versions."""
    try:
        done = run(Invocation(argv), timeout)
    except OSError:
        return ""
    text = (done.stdout or done.stderr).decode(errors="replace").strip()
    return text.splitlines()[0].strip() if text else ""
