"""Shows what became faster or slower between two records, or between two builds in one record, with significance.
A change is reported as real when the rank test, corrected for the number of rows, finds it significant, and when it is
larger than a floor below which timings of this kind mean nothing. It is best to measure two builds in one interleaved run
(`--peer ermine@old=… --peer ermine@new=…`): a slow hour of the machine is then not mistaken for a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import stats

ALPHA = 0.05
FLOOR = 0.01


@dataclass(frozen=True)
class Change:
    suite: str
    row: str
    contender: str
    ratio: stats.Estimate  # new cost / old cost
    p: float
    real: bool

    @property
    def verdict(self) -> str:
        if not self.real:
            return "same"
        return "faster" if self.ratio.value < 1 else "slower"


def _cells(record: dict) -> Iterator[tuple[tuple[str, str, str], list[float]]]:
    for suite in record["suites"]:
        for row in suite["rows"]:
            if row.get("hidden"):
                continue
            for ident, cell in row["cells"].items():
                if cell.get("status", "ok") == "ok" and cell.get("costs"):
                    yield (suite["name"], row["name"], ident), cell["costs"]


def _renamed(ident: str) -> str:
    """A contender's id without the label of its build."""
    base, _, tier = ident.partition(":")
    return base.split("@")[0] + (f":{tier}" if tier else "")


def compare(old: dict, new: dict, old_label: str | None = None, new_label: str | None = None, peers: str = "") -> list[Change]:
    """Changes from `old` to `new`; with labels, only contenders of those builds, matched by tier."""

    def pick(record: dict, label: str | None) -> dict[tuple[str, str, str], list[float]]:
        found = {}
        for (suite, row, ident), costs in _cells(record):
            if label is not None and ident.split(":")[0].partition("@")[2] != label:
                continue
            name = _renamed(ident) if label is not None else ident
            if not peers or name.split(":")[0] in peers.split(",") or name in peers.split(","):
                found[suite, row, name] = costs
        return found

    before, after = pick(old, old_label), pick(new, new_label)
    common = [key for key in before if key in after]
    pairs = [(key, before[key], after[key]) for key in common if stats.median(before[key]) > 0]
    p_values = stats.holm([_p(a, b) for _, a, b in pairs])
    changes = []
    for (key, a, b), p in zip(pairs, p_values):
        ratio = stats.ratio(b, a)
        exact = len(set(a)) == len(set(b)) == 1  # instruction counts and sizes do not vary
        changed = abs(ratio.value - 1) >= (0.0005 if exact else FLOOR)
        changes.append(Change(*key, ratio, p, changed and (exact or p < ALPHA)))
    return changes


def _p(a: list[float], b: list[float]) -> float:
    return stats.rank_test(a, b)


def render(changes: list[Change], everything: bool = False) -> str:
    """A table for the terminal, most improved first, then the means by contender."""
    shown = [c for c in changes if everything or c.real]
    lines = []
    if shown:
        width = max(len(f"{c.suite}/{c.row}") for c in shown)
        who = max(len(c.contender) for c in shown)
        for c in sorted(shown, key=lambda c: c.ratio.value):
            span = f"[{c.ratio.low:.3f}, {c.ratio.high:.3f}]"
            lines.append(f"{c.verdict:7} {f'{c.suite}/{c.row}':{width}}  {c.contender:{who}}  x{c.ratio.value:.3f} {span}  p={c.p:.3g}")
        lines.append("")
    same = len(changes) - sum(c.real for c in changes)
    lines.append(f"{sum(c.verdict == 'faster' for c in changes)} faster, {sum(c.verdict == 'slower' for c in changes)} slower, {same} without a significant difference.")
    for contender in dict.fromkeys(c.contender for c in changes):
        ratios = [c.ratio.value for c in changes if c.contender == contender]
        lines.append(f"{contender}: geometric mean of new/old cost x{stats.geometric_mean(ratios):.3f} over {len(ratios)} rows")
    return "\n".join(lines)
