#!/usr/bin/env python3
"""Injects faults into all of src/, one at a time, and reports which of them the tests catch.
A fault is a small change of one file: an inverted condition, another constant or operator, a removed call, another return
value. Faults are spread over the folders of src/ and over their kinds, and generated from a seed: the same seed gives the
same faults for the same sources. For each, a changed copy of the file is compiled (for a header: of all files that include
it, if there are not too many) and linked in front of the libraries of a build directory. Then the tests that link the file
run, the nearest and cheapest first, until one fails. Needs a release build whose tests have run once, which records the
time of each test:
  make test
  tools/mutate_sources.py --count 200
Results are kept in --results, and finished faults are not repeated. (Faults in stencils, and chosen ones in the baseline
compiler, are injected by tools/mutate.py.)
"""
import argparse
import collections
import concurrent.futures
import difflib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import mutation
from mutation import ROOT

SAME = ROOT / "tools/mutations_same.txt"
# The code that makes and checks stencils at build time has its own proofs, and its faults are those of
# tools/mutate.py.
LEFT_OUT = ("src/baseline/stencils/", "src/baseline/tool/")
# Tests of how programs are built.
OTHER_TESTS = ("api.consumer", "bench", "examples")
# What a program loads from a folder beside its own, as ninja and the program find it from there.
LOADED = {"ermine": ("../lib/libermine-http.so", "../lib/libermine-keyvalue.so", "../lib/libermine-tls.so")}
PARTED = ("component", "wasi")  # folders whose parts count as folders of their own
MOST_USERS = 45  # files that include a header
DECLARATION = r"(?:const |static |constexpr |auto |using |return |if |for |while |switch |else |case |default|goto |\w[\w:<>*&]* \w+[({;=])"


class Fault:
    def __init__(self, kind, begin, end, new):
        self.kind, self.begin, self.end, self.new = kind, begin, end, new

    def apply(self, text):
        return text[:self.begin] + self.new + text[self.end:]


def folder_of(source):
    """The folder of src/ that a source is in: "binary", "component/text"."""
    parts = source.split("/")[1:-1]
    return "/".join(parts[:2 if parts[0] in PARTED else 1])


def nearness(folder, *names):
    """How likely a test concerns a folder, judging by its name and its program's: 0, component_text_test or text_test or
    text.quoted for component/text; 1, component_wit_test; 2, others."""
    parts = folder.split("/")
    names = [name.replace(".", "_") for name in names]
    if any(name.startswith(("_".join(parts) + "_", parts[-1] + "_")) for name in names):
        return 0
    return 1 if any(name.startswith(parts[0] + "_") for name in names) else 2


def quickly(words):
    """Further options with which the file of a command compiles soonest. Unoptimised, the tests would take longer than that
    saves; the precompiled header, which saves half, fits only a level of the same sort, for speed, for size or none."""
    level = [w for w in words if re.fullmatch("-O.", w)][-1:]
    keeps = level == ["-O0"] or "-include-pch" in words and level in (["-Os"], ["-Oz"])
    return ["-w"] if keeps else ["-w", "-O1"]


def code_only(text):
    """The text with comments, strings, characters and directives blanked; every offset stays the same."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])

    pattern = (r"//[^\n]*|/\*.*?\*/|R\"(\w*)\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
               r"|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*|\b(?:static_assert|assert|ERMINE_ASSERT)\(.*?\);|\[\[.*?\]\]|\btemplate <[^\n]*>\n")
    return re.sub(pattern, blank, text, flags=re.S | re.M)


def closing(code, at):
    """The position where the parenthesis at `at` is closed; -1 if it is not closed."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i
    return -1


EXCHANGES = {
    "comparison": {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == "},
    "logic": {" && ": " || ", " || ": " && "},
    "arithmetic": {" + ": " - ", " - ": " + ", " * ": " + ", " / ": " * ", " % ": " / ", " << ": " >> ", " >> ": " << ",
                   " & ": " | ", " | ": " & ", " += ": " -= ", " -= ": " += ", " |= ": " &= ", " &= ": " |= "},
    "control": {"continue;": "break;", "break;": ";"},
}


def faults_of(text):
    """All faults of a source, by kind. Some of them do not compile."""
    code = code_only(text)
    found = collections.defaultdict(list)

    def add(kind, begin, end, new):
        if text[begin:end] != new:
            found[kind].append(Fault(kind, begin, end, new))

    for kind, pairs in EXCHANGES.items():
        for old, new in pairs.items():
            last_of_switch = r"(?!\s*\})" if old == "break;" else ""
            for match in re.finditer(re.escape(old) + last_of_switch, code):
                add(kind, match.start(), match.end(), new)
    for match in re.finditer(r"\b(?:if|while) \(", code):
        end = closing(code, match.end() - 1)
        begin = max(match.end(), code.rfind(";", match.end(), end) + 1)  # behind `if (auto x = f();`
        if end > 0:
            add("condition", begin, end, f"!({text[begin:end].strip()})")
    for match in re.finditer(r"(?<=[ (])!(?=[\w(])", code):
        add("condition", match.start(), match.end(), "")
    for match in re.finditer(r"\b(?:true|false)\b", code):
        add("constant", match.start(), match.end(), "false" if match[0] == "true" else "true")
    for match in re.finditer(r"(?<![\w.])(0x[0-9a-fA-F']+|[0-9][0-9']*)(?=[uUlL]*\b)(?!\.)", code):
        value = int(match[1].replace("'", ""), 0 if match[1].startswith("0x") else 10)
        add("constant", match.start(1), match.end(1), str(value + 1))
        if value > 0:
            add("constant", match.start(1), match.end(1), str(value - 1))
    for match in re.finditer(r"^[ \t]+(?!" + DECLARATION + r")((?:\(void\))?[\w:.\->\[\]*]+\([^;{}]*\);)$", code, re.M):
        add("call", match.start(1), match.end(1), ";")
    for match in re.finditer(r"\breturn ([^;{}]+);", code):
        value = text[match.start(1):match.end(1)]
        if value in ("true", "false"):
            continue  # a constant
        if value not in ("{}", "0", "nullptr", "kOk", "std::nullopt", "Errno::kSuccess", "TrapCode::kNone"):  # the same
            add("return", match.start(1), match.end(1), "{}")
    return found


def lines_of(text, fault):
    """(number of the first line that differs, the lines before, the lines after)."""
    begin, end = text.rfind("\n", 0, fault.begin) + 1, (text + "\n").index("\n", fault.end)
    old, new = text[begin:end].splitlines(), (text[begin:fault.begin] + fault.new + text[fault.end:end]).splitlines()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            return text.count("\n", 0, begin) + a + 1, " ".join(map(str.strip, old[a:b])), " ".join(map(str.strip, new[c:d]))
    return 0, "", ""


def choose(sources, seed):
    """An endless sequence of faults: (name, file, fault, (line, old, new)). Folders take turns, in random order, so that a
    partial run covers all of them; in a folder, a file with more lines is chosen more often."""
    folders = collections.defaultdict(list)
    for source in sorted(sources):
        folders[folder_of(source)].append(source)
    texts = {source: (ROOT / source).read_text() for source in sources}
    possible, taken = {}, set()
    for turn in range(100_000):
        # The faults of one folder do not depend on the other folders.
        order = sorted(folders)
        random.Random(f"{seed} {turn}").shuffle(order)
        for folder in order:
            rng = random.Random(f"{seed} {turn} {folder}")
            source = rng.choices(folders[folder], [texts[s].count("\n") for s in folders[folder]])[0]
            if source not in possible:
                possible[source] = faults_of(texts[source])
            kinds = sorted(possible[source])
            if not kinds:
                continue
            fault = rng.choice(possible[source][rng.choice(kinds)])
            line, old, new = lines_of(texts[source], fault)
            name = f"{source}: {old}  ->  {new}"
            if name not in taken:
                taken.add(name)
                yield name, source, fault, (line, old, new)


class Test:
    """A program to run, with the time that ctest recorded for it."""

    def __init__(self, name, target, words, environment, cost, directory):
        self.name, self.target, self.words = name, target, words
        self.environment, self.cost, self.directory = environment, cost, directory
        self.lock, self.tried, self.passes = threading.Lock(), False, True
        self.program, self.left_out = words, []

    def leave_out(self, singles):
        self.left_out += singles
        self.words = [*self.program, f"--gtest_filter=-{':'.join(self.left_out)}"]

    def holds(self):
        """Whether it passes without a fault, of two times at least once. Single tests of a GoogleTest program that do not pass
        are left out from then on (ctest runs each in a process of its own)."""
        with self.lock:
            if not self.tried:
                self.tried = True
                for _ in range(2):
                    done = subprocess.run(self.words, cwd=self.directory, env={**os.environ, **self.environment},
                                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
                    self.passes = done.returncode in (0, mutation.SKIPPED)
                    if self.passes:
                        break
                bad = sorted(set(re.findall(r"^\[  FAILED  \] ([A-Za-z][\w./]*)", done.stdout, re.M)))
                if not self.passes and self.name == self.target and bad:
                    self.leave_out(bad)
                    self.passes = True
                    print(f"{self.name}: left out, since they fail without a fault: {' '.join(bad)}", flush=True)
                elif not self.passes:
                    print(f"{self.name}: left out, since it fails without a fault", flush=True)
            return self.passes


def known_tests(build, most_seconds):
    """The tests that ctest knows (those of a GoogleTest program as one), without those that take longer than most_seconds,
    with the program that each tests."""
    costs = {}
    record = build.path / "Testing/Temporary/CTestCostData.txt"
    if not record.exists():
        sys.exit(f"{record} is missing: run ctest there once, so that the time of each test is known")
    for line in record.read_text().split("\n---")[0].splitlines():
        name, _, cost = line.rsplit(" ", 2)
        costs[name] = float(cost)
    listed = json.loads(mutation.run(["ctest", "--test-dir", build.path, "--show-only=json-v1"]))
    bin_ = str(build.path / "bin") + "/"
    tests, slow = {}, collections.defaultdict(list)
    for entry in listed["tests"]:
        name, words = entry["name"], entry.get("command", [])
        targets = [w.removeprefix(bin_) for w in words if w.startswith(bin_) and "/" not in w.removeprefix(bin_)]
        if not targets or name.startswith(OTHER_TESTS):
            continue
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        environment = dict(e.split("=", 1) for e in properties.get("ENVIRONMENT", []))
        cost = costs.get(name, 1)
        single = next((w.removeprefix("--gtest_filter=") for w in words if w.startswith("--gtest_filter=")), None)
        if single is not None:
            name, words = targets[0], [words[0]]
        if cost > most_seconds:
            if single is not None:
                slow[name].append(single)
            continue
        if name in tests:
            tests[name].cost += cost
        else:
            tests[name] = Test(name, targets[0], words, environment, cost, properties.get("WORKING_DIRECTORY", "."))
    for name, singles in slow.items():
        if name in tests:
            tests[name].leave_out(singles)
    return list(tests.values())


def library_of(object_):
    return "/lib" + re.match(r".*?/CMakeFiles/(\w+)\.dir/", object_)[1] + ".a"


def users_of_headers(build):
    """{header of src/: the objects that include it and can be linked}."""
    users, current = collections.defaultdict(list), ""
    for line in mutation.run(["ninja", "-C", build.path, "-t", "deps"]).splitlines():
        if line and not line.startswith(" "):
            current = line.split(":")[0]
        elif current in build.objects and line.endswith(".h") and not build.objects[current][0][0].startswith(LEFT_OUT):
            path = pathlib.Path(os.path.normpath(build.path / line.strip()))
            if path.is_relative_to(ROOT / "src"):
                users[path.relative_to(ROOT).as_posix()].append(current)
    return users


class Trial:
    def __init__(self, build, most_seconds):
        self.build, self.tests = build, known_tests(build, most_seconds)
        self.loaded = {target: [file for file in files if (build.path / "bin" / file).exists()] for target, files in LOADED.items()}
        # A source may be in several programs.
        self.objects = collections.defaultdict(list)
        for object_, (sources, *_) in build.objects.items():
            for source in sources:
                self.objects[source].append(object_)
        self.objects.update((h, u) for h, u in users_of_headers(build).items() if len(u) <= MOST_USERS)

    def has(self, target, object_):
        words = self.build.link_words(target)
        return object_ in words or any(w.endswith(library_of(object_)) for w in words)

    def loads(self, target, object_):
        return any(object_ in self.build.link_words(library) for library in self.loaded.get(target, ()))

    def tests_for(self, file, objects):
        """Tests whose program contains one of the objects, as (nearness, test): those of the file's folder first, among them
        those that are called as the file, then by time."""
        folder = folder_of(file)
        targets = {t.target for t in self.tests}
        concerned = {t for t in targets if any(self.has(t, o) or self.loads(t, o) for o in objects)}
        near = lambda t: nearness(folder, t.name, t.target) if t.cost < 20 else 2
        stem = pathlib.Path(file).stem
        return sorted(((near(t), t) for t in self.tests if t.target in concerned),
                      key=lambda n: (n[0], stem not in n[1].name, n[1].cost))

    def near_users(self, file):
        """The objects that include a header and are of its folder or of the folder's unit tests, the smallest sources first;
        all objects, if that is about the same."""
        users, parts = self.objects[file], folder_of(file)
        sources = lambda u: self.build.objects[u][0]
        near = [u for u in users if sources(u)[0].startswith((f"src/{parts}/", f"tests/unit/{parts}/"))]
        near.sort(key=lambda u: sum((ROOT / s).stat().st_size for s in sources(u)))
        return users if len(users) <= len(near) + 2 or not near else near[:4]

    def compiled(self, file, text, objects, directory):
        """{object: changed object}."""
        copy = directory / "headers" / pathlib.Path(file).relative_to("src")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
        altered = {}
        for object_ in objects:
            _, command, whole = self.build.objects[object_]
            to = directory / f"{self.objects[file].index(object_)}.o"
            words = self.build.without_output(command, *quickly(command))
            # A changed copy is in another folder, so files beside the original are included by the name of its
            # folder.
            words[1:1] = ["-I", directory / "headers"]
            mutation.run([*words, "-c", whole if file.endswith(".h") else copy, "-o", to], self.build.path)
            altered[object_] = to
        return altered

    def attempt(self, file, fault):
        """(what catches the fault, detail): "build", the name of a test, "nothing"; "invalid" if it does not compile."""
        # A header: what the nearest tests find in the nearest objects they would find in all, and those take minutes.
        near, everything = self.near_users(file), self.objects[file]
        text = fault.apply((ROOT / file).read_text())
        with tempfile.TemporaryDirectory(prefix="mutate-") as name:
            directory, altered = pathlib.Path(name), {}
            for objects, farthest in ((near, 2),) if len(near) == len(everything) else ((near, 1), (everything, 2)):
                try:
                    altered |= self.compiled(file, text, [o for o in objects if o not in altered], directory)
                except RuntimeError as error:
                    first = next((line for line in str(error).splitlines() if "error:" in line), str(error)[-200:])
                    return ("build" if "static assertion failed" in str(error) else "invalid"), first[-200:]
                who, detail = self.test(file, altered, directory, farthest)
                if who != "nothing":
                    break
            return who, detail

    def link(self, target, file, altered, output):
        """Links a program or library with the altered objects. One that has only the altered source of several does not
        replace the other."""
        own = set(self.build.link_words(target))
        part = lambda o: not file.endswith(".h") and len(self.build.objects[o][0]) > 1
        in_front = [to for o, to in altered.items() if (o not in own or part(o)) and self.has(target, o)]
        self.build.link(target, in_front, output, {o: to for o, to in altered.items() if not part(o)})

    def test(self, file, altered, directory, farthest):
        """(what catches the fault that is in the altered objects, detail): tests that are as near as `farthest`."""
        scratch, passed, programs = directory / "tmp", 0, set()
        for folder in (scratch, directory / "bin", directory / "lib"):
            folder.mkdir(exist_ok=True)
        for near, test in self.tests_for(file, altered):
            if near > farthest:
                break
            program = directory / "bin" / test.target
            if test.passes and program not in programs:
                self.link(test.target, file, altered, program)
                for library in self.loaded.get(test.target, ()):
                    self.link(library, file, altered, directory / "bin" / library)
                programs.add(program)
            was = str(self.build.path / "bin" / test.target)
            environment = {**test.environment, "TMPDIR": str(scratch), "GTEST_FAIL_FAST": "1"}
            failures = 0
            # Whether it passes without the fault matters only if it fails; then parts of it may be left out. A test that
            # fails twice does not fail because the machine is busy.
            while test.passes:
                words, begin = test.words, time.monotonic()
                who, detail = mutation.watch([str(program) if w == was else w for w in words], 60 + 20 * test.cost,
                                             int(4 + 5 * test.cost), environment, test.directory)
                if not who:
                    passed += 1
                    test.cost = time.monotonic() - begin  # of a GoogleTest program less than of its tests one by one
                    break
                if test.holds() and test.words == words:
                    failures += 1
                    if failures == 2 or detail == mutation.ENDLESS:
                        return test.name, detail
        return "nothing", f"{passed} tests passed"


def known_same():
    """{(source, old lines, new lines): why it changes nothing that a test could observe}."""
    same = {}
    for number, line in enumerate(SAME.read_text().splitlines() if SAME.exists() else (), 1):
        if line and not line.startswith("#"):
            parts = line.split("\t")
            if len(parts) != 4:
                sys.exit(f"{SAME.name}, line {number}: not SOURCE, OLD, NEW, REASON separated by tabs")
            same[tuple(parts[:3])] = parts[3]
    return same


def table(results):
    """As Markdown: how many faults were caught, by folder and by kind; and the faults that were not caught."""
    lines = []
    for title, key in (("folder", lambda r: folder_of(r["source"])), ("kind", lambda r: r["kind"])):
        rows = collections.defaultdict(collections.Counter)
        for r in results:
            for row in (key(r), "all"):
                rows[row]["faults"] += 1
                rows[row]["same" if r["same"] else "nothing" if r["who"] == "nothing" else "caught"] += 1
        lines += [f"| {title} | faults | caught | not caught | no change | share |", "|---|---|---|---|---|---|"]
        for row in sorted(rows, key=lambda r: (r == "all", r)):
            n = rows[row]
            share = 100 * n["caught"] / max(1, n["faults"] - n["same"])
            lines.append(f"| {row} | {n['faults']} | {n['caught']} | {n['nothing']} | {n['same']} | {share:.1f} % |")
        lines.append("")
    for title, chosen in (("Not caught", [r for r in results if r["who"] == "nothing" and not r["same"]]),
                          ("No change", [r for r in results if r["same"]])):
        lines.append(f"{title}: {len(chosen)}")
        lines += [f"- {r['source']}:{r['line']}: {r['old']}  ->  {r['new']}{'. ' + r['same'] if r['same'] else ''}" for r in chosen]
        lines.append("")
    return "\n".join(lines)


def self_test():
    mutation.self_test()
    assert [quickly(w.split()) for w in ("-O2 -Oz", "-O2 -Oz -include-pch", "-O2 -include-pch", "-O2 -O0 -include-pch")] == [
        ["-w", "-O1"], ["-w"], ["-w", "-O1"], ["-w"]]
    source = """// if (a) return b < c;
#define X 1 + 2
int f(int a) {
  const char* s = "a && b";  // 7
  if (auto x = g(a); x > 3 && !done(x)) return x + 1;
  drop(a, s);
  int declared(4);
  while (a != 0x10) --a;
  static_assert(1 + 1 == 2);
  return true;
}
"""
    made = sorted((f.kind, lines_of(source, f)[0], lines_of(source, f)[2]) for fs in faults_of(source).values() for f in fs)
    expected = [
        ("arithmetic", 5, "if (auto x = g(a); x > 3 && !done(x)) return x - 1;"),
        ("call", 6, ";"),
        ("comparison", 5, "if (auto x = g(a); x >= 3 && !done(x)) return x + 1;"),
        ("comparison", 8, "while (a == 0x10) --a;"),
        ("condition", 5, "if (auto x = g(a); x > 3 && done(x)) return x + 1;"),
        ("condition", 5, "if (auto x = g(a);!(x > 3 && !done(x))) return x + 1;"),
        ("condition", 8, "while (!(a != 0x10)) --a;"),
        ("constant", 5, "if (auto x = g(a); x > 2 && !done(x)) return x + 1;"),
        ("constant", 5, "if (auto x = g(a); x > 3 && !done(x)) return x + 0;"),
        ("constant", 5, "if (auto x = g(a); x > 3 && !done(x)) return x + 2;"),
        ("constant", 5, "if (auto x = g(a); x > 4 && !done(x)) return x + 1;"),
        ("constant", 7, "int declared(3);"),
        ("constant", 7, "int declared(5);"),
        ("constant", 8, "while (a != 15) --a;"),
        ("constant", 8, "while (a != 17) --a;"),
        ("constant", 10, "return false;"),
        ("logic", 5, "if (auto x = g(a); x > 3 || !done(x)) return x + 1;"),
        ("return", 5, "if (auto x = g(a); x > 3 && !done(x)) return {};"),
    ]
    assert made == sorted(expected), "\n".join(map(str, set(made) ^ set(expected)))
    sources = files_in(p.relative_to(ROOT).as_posix() for p in (ROOT / "src").rglob("*.cc"))
    first = [name for name, (n, *_) in zip(range(100), choose(sources, "1"))]
    names = lambda seed: [name for _, (name, *_) in zip(first, choose(sources, seed))]
    assert names("1") == names("1") != names("2")
    folders = {folder_of(s) for s in sources}
    assert {folder_of(n.split(":")[0]) for n in names("1")} == folders and len(folders) >= 30, "not all folders have faults"
    assert folder_of("src/component/text/print/dump.cc") == "component/text" and folder_of("src/runtime/gc/heap.cc") == "runtime"
    assert folder_of("src/wasi/wasi.cc") == "wasi" and folder_of("src/text/lexer.cc") == "text"
    near = lambda folder, *names: [nearness(folder, n) for n in names]
    assert near("component/wit", "wit_test", "component_wit_test", "component_text_test", "api_test") == [0, 0, 1, 2]
    assert nearness("cli", "cli.options", "ermine") == 0
    assert near("wasi/host", "wasi_host_test", "wasi_calls_test", "text_test") == [0, 1, 2]
    assert near("text", "text_test", "component_text_test") == [0, 2]
    row = dict(source="src/a/b.cc", kind="call", line=7, old="x", new=";", same="")
    text = table([{**row, "who": "x_test"}, {**row, "who": "build"}, {**row, "who": "nothing"},
                  {**row, "who": "nothing", "same": "dead"}])
    assert "| all | 4 | 2 | 1 | 1 | 66.7 % |" in text and "Not caught: 1\n- src/a/b.cc:7: x  ->  ;\n" in text
    known_same()


def files_in(names):
    return [n for n in names if n.startswith("src/") and n.endswith((".cc", ".h")) and not n.startswith(LEFT_OUT)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build directory, of ninja")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int, default=200, help="number of faults")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=pathlib.Path, help="file for the results (default: in the build directory)")
    parser.add_argument("--folders", metavar="A,B", help="only faults of these folders of src/ (the same faults as without this option)")
    parser.add_argument("--most-seconds", type=float, default=1e9, metavar="N",
                        help="leave out tests that take longer; run again without this option and with --again for what they catch")
    parser.add_argument("--only", metavar="TEXT", help="try again only faults whose name contains this")
    parser.add_argument("--again", action="store_true", help="try again the faults that nothing caught")
    parser.add_argument("--table", action="store_true", help="print the results so far and exit")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    build = mutation.BuildDirectory(options.build)
    results = mutation.Results(options.results or build.path / "mutate-sources.jsonl")
    same = known_same()
    if not options.table:
        trial = Trial(build, options.most_seconds)
        counted = 0

        def attempt(name, source, fault, where):
            try:
                listed = (source, where[1], where[2]) in same  # trying it would take longest
                who, detail = ("nothing", f"listed in {SAME.name}") if listed else trial.attempt(source, fault)
            except RuntimeError as error:
                who, detail = "error", str(error)
            results.add(dict(name=name, source=source, kind=fault.kind, line=where[0], old=where[1], new=where[2], who=who,
                             detail=detail, seed=options.seed))
            print(f"{who:20} {source}:{where[0]}: {where[1]}  ->  {where[2]}: {detail[:160]}", flush=True)
            return who

        # A fault that does not compile is not counted; that is known only after it was tried.
        wanted = options.folders.split(",") if options.folders else None
        chosen = (c for c in choose(files_in(trial.objects), options.seed) if not wanted or any(f"{folder_of(c[1])}/".startswith(f"{w}/") for w in wanted))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            while counted < options.count:
                batch = [c for _, c in zip(range(options.count - counted), chosen)]
                if not batch:
                    break
                todo = [c for c in batch if (options.only in c[0] if options.only is not None else c[0] not in results.known or
                                             (options.again and results.known[c[0]]["who"] == "nothing"))]
                for job in [pool.submit(attempt, *c) for c in todo]:
                    job.result()
                if options.only is not None:
                    break
                counted += sum(results.known[c[0]]["who"] != "invalid" for c in batch)
    tried = [r for r in results.known.values() if r["who"] not in ("invalid", "error") and r["seed"] == options.seed]
    print(table([{**r, "same": same.get((r["source"], r["old"], r["new"]), "")} for r in tried]))
    failed = [r for r in results.known.values() if r["who"] == "error"]
    if failed:
        sys.exit(f"{len(failed)} could not be tried, the first: {failed[0]['name']}: {failed[0]['detail']}")


if __name__ == "__main__":
    main()
