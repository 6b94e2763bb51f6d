#!/usr/bin/env python3
"""The page of `ermine explore`: matching lines are linked, the page is self-contained, and no name from a module can become
markup or script.
"""
import argparse
import html.parser
import json
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import unicodedata

LINKED = r"""
(module
  (memory 1)
  (func $work (export "work") (param i32) (result i32) (local $n i32)
    (local.set $n (i32.mul (local.get 0) (i32.const 12345)))
    (i32.store offset=8 (local.get 0) (local.get $n))
    (f32.load (local.get $n))
    (i32.trunc_f32_s)
    (call $other))
  (func $other (param i32) (result i32) (select (i32.const 1) (local.get 0) (i32.eqz (local.get 0))))
  (func $rounds (param i32)
    (loop $l
      (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const -1))) (i32.const 77))))
    (call $empty))
  (func $empty)
  (func $two (param i32) (result i32 i32)
    (block $b (result i32 i32) (br $b (i32.const 1) (local.get 0)))
    (i32.add (i32.const 3))))
"""
# Names as bytes, one per function: including some that are not UTF-8 and not text.
HOSTILE = [
    b"</script><img src=x onerror=alert(1)>", b"<!--<script>", b"\"}]</SCRIPT >", b"a\nb\n0 <b>", b"\\u003c\\", b"'\"&lt;\x00\x1b[2J",
    "\u202eevil \u2028\u2029".encode(), b"]]>", b"{{x}}${alert(1)}", b"$n", b"x" * 5000,
    b"\xff\xfe\x80",  # ends the readable part of the name section
]
TAGS = {"html", "head", "meta", "title", "style", "body", "header", "b", "span", "nav", "input", "div", "main", "h2", "small", "p", "noscript", "script"}


class Page(html.parser.HTMLParser):
    """The elements of a page, its scripts by id."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.current, self.code = [], {}, None, ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "script":
            self.current = dict(attributes).get("id", "")
            if self.current in self.scripts:
                sys.exit(f"two scripts with the id '{self.current}'")
            self.scripts[self.current] = ""

    def handle_endtag(self, tag):
        if tag == "script": self.current = None

    def handle_data(self, data):
        if self.current is not None: self.scripts[self.current] += data


def leb(n):
    out = b""
    while True:
        out += bytes([(n & 0x7f) | (0x80 if n > 0x7f else 0)])
        n >>= 7
        if n == 0: return out


def section(number, contents):
    return bytes([number]) + leb(len(contents)) + contents


def module_with_names(names):
    """A module whose function i is called names[i]."""
    n = len(names)
    body = leb(4) + b"\x00\x41\x07\x0b"  # i32.const 7
    entries = b"".join(leb(i) + leb(len(name)) + name for i, name in enumerate(names))
    custom = b"\x04name" + section(1, leb(n) + entries)
    return (b"\0asm\x01\0\0\0" + section(1, b"\x01\x60\x00\x01\x7f") + section(3, leb(n) + b"\x00" * n) +
            section(10, leb(n) + body * n) + section(0, custom))


def check(condition, what):
    if not condition: sys.exit(f"FAILED: {what}")


def explore(ermine, directory, *arguments):
    done = subprocess.run([ermine, "explore", *arguments], cwd=directory, capture_output=True, timeout=120)
    check(done.returncode == 0, f"ermine explore {arguments}: {done.stderr.decode()}")
    return done


def page_of(path):
    text = path.read_bytes().decode()  # is UTF-8
    page = Page(text)
    for tag, attributes in page.elements:
        check(tag in TAGS, f"an element <{tag}> {attributes}")
        check(not any(name.startswith("on") or name in ("src", "href", "srcdoc", "action") for name in attributes),
              f"<{tag}> has {attributes}")
    check(not re.search(r"https?:|@import|url\(|innerHTML|document\.write|eval\(", text), "the page reaches out of itself")
    check("default-src 'none'" in text, "no content security policy")
    data = json.loads(page.scripts["data"])
    functions = {key[1:]: json.loads(value) for key, value in page.scripts.items() if re.fullmatch(r"f\d+", key)}
    return data, functions


def columns(function):
    """-> per column, a list of (group, text)"""
    split = lambda text: [(int(line.split(" ", 1)[0]), line.split(" ", 1)[1]) for line in text.split("\n")] if text else []
    return {key: split(function[key]) for key in "wrmo" if key in function}


def groups_with(lines, what):
    return {group for group, text in lines if re.search(what, text)}


def test_links(ermine, directory):
    (directory / "linked.wat").write_text(LINKED)
    done = explore(ermine, directory, "linked.wat")
    check(done.stdout == b"linked.explore.html\n", f"it says where the page is, not {done.stdout}")
    data, functions = page_of(directory / "linked.explore.html")
    check([f[:2] for f in data["functions"]] == [[0, "work"], [1, "other"], [2, "rounds"], [3, "empty"], [4, "two"]], f"the list of functions: {data['functions']}")
    check(data["title"] == "linked.wat", "the title")
    work = columns(functions["0"])
    # WebAssembly in order, with increasing offsets.
    offsets = [int(text.split()[0], 16) for _, text in work["w"]]
    check(offsets == sorted(offsets) and len(offsets) == 14, f"offsets: {offsets}")
    known = {group for group, _ in work["r"]}
    check({g for g, _ in work["w"]} <= known and {g for g, _ in work["m"]} <= known, "groups without register code")
    for wasm, register, machine in ((r"i32\.mul", "i32_mul", "imul"), (r"local\.set \$n", "i32_mul", "imul"),
                                    (r"i32\.store", "i32_store", "mov"), (r"f32\.load", "f32_load", "v?movss"),
                                    (r"call \$other", r"call at %\d+, func 1", "call")):
        group = groups_with(work["w"], wasm)
        check(len(group) == 1, f"{wasm}: groups {group}")
        check(group <= groups_with(work["r"], register), f"{wasm} is not beside {register}: {work}")
        if not data["problem"]:
            check(group <= groups_with(work["m"], machine), f"{wasm} is not beside {machine}: {work}")
    # Instructions that became one instruction are one group, from the first operand to the branch; the others are not
    # in it.
    rounds = columns(functions["2"])
    group = groups_with(rounds["w"], r"i32\.add")
    for part in (r"local\.get 0", r"i32\.const -1", r"local\.tee 0", r"i32\.const 77", r"i32\.ne", r"br_if \$l"):
        check(groups_with(rounds["w"], part) == group, f"{part} is not with the addition: {rounds}")
    check(groups_with(rounds["r"], "br_if_back") == group, f"the branch is elsewhere: {rounds}")
    check(group.isdisjoint(groups_with(rounds["w"], r"call|loop")), f"too much is in the group: {rounds}")
    # One instruction that became several is beside each of them.
    two = columns(functions["4"])
    group = groups_with(two["w"], r"br \$b")
    for register in (" copy ", "const32", "br ->"):
        check(group == groups_with(two["r"], register), f"br is not beside {register}: {two}")
    # Each machine instruction begins where the last one ends.
    at = 0
    for _, text in work["m"]:
        check(int(text.split()[0], 16) == at, f"a gap before {text}")
        at += len(text.split()[-1]) // 2
    check(at > 50, "hardly any machine code")
    test_optimised(data, functions)
    if data["problem"]:
        check("capstone" in data["problem"], data["problem"])
        print("note:", data["problem"])
    else:
        check(not groups_with(work["m"], r"\(bad\)"), "instructions that cannot be disassembled")


def test_optimised(data, functions):
    """The column of optimised code, in builds that have its plug-in: linked like the others."""
    check(all(("o" in f) == data["four"] for f in functions.values()), "not all functions have the column, or some")
    if not data["four"]: return print("note: without optimised code")
    work = columns(functions["0"])
    check(not functions["0"]["no"] and len(work["o"]) > 10, f"hardly any optimised code: {work}")
    check({g for g, _ in work["o"]} <= {group for group, _ in work["r"]}, "optimised code in groups without register code")
    if data["problem"]: return
    # What is inlined is beside the call.
    for wasm, machine in ((r"i32\.mul", "imul"), (r"f32\.load", "v?movss"), (r"call \$other", "")):
        check(groups_with(work["w"], wasm) & groups_with(work["o"], machine), f"{wasm} is not beside {machine}: {work}")


def test_addresses(ermine, directory):
    """No address of the process is in the text: two runs, with mappings at random places, give the same but for the bytes."""
    if platform.machine() != "x86_64": return print("SKIPPED: addresses in several instructions are not replaced")
    texts = []
    # LLVM makes addresses of one another, by distances between the engine and its memory.
    shown = lambda key, text: re.sub(r"0x[0-9a-f]{7,8}\b", "0x...", text) if key == "o" else text
    for run in range(2):
        explore(ermine, directory, "linked.wat", "-o", f"again{run}.html")
        _, functions = page_of(directory / f"again{run}.html")
        texts.append({index: {key: [shown(key, re.sub(r"\s{2,}[0-9a-f]{2,}$", "", text)) for _, text in lines] for key, lines in columns(f).items()}
                      for index, f in functions.items()})
    check(texts[0] == texts[1], "two runs differ")
    called = "".join(text for lines in texts[0].values() for key in "mo" for text in lines.get(key, []))
    check(not re.search(r"0x[0-9a-f]{11}", called), f"an address: {called}")
    check("rip" not in called, f"a place relative to an instruction: {called}")


def printable(text):
    """The same as include/ermine/printable.h."""
    unseen = ("Cc", "Cf", "Zl", "Zp")
    out = "".join("".join(f"\\{b:02x}" for b in c.encode()) if unicodedata.category(c) in unseen else c for c in text)
    return out if len(out.encode()) <= 1000 else out[:997] + "..."


def test_hostile_names(ermine, directory):
    (directory / "hostile.wasm").write_bytes(module_with_names(HOSTILE))
    explore(ermine, directory, "hostile.wasm", "-o", "hostile.html")
    data, functions = page_of(directory / "hostile.html")
    check(len(functions) == len(HOSTILE), f"{len(functions)} blocks for {len(HOSTILE)} functions")
    for (index, name, *_), given in zip(data["functions"], HOSTILE):
        try:
            check(name == printable(given.decode()), f"function {index}: {name!r} for {given!r}")
        except UnicodeDecodeError:
            check(re.fullmatch(r"[?]*", name), f"{name!r} for {given!r}")
        listing = columns(functions[str(index)])
        check(any("i32.const 7" in text for _, text in listing["w"]), f"function {index} is not whole: {listing}")
    # The file's own name is data as well.
    trap = directory / "<b onclick=x>&.wat"
    trap.write_text("(module (func))")
    explore(ermine, directory, trap.name, "-o", "named.html")
    data, _ = page_of(directory / "named.html")
    check(data["title"] == trap.name, data["title"])


def test_choice(ermine, directory):
    explore(ermine, directory, "linked.wat", "--function", "other", "-o", "one.html")
    data, functions = page_of(directory / "one.html")
    check(list(functions) == ["1"] and [f[3] < 0 for f in data["functions"]] == [True, False, True, True, True], f"{data}")
    many = directory / "many.wasm"
    many.write_bytes(module_with_names([b"f%d" % i for i in range(3000)]))
    done = explore(ermine, directory, "many.wasm", "--max-size", "100KiB", "-o", "many.html")
    size = (directory / "many.html").stat().st_size
    data, functions = page_of(directory / "many.html")
    check(len(data["functions"]) == 3000 and 10 < len(functions) < 1000, f"{len(functions)} of 3000 functions")
    check(size < 250_000, f"{size} bytes")
    check(b"of 3000 functions" in done.stderr, done.stderr.decode())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ermine", required=True, type=pathlib.Path)
    ermine = str(parser.parse_args().ermine.resolve())
    with tempfile.TemporaryDirectory(prefix="ermine-explore-") as name:
        for test in (test_links, test_addresses, test_hostile_names, test_choice):
            test(ermine, pathlib.Path(name))
            print("ok:", test.__name__)


if __name__ == "__main__":
    main()
