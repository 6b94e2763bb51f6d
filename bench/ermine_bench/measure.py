"""Measures rows of commands: A B A B …, after a warm-up, until each has its runs or its time is used up.
A *row* is one thing to do (a program with its arguments); its *cells* are the contenders that do it. Within a row the
contenders take turns, so that a slow minute of the machine affects all of them, and each round starts with another
contender. The warm-up run decides whether a contender takes part: one that fails, or whose answer differs from the others',
is reported and never timed.
A cell keeps its *cost*: seconds, bytes or instructions. Lower is always better.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from . import stats
from .machine import NoiseProbe
from .process import Completed, Invocation, run

Runner = Callable[[Invocation, float], Completed]


@dataclass
class Plan:
    """How long and how often."""

    runs: int = 7
    warmup: int = 1
    timeout: float = 60.0  # of one run
    cell_seconds: float = 20.0  # of one cell's counted runs; at least `least` are made
    least: int = 3
    metric: str = "wall"  # or "cpu"


@dataclass
class Row:
    name: str
    invocations: dict[str, Invocation]
    group: str = ""
    size: int | None = None  # bytes of input or units of work, for rates
    expected: bytes | None = None  # the expected output; None: the output of most contenders
    check_output: bool = True
    # For programs of other projects: if one contender's output changes from run to run, answers are not compared.
    may_vary: bool = False
    # Finds the cost in the output of a run, for programs that time themselves. None: see Plan.metric.
    parse: Callable[[Completed], float | None] | None = None
    canonical: Callable[[bytes], bytes] = lambda out: out  # the part of the output that must be equal
    minus: str | None = None  # the row whose median cost is subtracted (the cost of starting)
    hidden: bool = False  # used by other rows only


@dataclass
class Cell:
    costs: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    status: str = "ok"  # ok, failed, wrong, small
    note: str = ""
    output: str = ""

    def as_json(self) -> dict:
        return {k: v for k, v in vars(self).items() if v not in ("", [])}


@dataclass
class Measured:
    row: Row
    cells: dict[str, Cell]

    def as_json(self) -> dict:
        row = self.row
        return {
            "name": row.name, "group": row.group, "size": row.size, "minus": row.minus, "hidden": row.hidden,
            "commands": {ident: i.shown() for ident, i in row.invocations.items()},
            "cells": {ident: cell.as_json() for ident, cell in self.cells.items()},
        }


class Progress:
    """Is informed of each run; the terminal's version is in `cli`."""

    def begin(self, total_rows: int) -> None: ...
    def row(self, name: str, cells: int, runs: int) -> None: ...
    def ran(self, name: str, ident: str, seconds: float) -> None: ...
    def remark(self, text: str) -> None: ...


class Meter:
    def __init__(self, plan: Plan, progress: Progress | None = None, runner: Runner = run):
        self.plan = plan
        self.progress = progress or Progress()
        self.runner = runner
        self.noise = NoiseProbe()
        self.remarks: list[str] = []
        self.errors: list[str] = []  # wrong answers: the whole run has failed then

    def _once(self, row: Row, ident: str) -> Completed:
        done = self.runner(row.invocations[ident], self.plan.timeout)
        self.progress.ran(row.name, ident, done.wall)
        return done

    def _cost(self, row: Row, done: Completed) -> float | None:
        if row.parse:
            return row.parse(done)
        return done.cpu if self.plan.metric == "cpu" else done.wall

    def _record(self, row: Row, cell: Cell, done: Completed) -> None:
        cost = self._cost(row, done)
        if cost is None:
            cell.status, cell.note = "failed", "it printed no figure"
            return
        cell.costs.append(cost)
        cell.wall.append(done.wall)
        cell.cpu.append(done.cpu)

    def _judge_outputs(self, row: Row, outputs: dict[str, bytes], cells: dict[str, Cell]) -> None:
        if not row.check_output or not outputs:
            return
        right = row.expected
        if right is None:
            # The answer of most contenders; at a tie, the first one's answer, and all others are reported as different.
            right = Counter(outputs.values()).most_common(1)[0][0]
        for ident, output in outputs.items():
            # The file with the expected output may lack the last line feed.
            if output != right and (row.expected is None or output.rstrip(b"\n") != right.rstrip(b"\n")):
                cells[ident].status = "wrong"
                cells[ident].note = f"another answer than expected: {output[:60]!r}, not {right[:60]!r}"
                self.errors.append(f"{row.name}: {ident}: {cells[ident].note}")
                self.progress.remark(self.errors[-1])

    def _look_for_variation(self, row: Row, outputs: dict[str, bytes], first: dict[str, Completed]) -> None:
        ident = min(outputs, key=lambda i: first[i].wall)
        if row.canonical(self._once(row, ident).stdout) != outputs[ident]:
            row.check_output = False
            self.remarks.append(f"{row.name}: its output changes from run to run, so answers were not compared")

    def row(self, row: Row) -> Measured:
        plan = self.plan
        cells = {ident: Cell() for ident in row.invocations}
        self.progress.row(row.name, len(cells), plan.runs)
        outputs: dict[str, bytes] = {}
        first: dict[str, Completed] = {}
        for ident, cell in cells.items():
            for _ in range(max(1, plan.warmup)):
                done = self._once(row, ident)
                if not done.ok:
                    cell.status, cell.note = "failed", done.complaint()
                    break
                first[ident] = done
                outputs[ident] = row.canonical(done.stdout)
                cell.output = done.output_hash
        outputs = {ident: out for ident, out in outputs.items() if cells[ident].status == "ok"}
        if row.may_vary and row.check_output and outputs:
            self._look_for_variation(row, outputs, first)
        self._judge_outputs(row, outputs, cells)

        alive = [ident for ident, cell in cells.items() if cell.status == "ok"]
        spent = {ident: 0.0 for ident in alive}
        for ident in list(alive):
            # A run that alone fills the cell's time is the only measurement.
            if first[ident].wall > plan.cell_seconds:
                self._record(row, cells[ident], first[ident])
                alive.remove(ident)
        for turn in range(plan.runs):
            self.noise.sample()
            offset = turn % len(alive) if alive else 0
            for ident in alive[offset:] + alive[:offset]:
                cell = cells[ident]
                if cell.status != "ok" or (turn >= plan.least and spent[ident] > plan.cell_seconds):
                    continue
                done = self._once(row, ident)
                spent[ident] += done.wall
                if not done.ok:
                    cell.status, cell.note = "failed", f"run {turn + 1}: {done.complaint()}"
                elif row.check_output and row.canonical(done.stdout) != outputs[ident]:
                    cell.status, cell.note = "wrong", f"run {turn + 1} printed something else than the first"
                    self.errors.append(f"{row.name}: {ident}: {cell.note}")
                else:
                    self._record(row, cell, done)
        return Measured(row, cells)

    def rows(self, rows: Sequence[Row]) -> list[Measured]:
        """All rows in order, with the cost of each row's `minus` row subtracted."""
        measured: list[Measured] = []
        by_name: dict[str, Measured] = {}
        for row in rows:
            if not row.invocations:
                continue
            result = self.row(row)
            by_name[row.name] = result
            measured.append(result)
            if row.minus:
                _take_off(result, by_name.get(row.minus))
        return measured


def _take_off(result: Measured, start: Measured | None) -> None:
    for ident, cell in result.cells.items():
        base = start.cells.get(ident) if start else None
        if not cell.costs or not base or not base.costs:
            continue
        begin = stats.median(base.costs)
        rest = [cost - begin for cost in cell.costs]
        # Below a tenth of the start, only noise is left.
        if stats.median(rest) < 0.1 * begin or min(rest) <= 0:
            cell.status, cell.note = "small", "too little above the cost of starting to be distinguished from it"
            cell.costs = []
        else:
            cell.costs = rest


class Clock:
    """Estimates the remaining time from the finished rows."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.total = 0
        self.done = 0

    def left(self) -> float | None:
        if not self.done or not self.total:
            return None
        return (time.monotonic() - self.start) / self.done * max(0, self.total - self.done)
