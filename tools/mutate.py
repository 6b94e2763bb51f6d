#!/usr/bin/env python3
"""Injects faults into the compiler, one at a time, and reports which check catches each.
Faults are injected into stencils (by make_stencils: a register, a width, a constant, a jump … of one of them) and into
sources: of stencils written by hand, of the baseline compiler, of the translator before it, and of the optimising tier's
plug-in (tools/mutations.txt). Each is then tried in this order:
  build      the proof that every stencil is safe, when stencils are built
  verifier   the check of finished machine code, over all scripts; for a fault that could break the sandbox also over
             cross_test's and generated modules
  tests      the scripts themselves, then the tests of the API
Sources are not changed: a copy is changed, compiled and linked by itself. Needs the release build with
tests, on x86-64:
  cmake --preset release
  cmake --build build/release --target spec_test cross_test module_gen api_test component_api_test tiering_test make_stencils ermine
Takes about an hour; results are kept in --results, and finished faults are not repeated.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

import mutation
from mutation import ROOT, run

LIST = ROOT / "tools/mutations.txt"
BASELINE = "src/baseline"
PLUGIN = "src/optimizing/plugin"
BY_HAND = f"{BASELINE}/stencils/control.cc"  # the stencils that are written in assembly
CPU_SECONDS = 20  # a folder of scripts takes two
OPTIMIZED_CPU_SECONDS = 300  # in the optimising tier
# For faults that the scripts do not catch, with --more and if these programs are built. (The tests of CodeCache need a
# process of their own each.)
MORE_TESTS = (("api_test", ["--gtest_filter=-CodeCache.*"]), ("component_api_test", []), ("generated_fuzz", [str(ROOT / "tests/fuzz/seeds/generated")]),
              ("tiering_test", []),
              *(("cross_test", [group, "25"]) for group in ("i32", "i64", "float", "vector", "passing")))
# For faults that could break the sandbox and that the verifier has not met in the code of the scripts: more code. Generated
# modules run in small groups, since a crash ends a group.
MORE_CODE = (*(("cross_test", [group, "4"]) for group in ("i32", "i64", "float", "vector", "passing")),
             *(("module_gen", ["run", "--relaxed", "--modes", "1", "--seed", str(seed), "--count", "25",
                               *(["--linked"] if seed // 25 % 2 else [])])
               for seed in range(3_000_000_000, 3_000_001_000, 25)))
# What a fault can lead to if nothing catches it. With the risks after these the sandbox still holds:
HARMLESS = ("number", "way", "stop")
RISKS = HARMLESS + ("reference", "index", "limit", "access", "control")

# Added to emit() to find the stencils that are used.
NOTES_USED = """
  static struct Used {
    std::vector<bool> ids = std::vector<bool>(kStencilCount);
    ~Used() {
      std::FILE* out = std::fopen(std::getenv("MUTATE_USED"), "w");
      for (size_t i = 0; i < ids.size(); ++i)
        if (ids[i]) std::fprintf(out, "%zu\\n", i);
      std::fclose(out);
    }
  } used;
  used.ids[id] = true;
"""


class Edit:
    """A fault in a source: the `nth` occurrence of `old` becomes `new`."""

    def __init__(self, file, risk, nth, text):
        self.file, self.risk, self.nth, self.text = file, risk, nth, text
        self.old, self.new, self.same_because = [], [], ""
        # In the baseline compiler, its stencils, or with its folder.
        in_compiler = "/" not in file or file.startswith("stencils/")
        self.source = f"{BASELINE}/{file}" if in_compiler else f"src/{file}"

    def apply(self, source):
        # However the lines are broken.
        pattern = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", "\n".join(self.old))))
        places = list(re.finditer(pattern, source))
        if len(places) < self.nth:
            return None
        begin, end = places[self.nth - 1].span()
        return source[:begin] + "\n".join(self.new).strip() + source[end:]


def read_list(text):
    """The edits, and the faults in stencils that change nothing: {(kind, family, text): reason}."""
    edits, same, edit = [], {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        mark, rest = line[0], line[2:] if len(line) > 1 else ""
        if mark == "@":
            match = re.fullmatch(r"(\S+) (\w+)(?: #(\d+))?: (.+)", rest)
            if not match or match[2] not in RISKS:
                sys.exit(f"mutations.txt, line {number}: not “@ FILE RISK: WHAT” with a risk of {', '.join(RISKS)}")
            edit = Edit(match[1], match[2], int(match[3] or 1), match[4])
            edits.append(edit)
        elif mark == "=" and "\t" in rest:
            kind, family, what, reason = rest.split("\t")
            same[kind, family, what] = reason
        elif edit is None or mark not in "-+=":
            sys.exit(f"mutations.txt, line {number}: a line begins with @, -, + or =")
        elif mark == "=":
            edit.same_because = rest
        else:
            (edit.old if mark == "-" else edit.new).append(rest)
    return edits, same


class Build(mutation.BuildDirectory):
    """The parts of a build directory that make the baseline compiler."""

    def __init__(self, path):
        super().__init__(path)
        self.stencils = sorted(str(p) for p in (self.path / BASELINE).glob("stencils/CMakeFiles/ermine_stencils.dir/*.o"))
        self.tool = self.path / BASELINE / "tool/bin/make_stencils"
        self.objects_kept = self.path / "mutate-objects"
        self.objects_kept.mkdir(exist_ok=True)
        self.lock = threading.Lock()
        digest = hashlib.sha256(" ".join(self.compile[f"{BASELINE}/compiler.cc"]).encode())
        for header in sorted(p for folder in ("src", "include") for p in (ROOT / folder).rglob("*")
                             if p.suffix in (".h", ".def") and not {"tool", "stencils"} & set(p.parts)):
            digest.update(header.read_bytes())
        self.headers = digest.hexdigest()

    def link_plugin(self, changed, output):
        """The plug-in with objects instead of those of the same sources."""
        commands = subprocess.run(["ninja", "-C", self.path, "-t", "commands", "lib/libermine-llvm.so"], check=True,
                                  capture_output=True, text=True).stdout.splitlines()
        words = shlex.split(commands[-1].removeprefix(": && ").removesuffix(" && :"))
        words = [str(next((o for source, o in changed.items() if w.endswith(f"/{os.path.basename(source)}.o")), w)) for w in words]
        words[words.index("-o") + 1] = str(output)
        run(words, self.path)

    def compiled(self, source, file, header=None, header_text=""):
        """The object of a changed copy of `source`, or of `source` with another header, in the folder `header`. It is kept.
        It is compiled with little optimisation, which would take longer than it saves."""
        name = hashlib.sha256("\0".join([self.headers, source, file.read_text(), header_text]).encode()).hexdigest()
        to = self.objects_kept / f"{name}.o"
        if not to.exists():
            words = self.words(source, "-O0", "-w")
            extra = ["-I", header] if header else []
            if not header and source.startswith(BASELINE):
                extra = ["-include-pch", self.parsed_headers()]
            run([words[0], *extra, *words[1:], "-c", file, "-o", f"{to}.{os.getpid()}.{threading.get_ident()}"], self.path)
            os.replace(f"{to}.{os.getpid()}.{threading.get_ident()}", to)
        return to

    def parsed_headers(self):
        """The headers that all files of the compiler include, parsed once."""
        with self.lock:
            to = self.objects_kept / f"{self.headers}.pch"
            if not to.exists():
                text = self.objects_kept / "headers.h"
                text.write_text('#include "baseline/compiler.h"\n#include "baseline/machine.h"\n')
                words = self.words(f"{BASELINE}/compiler.cc", "-O0", "-w")
                run([*words, "-x", "c++-header", text, "-o", f"{to}.new"], self.path)
                os.replace(f"{to}.new", to)
            return to


def watch(words, timeout, cpu_seconds=CPU_SECONDS):
    """("verifier" | "tests" | None, detail): the result of a run of tests with the verifier."""
    who, detail = mutation.watch(words, timeout, cpu_seconds, {"ERMINE_VERIFY_CODE": "1"})
    return "verifier" if who == "report" else who, detail


def scripts(spec_tests):
    folders = [ROOT / "tests/regress", ROOT / "tests/wast"]
    return folders + [p for p in (spec_tests / "core", spec_tests / "legacy", spec_tests / "proposals/threads") if p.exists()]


def try_scripts(program, folders, timeout, grave, tier="baseline"):
    """What catches the fault, over all scripts; for a grave one the verifier checks all of them even if one fails."""
    result = None, ""
    for folder in folders:
        cpu_seconds = CPU_SECONDS if tier == "baseline" else OPTIMIZED_CPU_SECONDS
        who, detail = watch([str(program), tier, str(folder)], timeout, cpu_seconds)
        if who == "verifier":
            return who, detail
        if who is None or result[0] is not None:
            continue
        result = who, detail
        if not grave:
            break
        if detail.startswith("killed") or detail == mutation.ENDLESS:  # what follows was not reached
            for script in sorted(folder.rglob("*.wast")):
                who, detail = watch([str(program), tier, str(script)], timeout, cpu_seconds)
                if who == "verifier":
                    return who, detail
    return result


class Trial:
    def __init__(self, build, options):
        self.build, self.options = build, options
        self.folders = scripts(options.spec_tests)

    def judge(self, link, directory, grave):
        """`link(target, output)` makes a program with the fault."""
        program = directory / "spec_test"
        link("spec_test", program)
        who, detail = try_scripts(program, self.folders, self.options.timeout, grave)
        if grave and who != "verifier":
            who, detail = self.more_code(link, directory, who, detail)
        for target, arguments in MORE_TESTS if self.options.more and who is None else ():
            if who is None and (self.build.path / "bin" / target).exists():
                if not (directory / target).exists():
                    link(target, directory / target)
                who, detail = watch([str(directory / target), *arguments], 3 * self.options.timeout)
                detail = f"{target}: {detail}" if who else ""
        return who or "nothing", detail

    def more_code(self, link, directory, who, detail):
        for target, arguments in MORE_CODE:
            if not (self.build.path / "bin" / target).exists():
                continue
            if not (directory / target).exists():
                link(target, directory / target)
            found, what = watch([str(directory / target), *arguments], self.options.timeout)
            if found == "verifier":
                return found, f"{target}: {what}"
            if found and not who:
                who, detail = found, f"{target}: {what}"
        return who, detail

    def find_used(self):
        """Numbers of the stencils that the scripts' functions use: a fault in unused code cannot be caught."""
        self.used = self.build.path / "mutate-used.txt"
        with tempfile.TemporaryDirectory(prefix="mutate-") as name:
            directory = pathlib.Path(name)
            source, program = directory / "emit.cc", directory / "spec_test"
            text = (ROOT / BASELINE / "emit.cc").read_text()
            place = "  const Stencil& s = table_.stencils[id];\n"
            if place not in text:
                sys.exit("emit.cc has changed: mutate.py does not find the place that emits a stencil")
            source.write_text("#include <cstdio>\n#include <cstdlib>\n" + text.replace(place, place + NOTES_USED, 1))
            self.build.link("spec_test", [self.build.compiled(f"{BASELINE}/emit.cc", source)], program)
            numbers = set()
            for folder in self.folders:
                subprocess.run([program, "baseline", folder], check=True, stdout=subprocess.DEVNULL,
                               env={**os.environ, "MUTATE_USED": str(directory / "used")})
                numbers.update((directory / "used").read_text().split())
        self.used.write_text("\n".join(sorted(numbers, key=int)))
        return len(numbers)

    def stencil(self, fault):
        if fault["refusal"]:
            return "build", fault["refusal"]
        with tempfile.TemporaryDirectory(prefix="mutate-") as name:
            directory = pathlib.Path(name)
            tables = directory / "stencils.bin"
            run([self.build.tool, "--faults", self.options.seed, self.options.count, self.used, "--write", fault["number"],
                 tables, *self.build.stencils])
            return self.judge_tables(tables, directory, fault["risk"] not in HARMLESS)

    def judge_tables(self, tables, directory, grave):
        assembly, made = directory / "stencil_file.S", directory / "stencil_file.o"
        assembly.write_text((ROOT / BASELINE / "stencil_file.S.in").read_text().replace("@ERMINE_STENCIL_FILE@", str(tables)))
        run([self.build.compile[f"{BASELINE}/compiler.cc"][0], "-c", assembly, "-o", made])
        return self.judge(lambda target, to: self.build.link(target, [made], to), directory, grave)

    def by_hand(self, edit, headers, directory):
        """A fault in the assembly of stencils."""
        changed, tables = directory / "control.o", directory / "stencils.bin"
        words = self.build.words(BY_HAND)
        run([words[0], "-I", headers, *words[1:], "-c", ROOT / BY_HAND, "-o", changed], self.build.path)
        try:
            run([self.build.tool, tables, *(changed if o.endswith("/control.cc.o") else o for o in self.build.stencils)])
        except RuntimeError as refusal:
            return "build", str(refusal).partition("failed: ")[2].strip()
        return self.judge_tables(tables, directory, edit.risk not in HARMLESS)

    def plugin(self, edit, place, directory):
        """A fault in the plug-in of the optimising tier, which is beside the program that opens it."""
        for folder in ("bin", "lib"):
            (directory / folder).mkdir()
        shutil.copy(self.build.path / "bin/spec_test", directory / "bin")
        words = self.build.words(edit.source, "-w")
        made = directory / "changed.o"
        run([words[0], "-I", ROOT / PLUGIN, *words[1:], "-c", place, "-o", made], self.build.path)
        self.build.link_plugin({edit.source: made}, directory / "lib/libermine-llvm.so")
        who, detail = try_scripts(directory / "bin/spec_test", self.folders, self.options.timeout, edit.risk not in HARMLESS,
                                  "optimized")
        return who or "nothing", detail

    def source(self, edit):
        path = ROOT / edit.source
        altered = edit.apply(path.read_text())
        with tempfile.TemporaryDirectory(prefix="mutate-") as name:
            directory = pathlib.Path(name)
            place = directory / "headers" / edit.source.removeprefix("src/")
            place.parent.mkdir(parents=True)
            place.write_text(altered)
            headers = directory / "headers"
            if edit.source.startswith(PLUGIN):
                return self.plugin(edit, place, directory)
            if os.path.dirname(edit.source) == os.path.dirname(BY_HAND):
                return self.by_hand(edit, headers, directory)
            if edit.file.endswith(".h"):
                # Files of the same folder include it.
                sources = [s for s in self.build.compile
                           if os.path.dirname(s) == os.path.dirname(edit.source) and s.endswith(".cc")]
                objects = [self.build.compiled(source, ROOT / source, headers, altered) for source in sources]
            else:
                objects = [self.build.compiled(edit.source, place)]
            return self.judge(lambda target, to: self.build.link(target, objects, to), directory,
                              edit.risk not in HARMLESS)


def stencil_faults(trial):
    with tempfile.NamedTemporaryFile("r") as file:
        run([trial.build.tool, "--faults", trial.options.seed, trial.options.count, trial.used, file.name,
             *trial.build.stencils])
        out = file.read()
    names = ("number", "kind", "family", "risk", "refusal", "stencils", "text")
    return [dict(zip(names, line.split("\t"))) for line in out.splitlines()]


def table(results):
    """As Markdown: how many faults of each kind each check caught; then those not caught, and the share that the goal names."""
    columns = ("build", "verifier", "tests", "nothing", "same")
    groups = collections.defaultdict(collections.Counter)
    risks = collections.defaultdict(collections.Counter)
    for r in results:
        who = "same" if r["same_because"] else r["who"]
        groups[r["kind"]][who] += 1
        risks[r["risk"]][who] += 1
    lines = []

    def show(title, rows):
        lines.append(f"| {title} | faults | build | verifier | tests | nothing | no change |")
        lines.append("|---|---|---|---|---|---|---|")
        total = collections.Counter()
        for name, counts in rows:
            total.update(counts)
            lines.append(f"| {name} | {sum(counts.values())} | " + " | ".join(str(counts[c]) for c in columns) + " |")
        lines.append(f"| all | {sum(total.values())} | " + " | ".join(str(total[c]) for c in columns) + " |\n")

    show("kind", sorted(groups.items()))
    show("risk", [(risk, risks[risk]) for risk in RISKS if risk in risks])
    grave = [r for r in results if r["risk"] not in HARMLESS and not r["same_because"]]
    held = sum(r["who"] in ("build", "verifier") for r in grave)
    lines.append(f"Could break the sandbox: {len(grave)}; caught by build check or verifier: {held}, "
                 f"{100 * held / max(1, len(grave)):.1f} %.\n")
    for title, wanted in (("Not caught", lambda r: r["who"] == "nothing" and not r["same_because"]),
                          ("Caught by tests alone, although it could break the sandbox",
                           lambda r: r["who"] == "tests" and r["risk"] not in HARMLESS and not r["same_because"]),
                          ("No change", lambda r: r["same_because"])):
        chosen = [r for r in results if wanted(r)]
        lines.append(f"{title}: {len(chosen)}")
        for r in chosen:
            lines.append(f"- {r['risk']}: {r['name']}{'. ' + r['same_because'] if r['same_because'] else ''}"
                         f"{' (' + r['detail'] + ')' if r['who'] == 'tests' else ''}")
        lines.append("")
    return "\n".join(lines)


def self_test():
    edits, same = read_list("# a comment\n@ a.cc access #2: the second\n- x = 1;\n+ x = 2;\n= twice is once\n"
                            "= kind\tfamily\ta -> b\tit is dead\n@ b.h number: dropped\n- f();\n")
    assert [(e.file, e.risk, e.nth, e.text) for e in edits] == [("a.cc", "access", 2, "the second"),
                                                              ("b.h", "number", 1, "dropped")]
    assert edits[0].same_because == "twice is once" and same == {("kind", "family", "a -> b"): "it is dead"}
    assert edits[0].apply("x = 1;\nx = 1;\n") == "x = 1;\nx = 2;\n" and edits[0].apply("x = 1;\n") is None
    assert edits[1].apply("a();\nf();\nb();\n") == "a();\n\nb();\n"
    for broken in ("- no edit\n", "@ a.cc nonsense: x\n", "? x\n"):
        try:
            read_list(broken)
        except SystemExit:
            continue
        raise AssertionError(broken)
    mutation.self_test()
    assert watch(["sh", "-c", f"echo '{mutation.REPORT}' >&2; sleep 60"], 60)[0] == "verifier"
    row = dict(kind="k", risk="access", name="n", detail="d", same_because="")
    text = table([{**row, "who": "verifier"}, {**row, "who": "tests"}, {**row, "who": "nothing", "risk": "number"},
                  {**row, "who": "nothing", "same_because": "dead"}])
    assert "| all | 4 | 0 | 1 | 1 | 1 | 1 |" in text and "verifier: 1, 50.0 %" in text and "Not caught: 1" in text
    # The list is useful only as long as most of it applies to the sources.
    edits, _ = read_list(LIST.read_text())
    fitting = [e for e in edits if e.apply((ROOT / e.source).read_text()) is not None]
    assert len(fitting) >= 120, f"only {len(fitting)} entries of tools/mutations.txt apply to the sources: see --check"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build directory, of ninja")
    parser.add_argument("--spec-tests", type=pathlib.Path, default=ROOT / "../shared/spec-tests", help="official scripts")
    parser.add_argument("--seed", default="1", help="selects the faults in stencils")
    parser.add_argument("--count", default="240", help="number of faults in stencils")
    parser.add_argument("--more", action="store_true", help="run more tests on faults that the scripts do not catch (with --again nothing)")
    parser.add_argument("--part", choices=("stencils", "sources"), help="only faults in stencils, or only in sources")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=600, help="seconds for a folder of scripts")
    parser.add_argument("--results", type=pathlib.Path, help="file for the results (default: in the build directory)")
    parser.add_argument("--only", metavar="TEXT", help="try again only faults whose name contains this")
    parser.add_argument("--again", action="append", default=[], metavar="CHECK",
                        help="try again the faults that CHECK (tests, nothing …) caught")
    parser.add_argument("--grave", action="store_true", help="only faults that could break the sandbox")
    parser.add_argument("--table", action="store_true", help="print the results so far and exit")
    parser.add_argument("--check", action="store_true", help="list edits that no longer apply to the sources")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    edits, same = read_list(LIST.read_text())
    stale = [e for e in edits if e.apply((ROOT / e.source).read_text()) is None]
    for e in stale:
        print(f"does not apply to {e.file} any more: {e.text}", file=sys.stderr)
    if options.check:
        return sys.exit(1 if stale else 0)
    build = Build(options.build)
    trial = Trial(build, options)
    work = []
    if options.part != "sources":
        print(f"the scripts use {trial.find_used()} stencils", flush=True)
    for f in stencil_faults(trial) if options.part != "sources" else ():
        what = f"{f['family']}: {f['text']}"
        work.append((dict(name=f"{f['kind']} in {what}", kind=f"stencil: {f['kind']}", risk=f["risk"],
                          same_because=same.get((f["kind"], f["family"], f["text"]), "")), trial.stencil, f))
    for e in edits if options.part != "stencils" else ():
        if e not in stale:
            work.append((dict(name=f"{e.file}: {e.text}", kind=f"{'optimiser' if e.source.startswith(PLUGIN) else 'compiler'}: {e.file}", risk=e.risk,
                              same_because=e.same_because), trial.source, e))
    kept = options.results or build.path / "mutate.jsonl"
    results = mutation.Results(kept)
    known = results.known
    todo = []
    for entry, way, fault in work:
        if options.grave and (entry["risk"] in HARMLESS or entry["same_because"]):
            continue
        if options.only is not None:
            if options.only in entry["name"]:
                todo.append((entry, way, fault))
        elif entry["name"] not in known or known[entry["name"]]["who"] in options.again:
            todo.append((entry, way, fault))
    random.Random(options.seed).shuffle(todo)  # so that a partial run covers all of them
    if not options.table:
        # The unchanged programs must pass.
        who, detail = try_scripts(build.path / "bin/spec_test", trial.folders, options.timeout, False)
        if who:
            sys.exit(f"{who} fails without a fault as well: {detail}")

        def attempt(entry, way, fault):
            try:
                who, detail = way(fault)
            except RuntimeError as error:
                who, detail = "error", str(error)
            results.add({**entry, "who": who, "detail": detail})
            print(f"{who:9} {entry['risk']:10} {entry['name']}: {detail[:160]}", flush=True)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for job in [pool.submit(attempt, *t) for t in todo]:
                job.result()
    print(table([{**known[e["name"]], **e} for e, _, _ in work if e["name"] in known]))


if __name__ == "__main__":
    main()
