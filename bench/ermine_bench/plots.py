"""The plots of a report, as SVG texts. Without matplotlib there are none, and the report says so.

Bars with intervals for each program; start against steady speed as a scatter; time to result as a curve over work.
A contender has the same colour in every plot of a report.
"""

from __future__ import annotations

import io
import re

from . import stats
from .results import SuiteView, View

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
except ImportError:
    matplotlib = None

# Distinguishable with colour-vision deficiency as well; Ermine's colours come first.
PALETTE = ["#0b3954", "#bf1363", "#f39237", "#2a9d8f", "#7a5195", "#58a4b0", "#a23b2a", "#8a9a5b", "#e0a800", "#5c677d", "#ff6f91", "#00876c",
           "#3d405b", "#b56576", "#118ab2", "#9c6644"]


def available() -> bool:
    return matplotlib is not None


def _colours(view: View) -> dict[str, str]:
    return {ident: PALETTE[n % len(PALETTE)] for n, ident in enumerate(view.titles)}


def _svg(figure) -> str:
    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "ermine", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    pyplot.close(figure)
    # From the <svg> element on, so that it can stand inside a page.
    text = out.getvalue()
    return re.sub(r"^.*?(?=<svg)", "", text, count=1, flags=re.S)


def _plain(value: float, _position: int = 0) -> str:
    return f"{value:g}"


def _readable(axis) -> None:
    """Ticks at 1, 2 and 5 of each decade, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(_plain))
    axis.set_minor_formatter(NullFormatter())


def bars(suite: SuiteView, colours: dict[str, str]) -> str | None:
    """The ratio to the reference of each row and contender, on a logarithmic axis with 1 in view."""
    reference = suite.reference()
    columns = [c for c in suite.columns() if c != reference]
    rows = [row for row in suite.rows if any(suite.ratio(row, c) for c in columns)]
    if not columns or not rows:
        return None
    thickness = 0.8 / len(columns)
    figure, axes = pyplot.subplots(figsize=(9, 1.4 + len(rows) * (0.16 * len(columns) + 0.18)))
    for n, ident in enumerate(columns):
        places, values, errors = [], [], [[], []]
        for place, row in enumerate(rows):
            ratio = suite.ratio(row, ident)
            if ratio:
                places.append(place - 0.4 + thickness * (n + 0.5))
                values.append(ratio.value)
                errors[0].append(max(0.0, ratio.value - ratio.low))
                errors[1].append(max(0.0, ratio.high - ratio.value))
        axes.barh(places, [v - 1 for v in values], thickness * 0.9, left=1, color=colours.get(ident, "#888"), label=suite.title(ident),
                  xerr=errors, error_kw={"elinewidth": 0.8, "ecolor": "#333"})
    axes.set_xscale("log")
    axes.axvline(1, color="#222", linewidth=1)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    _readable(axes.xaxis)
    axes.set_xlabel(f"cost, times that of {suite.title(reference or '')} (log scale; right of 1: {suite.title(reference or '')} is better)")
    axes.set_title(suite.data["title"])
    axes.grid(axis="x", color="#ddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False)
    return _svg(figure)


def _curve_points(suite: SuiteView) -> dict[str, dict[str, list[tuple[float, float, float, float]]]]:
    lines: dict[str, dict[str, list[tuple[float, float, float, float]]]] = {}
    for row in suite.rows:
        for ident in row["cells"]:
            if e := suite.estimate(row, ident):
                lines.setdefault(row["group"], {}).setdefault(ident, []).append((row["size"], e.value, e.low, e.high))
    return lines


def curves(suite: SuiteView, colours: dict[str, str]) -> str | None:
    lines = _curve_points(suite)
    if not lines:
        return None
    figure, all_axes = pyplot.subplots(1, len(lines), figsize=(5 * len(lines), 4.2), squeeze=False)
    for axes, (group, contenders) in zip(all_axes[0], lines.items()):
        for ident, points in contenders.items():
            points.sort()
            xs = [p[0] for p in points]
            axes.plot(xs, [p[1] for p in points], marker="o", markersize=3, linewidth=1.4, color=colours.get(ident, "#888"), label=suite.title(ident))
            axes.fill_between(xs, [p[2] for p in points], [p[3] for p in points], color=colours.get(ident, "#888"), alpha=0.15, linewidth=0)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(group)
        axes.set_xlabel("work")
        axes.grid(color="#ddd", linewidth=0.6)
    all_axes[0][0].set_ylabel("seconds to the result, start included")
    all_axes[0][-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False)
    return _svg(figure)


def scatter(view: View, colours: dict[str, str]) -> str | None:
    """Start (of nothing, else of the programs) against steady time, each relative to the best."""
    suite = view.suite("steady")
    if not suite:
        return None
    points = {}
    for ident in suite.columns():
        starts = [stats.median(c) for row in suite.hidden_rows if (c := suite.costs(row, ident))]
        mean = suite.mean(ident)
        if starts and mean:
            points[ident] = (stats.geometric_mean(starts) * 1e3, mean[0])
    if len(points) < 2:
        return None
    best = min(y for _, y in points.values())
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for ident, (x, y) in points.items():
        axes.scatter([x], [y / best], color=colours.get(ident, "#888"), s=46, zorder=3)
        axes.annotate(suite.title(ident), (x, y / best), xytext=(6, 4), textcoords="offset points", fontsize=8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _readable(axes.xaxis)
    _readable(axes.yaxis)
    axes.set_xlabel("start of a program, ms (log scale)")
    axes.set_ylabel("steady time, times the fastest (log scale)")
    axes.set_title("Start against speed: better is to the left and down")
    axes.grid(color="#ddd", linewidth=0.6)
    return _svg(figure)


def draw(view: View) -> dict[str, str]:
    """SVG texts by suite name, and “scatter”."""
    if not available():
        return {}
    colours = _colours(view)
    drawn = {}
    for suite in view.suites:
        svg = curves(suite, colours) if suite.data.get("plot") == "lines" else bars(suite, colours)
        if svg:
            drawn[suite.data["name"]] = svg
    if svg := scatter(view, colours):
        drawn["scatter"] = svg
    return drawn
