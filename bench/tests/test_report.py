"""From peers' declarations to commands, and from a record to tables, pages and comparisons."""

import copy
import json
import os
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

from ermine_bench import callgrind, compare, peers, plots, programs, report, results, suites
from ermine_bench.process import Completed


def contender(name, tier="", label=""):
    peer = peers.BY_NAME[name]
    return peers.Contender(peer, next(t for t in peer.tiers if t.name == tier), f"/bin/{name}", label, "1.0")


class Commands(unittest.TestCase):
    def test_a_tier_adds_its_flags_and_a_folder_its_words(self):
        invocation = contender("ermine", "interp").run(Path("/p/a.wasm"), ["3", "x y"], Path("/data"))
        self.assertEqual(list(invocation.argv), ["/bin/ermine", "run", "--tier=interp", "--dir", ".", "/p/a.wasm", "3", "x y"])
        self.assertEqual(invocation.cwd, Path("/data"))

    def test_without_folder_and_arguments(self):
        self.assertEqual(list(contender("wasm3").run(Path("a.wasm")).argv), ["/bin/wasm3", "a.wasm"])

    def test_every_declaration_fills_completely(self):
        for peer in peers.PEERS:
            for tier in peer.tiers:
                c = peers.Contender(peer, tier, "/bin/x")
                made = [c.run(Path("m.wasm"), ["1"], Path("/")), c.validate(Path("m.wasm")), c.compile(Path("m.wasm"), Path("o")),
                        c.run_compiled(Path("m.wasm"), Path("o"), ["1"]), c.in_process("compile", Path("m.wasm"))]
                for invocation in made:
                    for word in invocation.argv if invocation else ():
                        self.assertNotRegex(word, r"\{(exe|wasm|dir|out|flags|args|dirs|what)\}", peer.name)

    def test_names(self):
        self.assertEqual(contender("node", "liftoff").ident, "node:liftoff")
        self.assertEqual(contender("ermine", "", "old").ident, "ermine@old")

    def test_discovery_in_a_folder_and_selection(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("wasm3", "ermine", "old-ermine"):
                path = Path(folder, name)
                path.write_text("#!/bin/sh\necho $0 9.9\n")
                os.chmod(path, 0o755)
            found = peers.discover({"ermine@old": str(Path(folder, "old-ermine"))}, folder)
            idents = [c.ident for c in found]
            self.assertIn("wasm3", idents)
            self.assertIn("ermine@old:interp", idents)
            self.assertIn("9.9", found[0].version)
            self.assertEqual([c.ident for c in peers.select(found, "wasm3,ermine@old")], ["wasm3", "ermine@old"])
            self.assertEqual({c.tier.kind for c in peers.select(found, "kind=interpreter")}, {"interpreter"})
            self.assertRaises(ValueError, peers.select, found, "netscape")
        self.assertRaises(ValueError, peers.discover, {"netscape": "x"})
        self.assertRaises(FileNotFoundError, peers.discover, {"wasm3": "/does/not/exist"})


def record(factor=1.0):
    def row(name, ermine, wasm3, **more):
        cells = {"ermine": {"costs": [c * factor for c in ermine], "status": "ok"}, "wasm3": {"costs": wasm3, "status": "ok"}}
        return {"name": name, "group": name, "size": 10, "minus": None, "hidden": False, "cells": cells, **more}

    noise = [0.99, 1.0, 1.01, 1.005, 0.995, 1.002, 0.998]
    rows = [row("one", noise, [2 * n for n in noise]), row("two", [3 * n for n in noise], [24 * n for n in noise])]
    rows.append({**row("three", [], []), "cells": {"wasm3": {"costs": [], "status": "wrong", "note": "another answer | than"}}})
    rows[2]["cells"]["ermine"] = {"costs": [1.0], "status": "ok"}
    start = {**row("one (start)", [0.01], [0.02]), "hidden": True}
    suite = {"name": "steady", "title": "Steady", "unit": "seconds", "rate": "", "plot": "bars", "about": "About <it>.", "rows": [start, *rows]}
    return {
        "schema": results.SCHEMA, "command": "bench/run", "reference": "", "missing": {"ermine:optimising": "no"}, "remarks": [], "errors": [],
        "machine": {"cpu": "A <fast> one", "cores": 2, "kernel": "Linux", "date": "2030-01-02T03:04:05", "memory_gib": 1.0, "virtual": False},
        "noise": {"noisy": False, "note": "steady"}, "plan": {"runs": 7, "warmup": 1, "metric": "wall"},
        "contenders": [{"id": i, "title": t, "version": "1", "kind": "mixed"} for i, t in (("wasm3", "wasm3"), ("ermine", "Ermine"))],
        "suites": [suite],
    }


class WellFormed(HTMLParser):
    VOID = {"meta", "br", "path", "use"}

    def __init__(self):
        super().__init__()
        self.open, self.cells = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("html",):
            return
        while self.open and self.open[-1] != tag:
            if self.open[-1] not in ("html", "meta"):
                raise AssertionError(f"</{tag}> closes <{self.open[-1]}>")
            self.open.pop()
        self.open and self.open.pop()


class Reports(unittest.TestCase):
    def setUp(self):
        self.view = results.View(record())
        self.suite = self.view.suite("steady")

    def test_ratios_are_to_ermine(self):
        self.assertEqual(self.suite.reference(), "ermine")
        self.assertAlmostEqual(self.suite.ratio(self.suite.rows[0], "wasm3").value, 2.0)
        mean, count = self.suite.mean("wasm3")
        self.assertAlmostEqual(mean, 4.0)
        self.assertEqual(count, 2)
        self.assertEqual(self.suite.columns(), ["ermine", "wasm3"])

    def test_another_tier_stands_in_for_a_missing_reference(self):
        data = record()
        for row in data["suites"][0]["rows"]:
            if "ermine" in row["cells"]:
                row["cells"]["ermine:interp"] = row["cells"].pop("ermine")
        data["contenders"][1]["id"] = "ermine:interp"
        self.assertEqual(results.View(data, "ermine").suite("steady").reference(), "ermine:interp")

    def test_markdown(self):
        text = report.markdown(self.view, {"steady": "plots/steady.svg"}, "T")
        self.assertIn("| one | 1 | 2.00 |", text)
        self.assertIn("| **geometric mean** | 1.00 | 4.00 (2) |", text)
        self.assertIn("| three | 1 | WRONG |", text)
        self.assertNotIn("(start)", text)
        self.assertIn("steady/three: wasm3: wrong", text)
        self.assertIn("ermine:optimising: no", text)

    def test_html_is_well_formed_and_escaped(self):
        page = report.html_page(self.view, {}, "A <title>")
        WellFormed().feed(page)
        self.assertIn("A &lt;fast&gt; one", page)
        self.assertIn("About &lt;it&gt;.", page)
        self.assertNotIn("http", page)

    def test_written_files_and_docs_page(self):
        with tempfile.TemporaryDirectory() as folder:
            report.write(self.view, Path(folder))
            report.write_docs(self.view, Path(folder, "performance.md"))
            names = {p.name for p in Path(folder).rglob("*")}
            self.assertLessEqual({"report.md", "report.html", "performance.md"}, names)
            if plots.available():
                self.assertLessEqual({"plots", "performance", "steady.svg"}, names)
                svg = Path(folder, "plots", "steady.svg").read_text()
                self.assertTrue(svg.startswith("<svg"))
                self.assertIn("performance/steady.svg", Path(folder, "performance.md").read_text())

    def test_rates_and_units(self):
        data = {"name": "v", "unit": "seconds", "rate": "MB/s", "rows": []}
        view = results.SuiteView(data, {}, "")
        self.assertEqual(view.shown_value({"size": 10_000_000}, 0.5), "20.0 MB/s")
        self.assertEqual(results.shown_seconds(0.00123), "1.23 ms")
        self.assertEqual(results.shown_seconds(2.5e-9), "2.5 ns")
        self.assertEqual(results.SuiteView({**data, "unit": "bytes", "rate": ""}, {}, "").shown_value({}, 3 << 20), "3.00 MiB")

    def test_records_of_another_kind_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "r.json")
            for text in ("{}", "not json", "[]", json.dumps({"schema": 99})):
                path.write_text(text)
                self.assertRaises(ValueError, results.load, path)
            results.save(record(), path)
            self.assertEqual(results.load(path), record())


class Comparisons(unittest.TestCase):
    def test_slower_faster_and_the_same(self):
        old = record()
        verdicts = lambda new: [c.verdict for c in compare.compare(old, new, peers="ermine")][:2]  # noqa: E731
        self.assertEqual(verdicts(record(1.3)), ["slower", "slower"])
        self.assertEqual(verdicts(record(0.7)), ["faster", "faster"])
        self.assertEqual(verdicts(record(1.0)), ["same", "same"])

    def test_only_the_peers_asked_for(self):
        changes = compare.compare(record(), record(2), peers="wasm3")
        self.assertEqual({c.contender for c in changes}, {"wasm3"})
        self.assertEqual({c.verdict for c in changes}, {"same"})

    def test_two_builds_in_one_record(self):
        data = record()
        for row in data["suites"][0]["rows"]:
            cell = row["cells"].pop("ermine", None)
            if cell:
                row["cells"]["ermine@a:interp"] = cell
                slower = copy.deepcopy(cell)
                slower["costs"] = [c * 1.5 for c in cell["costs"]]
                row["cells"]["ermine@b:interp"] = slower
        changes = compare.compare(data, data, "a", "b", peers="ermine")
        self.assertEqual({c.contender for c in changes}, {"ermine:interp"})
        self.assertAlmostEqual(changes[0].ratio.value, 1.5)
        self.assertEqual(changes[0].verdict, "slower")
        self.assertIn("geometric mean", compare.render(changes))

    def test_counts_that_do_not_vary_are_compared_exactly(self):
        old, new = record(), record()
        old["suites"][0]["rows"][1]["cells"]["ermine"]["costs"] = [1000000.0]
        new["suites"][0]["rows"][1]["cells"]["ermine"]["costs"] = [1002000.0]
        self.assertEqual(compare.compare(old, new, peers="ermine")[0].verdict, "slower")


class Parsers(unittest.TestCase):
    def test_callgrind_totals(self):
        self.assertEqual(callgrind.parse_total("events: Ir\nfn=a\n1 5\ntotals: 12345\n"), 12345)
        self.assertEqual(callgrind.parse_total("summary: 10\n\ntotals: 12\n"), 12)
        self.assertIsNone(callgrind.parse_total("events: Ir\n"))

    def test_in_process_figures(self):
        done = lambda out: Completed(1, 1, 0, False, out, b"")  # noqa: E731
        self.assertEqual(suites.printed("seconds", done(b'noise\n{"seconds": 0.25, "count": 3}\n')), 0.25)
        self.assertIsNone(suites.printed("seconds", done(b"nothing here")))
        self.assertIsNone(suites.printed("seconds", done(b"")))
        self.assertIsNone(suites.printed("seconds", done(b"[1]")))
        self.assertEqual(suites.printed("bytes", done(b'{"bytes": 17}')), 17)

    def test_peak_memory_and_pauses(self):
        self.assertEqual(programs.peak_bytes(b"Error: peak-kib 1\n\npeak-kib 2048\n"), 2 << 20)
        self.assertIsNone(programs.peak_bytes(b"peak-kib 12 and more"))
        self.assertEqual(programs.hexadecimal_nanoseconds(b"000000003b9aca00\n"), 1.0)
        self.assertIsNone(programs.hexadecimal_nanoseconds(b"pause\n"))

    def test_every_suite_says_what_it_is(self):
        for suite in suites.SUITES.values():
            self.assertGreater(len(suite.about), 20, suite.name)


if __name__ == "__main__":
    unittest.main()
