"""Writes a record as Markdown, as plots, and as one self-contained HTML page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from . import plots
from .results import SuiteView, View

MARKS = {"failed": "✗", "wrong": "WRONG", "small": "~0"}


def machine_lines(record: dict) -> list[str]:
    m, plan = record["machine"], record["plan"]
    parts = [m["cpu"], f"{m['cores']} cores", f"{m['memory_gib']} GiB" if m.get("memory_gib") else "", "a virtual machine" if m.get("virtual") else "",
             m["kernel"], m.get("system") or ""]
    return [
        f"Machine: {', '.join(p for p in parts if p)}.",
        f"Date: {m['date'][:16].replace('T', ' ')}. Noise: {record['noise']['note']}.",
        f"Method: contenders take turns within each row; {plan['warmup']} warm-up and up to {plan['runs']} counted runs each; "
        f"medians with 95 % bootstrap intervals of {'processor' if plan['metric'] == 'cpu' else 'wall-clock'} time; outputs compared.",
        f"Command: `{record['command']}`",
    ]


def versions(record: dict) -> list[tuple[str, str]]:
    seen: dict[str, str] = {}
    for c in record["contenders"]:
        base = c["id"].split(":")[0]
        if base not in seen:
            seen[base] = c["version"] or "version unknown"
    return list(seen.items())


def ratio_cells(suite: SuiteView, row: dict, columns: Sequence[str]) -> list[str]:
    cells = []
    for ident in columns:
        cell = row["cells"].get(ident)
        ratio = suite.ratio(row, ident)
        if ident == suite.reference():
            cells.append("1" if ratio else MARKS.get(cell.get("status", ""), "") if cell else "")
        elif ratio:
            cells.append(f"{ratio.value:.2f}" + (f" ±{ratio.spread:.0%}" if ratio.spread >= 0.05 else ""))
        elif suite.costs(row, ident):
            cells.append("(alone)")
        else:
            cells.append(MARKS.get(cell.get("status", ""), "") if cell else "")
    return cells


def absolute_cells(suite: SuiteView, row: dict, columns: Sequence[str]) -> list[str]:
    cells = []
    for ident in columns:
        e = suite.estimate(row, ident)
        spread = f" ±{e.spread:.0%}" if e and e.spread >= 0.005 else ""
        cells.append(suite.shown_value(row, e.value) + spread if e else "")
    return cells


def mean_cells(suite: SuiteView, columns: Sequence[str]) -> list[str]:
    cells = []
    for ident in columns:
        mean = suite.mean(ident)
        cells.append(f"{mean[0]:.2f}" + (f" ({mean[1]})" if mean[1] != len(suite.rows) else "") if mean else "")
    return cells


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]


def _headline(view: View) -> tuple[list[str], list[list[str]]]:
    idents = sorted(view.titles, key=lambda i: (i != view.reference, i.split(":")[0] != view.reference.split(":")[0]))
    head = ["", *(view.titles[i] for i in idents)]
    rows = []
    for suite in view.suites:
        means = {i: suite.mean(i) for i in idents}
        if any(means.values()):
            rows.append([suite.data["title"], *(f"{m[0]:.2f}" if (m := means[i]) else "" for i in idents)])
    used = [n for n in range(1, len(head)) if any(row[n] for row in rows)]
    return [head[0], *(head[n] for n in used)], [[row[0], *(row[n] for n in used)] for row in rows]


HOW_TO_READ = ("Every ratio is a cost (time or bytes) divided by {reference}'s in the same run: above 1 means that {reference} is better, "
               "below 1 that it is worse. ✗: did not run; ~0: cannot be distinguished from the start; (n): the number of rows in a mean.")


def markdown(view: View, pictures: dict[str, str], title: str) -> str:
    record = view.record
    out = [f"# {title}", ""]
    out += [line + "  " for line in machine_lines(record)]
    out += ["", "Versions: " + "; ".join(f"{name}: {version}" for name, version in versions(record)) + ".", ""]
    reference = view.titles.get(view.reference, view.reference)
    out += ["## Ratios", "", HOW_TO_READ.format(reference=reference) + " Geometric means:", ""]
    out += [*_markdown_table(*_headline(view)), ""]
    if "scatter" in pictures:
        out += [f"![Start against speed]({pictures['scatter']})", ""]
    for suite in view.suites:
        columns = suite.columns()
        if not columns:
            continue
        out += [f"## {suite.data['title']}", "", suite.data["about"], ""]
        head = ["", *(suite.title(c) for c in columns)]
        rows = [[row["name"], *ratio_cells(suite, row, columns)] for row in suite.rows]
        if len(rows) > 1:
            rows.append(["**geometric mean**", *mean_cells(suite, columns)])
        out += [f"Ratio to {suite.title(suite.reference() or '')}:", "", *_markdown_table(head, rows), ""]
        if suite.data["name"] in pictures:
            out += [f"![{suite.data['title']}]({pictures[suite.data['name']]})", ""]
        out += ["<details><summary>Absolute figures on this machine</summary>", ""]
        out += _markdown_table(head, [[row["name"], *absolute_cells(suite, row, columns)] for row in suite.rows])
        out += ["", "</details>", ""]
    complaints = view.complaints() + [f"{ident}: {why}" for ident, why in record.get("missing", {}).items()] + record.get("remarks", [])
    if complaints:
        out += ["## What did not run", "", *(f"- {line}" for line in complaints), ""]
    return "\n".join(out)


STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #2a6f97; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--soft); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
td.behind { color: #b3261e; } td.ahead { color: #1b7f4d; } tr.mean td { font-weight: 600; border-top: 2px solid var(--line); }
figure { margin: 1rem 0; background: #fff; border-radius: 6px; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
.note { color: #777; } code { font-size: .9em; } summary { cursor: pointer; color: var(--accent); }
"""


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]], coloured: bool = False) -> str:
    e = html.escape
    out = ["<div class=scroll><table><thead><tr>", *(f"<th>{e(h)}</th>" for h in head), "</tr></thead><tbody>"]
    for row in rows:
        mean = row[0].startswith("**")
        out.append("<tr class=mean>" if mean else "<tr>")
        for n, cell in enumerate(row):
            style = ""
            if coloured and n:
                try:
                    value = float(cell.split()[0])
                    style = " class=behind" if value < 0.97 else " class=ahead" if value > 1.03 else ""
                except (ValueError, IndexError):
                    pass
            out.append(f"<td{style}>{e(cell.strip('*'))}</td>")
        out.append("</tr>")
    return "".join([*out, "</tbody></table></div>"])


def html_page(view: View, svgs: dict[str, str], title: str) -> str:
    e, record = html.escape, view.record
    reference = view.titles.get(view.reference, view.reference)
    out = ["<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
           f"<title>{e(title)}</title><style>{STYLE}</style><h1>{e(title)}</h1>"]
    out += [f"<p class=note>{'<br>'.join(e(line) for line in machine_lines(record))}</p>"]
    out += [f"<p>{e(HOW_TO_READ.format(reference=reference))}</p><h2>Geometric means</h2>", _html_table(*_headline(view), coloured=True)]
    if "scatter" in svgs:
        out.append(f"<figure>{svgs['scatter']}</figure>")
    for suite in view.suites:
        columns = suite.columns()
        if not columns:
            continue
        head = ["", *(suite.title(c) for c in columns)]
        rows = [[row["name"], *ratio_cells(suite, row, columns)] for row in suite.rows]
        if len(rows) > 1:
            rows.append(["**geometric mean**", *mean_cells(suite, columns)])
        out += [f"<h2 id={e(suite.data['name'])}>{e(suite.data['title'])}</h2><p>{e(suite.data['about'])}</p>",
                f"<p>Ratio to {e(suite.title(suite.reference() or ''))}:</p>", _html_table(head, rows, coloured=True)]
        if suite.data["name"] in svgs:
            out.append(f"<figure>{svgs[suite.data['name']]}</figure>")
        absolute = [[row["name"], *absolute_cells(suite, row, columns)] for row in suite.rows]
        out += ["<details><summary>Absolute figures on this machine</summary>", _html_table(head, absolute), "</details>"]
    out.append("<h2>Versions</h2>" + _html_table(["engine", "version"], [list(v) for v in versions(record)]))
    complaints = view.complaints() + [f"{ident}: {why}" for ident, why in record.get("missing", {}).items()] + record.get("remarks", [])
    if complaints:
        out.append("<h2>What did not run</h2><ul>" + "".join(f"<li>{e(line)}</li>" for line in complaints) + "</ul>")
    return "".join(out)


def write(view: View, out: Path, title: str = "Ermine compared with other engines") -> list[Path]:
    """report.md, report.html and plots/*.svg in `out`."""
    svgs = plots.draw(view)
    folder = out / "plots"
    for name, svg in svgs.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.svg").write_text(svg)
    text = out / "report.md"
    text.write_text(markdown(view, {name: f"plots/{name}.svg" for name in svgs}, title))
    page = out / "report.html"
    page.write_text(html_page(view, svgs, title))
    return [text, page, *([folder] if svgs else [])]


def write_docs(view: View, path: Path) -> None:
    """A page of the documentation; its plots are in a folder with the page's name."""
    svgs = plots.draw(view)
    folder = path.with_suffix("")
    if svgs:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.svg"):
            old.unlink()
    for name, svg in svgs.items():
        (folder / f"{name}.svg").write_text(svg)
    text = markdown(view, {name: f"{folder.name}/{name}.svg" for name in svgs}, "Performance")
    path.write_text(text)
