"""The record of one run of the harness, and the view of it that tables, plots and comparisons share.

The record is JSON and contains every sample. A View answers the questions of a report: the cost of each contender in each
row, and its comparison with the reference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import stats

SCHEMA = 1


def save(record: dict, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")


def load(path: Path) -> dict:
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: not a record of bench/run: {error}") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise ValueError(f"{path}: not a record of bench/run of schema {SCHEMA}")
    return record


@dataclass(frozen=True)
class SuiteView:
    """One suite of a record, seen from a reference contender."""

    data: dict
    titles: dict[str, str]  # by contender id, in the record's order
    wanted_reference: str

    @property
    def rows(self) -> list[dict]:
        return [row for row in self.data["rows"] if not row.get("hidden") and row["cells"]]

    @property
    def hidden_rows(self) -> list[dict]:
        return [row for row in self.data["rows"] if row.get("hidden")]

    def columns(self) -> list[str]:
        """Contenders with at least one figure, the reference first, then by their geometric mean."""
        present = [i for i in self.titles if any(self.costs(row, i) for row in self.rows)]
        present += sorted({i for row in self.rows for i in row["cells"] if self.costs(row, i)} - set(present))
        reference = self.reference()

        def order(ident: str) -> tuple:
            mean = self.mean(ident)
            return (ident != reference, mean is None, mean[0] if mean else 0)

        return sorted(present, key=order)

    def title(self, ident: str) -> str:
        return self.titles.get(ident, ident)

    def reference(self) -> str | None:
        """The chosen reference if it has figures here, otherwise the first other tier of the same engine, otherwise any."""
        wanted = self.wanted_reference
        present = [i for i in self.titles if any(self.costs(row, i) for row in self.rows)]
        if wanted in present:
            return wanted
        same = [i for i in present if i.split(":")[0] == wanted.split(":")[0]]
        return (same or present or [None])[0]

    @staticmethod
    def costs(row: dict, ident: str) -> Sequence[float]:
        cell = row["cells"].get(ident)
        return cell.get("costs", []) if cell and cell.get("status", "ok") == "ok" else []

    def estimate(self, row: dict, ident: str) -> stats.Estimate | None:
        costs = self.costs(row, ident)
        return stats.estimate(costs) if costs else None

    def ratio(self, row: dict, ident: str) -> stats.Estimate | None:
        """The cost divided by the reference's; None if either has no figure."""
        reference = self.reference()
        mine, theirs = self.costs(row, ident), self.costs(row, reference) if reference else []
        if not mine or not theirs or stats.median(theirs) <= 0 or stats.median(mine) <= 0:
            return None
        return stats.ratio(mine, theirs)

    def mean(self, ident: str) -> tuple[float, int] | None:
        """The geometric mean of the ratios and the number of rows in it."""
        ratios = [r.value for row in self.rows if (r := self.ratio(row, ident))]
        return (stats.geometric_mean(ratios), len(ratios)) if ratios else None

    def shown_value(self, row: dict, cost: float) -> str:
        """A cost in the suite's unit, or the rate that it means."""
        if self.data.get("rate") == "MB/s" and row.get("size"):
            return f"{row['size'] / cost / 1e6:.1f} MB/s"
        if self.data["unit"] == "bytes":
            return f"{cost / (1 << 20):.2f} MiB" if cost >= 1 << 18 else f"{cost / 1024:.1f} KiB"
        if self.data["unit"] == "instructions":
            return f"{cost / 1e6:.2f} M"
        return shown_seconds(cost)


def shown_seconds(seconds: float) -> str:
    for limit, factor, unit in ((1, 1, "s"), (1e-3, 1e3, "ms"), (1e-6, 1e6, "µs")):
        if abs(seconds) >= limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


class View:
    def __init__(self, record: dict, reference: str = ""):
        self.record = record
        self.titles = {c["id"]: c["title"] for c in record["contenders"]}
        wanted = reference or record.get("reference") or next((i for i in self.titles if i.split(":")[0] == "ermine"), "")
        self.reference = wanted or next(iter(self.titles), "")
        self.suites = [SuiteView(data, self.titles, self.reference) for data in record["suites"]]
        self.suites = [s for s in self.suites if s.rows]

    def suite(self, name: str) -> SuiteView | None:
        return next((s for s in self.suites if s.data["name"] == name), None)

    def complaints(self) -> list[str]:
        """What did not run or gave a wrong answer, one line each, in the record's order."""
        lines: dict[str, list[str]] = {}
        for suite in self.suites:
            for row in suite.data["rows"]:
                for ident, cell in row["cells"].items():
                    if cell.get("status", "ok") != "ok":
                        key = f"{self.titles.get(ident, ident)}: {cell['status']}: {cell.get('note', '')}"
                        lines.setdefault(key, []).append(f"{suite.data['name']}/{row['name']}")
        return [f"{', '.join(where[:4])}{f' and {len(where) - 4} more' if len(where) > 4 else ''}: {key}" for key, where in lines.items()]
