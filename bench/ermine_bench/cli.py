"""The command: reads flags, measures, writes the record and the report."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from . import callgrind, compare, machine, measure, peers, plots, programs, report, results, suites
from . import components  # noqa: F401 — has a suite
from .process import run, short_paths
from .results import shown_seconds

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = """
examples:
  bench/run                                       the short main suites, all peers found
  bench/run --suite interp --peers ermine:interp,wasm3,wasmi
  bench/run --suite coremark --coremark coremark.wasm --peers kind=interpreter
  bench/run --suite steady --peer ermine@old=build/old/ermine --peer ermine@new=build/release/bin/ermine --peers ermine@old,ermine@new
  bench/run --suite interp --peers ermine:interp --callgrind --only sieve
  bench/run --list
"""


class TerminalProgress(measure.Progress):
    """One line that is rewritten on a terminal; elsewhere only remarks are printed."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.clock = measure.Clock()
        self.total = self.row_number = 0
        self.name = ""

    def begin(self, total_rows: int) -> None:
        self.total = self.clock.total = total_rows

    def _show(self, text: str) -> None:
        if self.live:
            sys.stderr.write("\r\x1b[K" + text[:110])
            sys.stderr.flush()

    def row(self, name: str, cells: int, runs: int) -> None:
        self.clock.done = self.row_number
        self.row_number += 1
        self.name = name
        left = self.clock.left()
        when = f", about {shown_left(left)} left" if left is not None else ""
        if self.live:
            self._show(f"[{self.row_number}/{self.total}{when}] {name}")
        else:
            print(f"[{self.row_number}/{self.total}{when}] {name}", file=sys.stderr, flush=True)

    def ran(self, name: str, ident: str, seconds: float) -> None:
        left = self.clock.left()
        when = f", about {shown_left(left)} left" if left is not None else ""
        self._show(f"[{self.row_number}/{self.total}{when}] {name}: {ident} {shown_seconds(seconds)}")

    def remark(self, text: str) -> None:
        if self.live:
            sys.stderr.write("\r\x1b[K")
        print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.live:
            sys.stderr.write("\r\x1b[K")


def shown_left(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="bench/run", description="Compares Ermine with other WebAssembly engines.", epilog=EXAMPLES,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--suite", "--suites", default="quick", metavar="S,…", help="suites to run; quick (default), all, or names from --list")
    p.add_argument("--peers", default="all", metavar="P,…", help="all (default), peer, peer:tier, peer:*, kind=interpreter|baseline|optimising|mixed|ahead")
    p.add_argument("--peer", action="append", default=[], metavar="NAME=PROGRAM", help="where a peer is; NAME@LABEL=PROGRAM adds a further build")
    p.add_argument("--path", default="", metavar="DIR", help="a folder to search for peers before PATH")
    p.add_argument("--out", type=Path, default=ROOT / "bench" / "out", metavar="DIR", help="where the record and the report go (bench/out)")
    p.add_argument("--only", default="", metavar="REGEX", help="only rows (programs) whose name matches")
    p.add_argument("--reference", default="", metavar="PEER", help="the contender that ratios are to (Ermine)")
    p.add_argument("--runs", type=int, default=7, help="counted runs of each cell (7)")
    p.add_argument("--warmup", type=int, default=1, help="runs before that (1)")
    p.add_argument("--scale", type=float, default=1.0, metavar="X", help="times the amount of work of our programs (1)")
    p.add_argument("--timeout", type=float, default=60, metavar="S", help="seconds after which one run is given up (60)")
    p.add_argument("--cell-seconds", type=float, default=20, metavar="S", help="no more runs of a cell after this many seconds, but at least 3 (20)")
    p.add_argument("--metric", choices=("wall", "cpu"), default="wall", help="wall-clock (default) or processor time, which is more stable on a busy machine")
    p.add_argument("--no-native", action="store_true", help="do not run native builds of the programs")
    p.add_argument("--callgrind", action="store_true", help="count instructions under valgrind instead of timing")
    p.add_argument("--docs", type=Path, metavar="FILE", help="also write the report as a page of the documentation")
    p.add_argument("--from", dest="record", type=Path, metavar="JSON", help="measure nothing; write the report of this record")
    p.add_argument("--wasm-cc", default="", metavar="CLANG", help="the clang that compiles our programs")
    p.add_argument("--embedder", action="append", default=[], metavar="NAME=COMMAND", help="a further in-process driver (see docs/benchmarking.md)")
    p.add_argument("--sightglass", type=Path, metavar="DIR")
    p.add_argument("--polybench", type=Path, metavar="DIR")
    p.add_argument("--polybench-dataset", default="SMALL", choices=("MINI", "SMALL", "MEDIUM", "LARGE"))
    p.add_argument("--coremark", type=Path, metavar="FILE")
    p.add_argument("--wish-you-were-fast", dest="wish", type=Path, metavar="DIR")
    p.add_argument("--wasm", type=Path, nargs="+", default=[], metavar="FILE", help="further modules (or folders of them)")
    p.add_argument("--list", action="store_true", help="list the suites, the programs and the peers found, and stop")
    return p


def _pairs(words: list[str], flag: str) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not value:
            raise ValueError(f"{flag} {word}: expected NAME=VALUE")
        pairs[name] = value
    return pairs


def _find_peers(args: argparse.Namespace) -> list[peers.Contender]:
    paths = _pairs(args.peer, "--peer")
    built = ROOT / "build" / "release" / "bin" / "ermine"
    if not any(name.split("@")[0] == "ermine" for name in paths) and built.is_file():
        paths["ermine"] = str(built)
    return peers.discover(paths, args.path)


def _list(found: list[peers.Contender]) -> None:
    print("Suites (--suite):")
    for s in suites.SUITES.values():
        print(f"  {s.name:12} {s.about}")
    print("\nOur programs:\n  " + ", ".join(p.name for p in programs.OWN))
    print("\nPeers found (--peers):")
    for c in found:
        print(f"  {c.ident:24} {c.tier.kind:12} {c.version}")
    missing = [p.title for p in peers.PEERS if p.name not in {c.peer.name for c in found}]
    print("\nNot found: " + (", ".join(missing) or "none") + ". docs/benchmarking.md says how to obtain them.")


def _embedders(args: argparse.Namespace) -> dict[str, list[str]]:
    own = ROOT / "build" / "release" / "bin" / "ermine_embed_bench"
    found = {"ermine": [str(own)]} if own.is_file() else {}
    return found | {name: shlex.split(command) for name, command in _pairs(args.embedder, "--embedder").items()}


def _measure(args: argparse.Namespace) -> dict:
    found = _find_peers(args)
    chosen = peers.select(found, args.peers)
    scratch = (ROOT / "build" / "bench").resolve()
    setting = suites.Setting(
        contenders=chosen,
        builder=programs.Builder(scratch, programs.find_clang(args.wasm_cc)),
        out=scratch, scale=args.scale, native=not args.no_native and not args.callgrind,
        only=lambda name: not args.only or re.search(args.only, name) is not None,
        sightglass=args.sightglass, polybench=args.polybench, polybench_dataset=args.polybench_dataset, coremark=args.coremark, wish=args.wish,
        wasm=args.wasm, pattern=args.only, embedders=_embedders(args),
    )
    scratch.mkdir(parents=True, exist_ok=True)
    # A tier that this build of an engine does not have is left out of everything, and reported once.
    setting.contenders, missing = peers.only_working(chosen, suites._probe(setting), lambda i: run(i, 20))
    plan = measure.Plan(args.runs, args.warmup, args.timeout, args.cell_seconds, metric=args.metric)
    progress = TerminalProgress()
    meter = measure.Meter(plan, progress)
    counter = None
    if args.callgrind:
        counter = callgrind.CallgrindRunner()
        meter.runner, plan.runs, plan.warmup, plan.cell_seconds = counter, 1, 1, 3600.0

    made = []
    for suite in suites.choose(args.suite, setting):
        rows = suite.make(setting)
        if counter:
            rows = [callgrind.counted(row, counter) for row in rows if not row.parse]
        made.append((suite, rows))
    progress.begin(sum(len(rows) for _, rows in made))
    recorded = []
    try:
        for suite, rows in made:
            measured = suite.direct(setting) if suite.direct and not counter else meter.rows(rows)
            recorded.append({
                "name": suite.name, "title": suite.title, "unit": "instructions" if counter else suite.unit, "rate": "" if counter else suite.rate,
                "plot": suite.plot, "about": suite.about, "rows": [m.as_json() for m in measured],
            })
    except KeyboardInterrupt:
        setting.remark("stopped by the user: later suites are missing")
    progress.end()
    return {
        "schema": results.SCHEMA, "command": shlex.join(["bench/run", *_shown_arguments()]), "machine": machine.describe(), "noise": meter.noise.verdict(),
        "plan": asdict(plan), "reference": args.reference, "errors": meter.errors, "missing": missing, "remarks": setting.remarks + meter.remarks,
        "contenders": [c.as_json() for c in setting.contenders] + _others(setting, recorded), "suites": recorded,
    }


def _shown_arguments() -> list[str]:
    """The command line without the user's folders: only the last component of each path."""
    return [short_paths(word) for word in sys.argv[1:]]


def _others(setting: suites.Setting, recorded: list[dict]) -> list[dict]:
    """Contenders that are not peers: native builds and in-process drivers."""
    known = {c.ident for c in setting.contenders}
    seen = dict.fromkeys(i for s in recorded for r in s["rows"] for i in r["cells"] if i not in known)
    clang = programs.capture_version(setting.builder.clang)
    return [{"id": i, "peer": i, "tier": "", "title": i, "kind": "native" if i == peers.NATIVE else "library",
             "version": clang if i == peers.NATIVE else "", "flags": ""} for i in seen]


def run_main() -> int:
    args = _parser().parse_args()
    try:
        if args.list:
            _list(_find_peers(args))
            return 0
        record = results.load(args.record) if args.record else _measure(args)
    except (ValueError, FileNotFoundError, programs.BuildError) as error:
        print(f"bench/run: {error}", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    if not args.record:
        results.save(record, args.out / "results.json")
    view = results.View(record, args.reference)
    written = report.write(view, args.out)
    if args.docs:
        report.write_docs(view, args.docs)
        written.append(args.docs)
    _summary(view)
    if not plots.available():
        print("No plots: Python's matplotlib is not installed (Debian: python3-matplotlib).")
    print("Written: " + ", ".join(str(p) for p in [args.out / "results.json", *written]))
    for error in record["errors"]:
        print(f"WRONG ANSWER: {error}", file=sys.stderr)
    return 1 if record["errors"] else 0


def _summary(view: results.View) -> None:
    print(view.record["noise"]["note"])
    for suite in view.suites:
        columns = suite.columns()
        means = [(suite.title(c), m) for c in columns if (m := suite.mean(c))]
        if means:
            print(f"{suite.data['title']} (times {suite.title(suite.reference() or '')}): " + ", ".join(f"{t} {m[0]:.2f}" for t, m in means))


def compare_main() -> int:
    p = argparse.ArgumentParser(prog="bench/compare", description="Shows what became faster or slower between two records of bench/run.",
                                epilog="With --builds, OLD alone is enough: the two builds are in one record, which is the better way to measure.")
    p.add_argument("old", type=Path, metavar="A.json")
    p.add_argument("new", type=Path, metavar="B.json", nargs="?")
    p.add_argument("--builds", default="", metavar="OLD,NEW", help="labels of two builds of a peer (see bench/run --peer NAME@LABEL=PROGRAM)")
    p.add_argument("--peers", default="ermine", help="comma list of peers or peer:tier; empty for all (ermine)")
    p.add_argument("--all", action="store_true", help="also rows without a significant difference")
    p.add_argument("--fail-above", type=float, metavar="PERCENT", help="exit with 1 if a row became slower by more than this")
    args = p.parse_args()
    try:
        if not args.new and not args.builds:
            raise ValueError("two records are needed, or one with --builds OLD,NEW")
        old = results.load(args.old)
        new = results.load(args.new) if args.new else old
        labels = tuple(args.builds.split(",")) if args.builds else (None, None)
        if len(labels) != 2:
            raise ValueError("--builds needs two labels: OLD,NEW")
        changes = compare.compare(old, new, *labels, peers=args.peers)
    except ValueError as error:
        print(f"bench/compare: {error}", file=sys.stderr)
        return 2
    if not changes:
        print("bench/compare: the two records have no row in common", file=sys.stderr)
        return 2
    if old["machine"]["cpu"] != new["machine"]["cpu"]:
        print(f"Warning: measured on different machines ({old['machine']['cpu']}; {new['machine']['cpu']}).")
    print(compare.render(changes, args.all))
    worst = max((c.ratio.value for c in changes if c.verdict == "slower"), default=1.0)
    return 1 if args.fail_above is not None and worst > 1 + args.fail_above / 100 else 0
