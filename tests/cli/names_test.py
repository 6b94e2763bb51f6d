#!/usr/bin/env python3
"""Names from a module, a script or a command line, in the output of every command: they cannot control a terminal, hide,
change the direction of writing or imitate lines, and names of megabytes take neither memory nor pages.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

# Each contains "evil", which shows that the name was printed; the bad ends of some would be lines of their own.
HOSTILE = [
    "evil\x1b[31m", "evil\x1b]0;title\x07", "evil\n  9: 0x99 - made up", "evil\r\nerror: made up", "evil\x9b2J\x85",
    "evil\u202egnp.exe", "evil\u2066\u200b\u2028made up\ufeff\u061c\U000e0041", "evil\x00\x7f\b\t", "evil\"); made up", "evil\\'${x}%s%n",
]
HIDDEN = [(0, 0x1f), (0x7f, 0x9f), (0x61c, 0x61c), (0x200b, 0x200f), (0x2028, 0x202e), (0x2060, 0x206f), (0xfeff, 0xfeff),
          (0xfff9, 0xfffb), (0xe0000, 0xe0fff)]
IS_HIDDEN = re.compile("(?!\n)[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in HIDDEN) + "]")


def u32(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def sized(b): return u32(len(b)) + b
def text(s): return sized(s if isinstance(s, bytes) else s.encode())
def vector(items): return u32(len(items)) + b"".join(items)
def section(number, content): return bytes([number]) + sized(content)
def custom(name, content=b""): return section(0, text(name) + content)


def names(module, **spaces):
    """A name section; spaces are subsection=name for number 0, or nested for locals, labels and fields."""
    numbers = dict(func=1, local=2, label=3, type=4, table=5, memory=6, globals=7, elem=8, data=9, field=10, tag=11)
    out = bytes([0]) + sized(text(module))
    for space, number in numbers.items():
        if space not in spaces: continue
        one = vector([u32(0) + text(spaces[space])])
        out += bytes([number]) + sized(vector([u32(0) + one]) if number in (2, 3, 10) else one)
    return custom("name", out)


def module(name, export=None, body=b"\x03\x40\x00\x0b", imports=(), extra=b"", named=None):
    """Function 0 (or the first one that is not imported) has one local, is exported and runs `body`; everything has a name."""
    out = b"\0asm\1\0\0\0" + section(1, vector([b"\x60\0\0", b"\x5f" + vector([b"\x7f\0"])]))
    if imports: out += section(2, vector(list(imports)))
    out += section(3, vector([u32(0)])) + section(4, vector([b"\x70\0\x01"])) + section(5, vector([b"\0\x01"]))
    out += section(13, vector([b"\0\0"])) + section(6, vector([b"\x7f\0\x41\0\x0b"]))
    if export is not None: out += section(7, vector([text(export) + b"\0" + u32(len(imports))]))
    out += section(9, vector([b"\0\x41\0\x0b" + vector([u32(0)])])) + section(10, vector([sized(b"\x01\x01\x7f" + body + b"\x0b")]))
    out += section(11, vector([b"\0\x41\0\x0b" + text("data")]))
    if named is None:
        named = dict.fromkeys(("func", "local", "label", "type", "table", "memory", "globals", "elem", "data", "tag"), name)
        named["field"] = name
    # The only field is of type 1.
    if "field" in named:
        field = named.pop("field")
        fields = bytes([10]) + sized(vector([u32(1) + vector([u32(0) + text(field)])]))
        base = names(name, **named)
        content = base[base.index(b"\x04name"):][5:]
        return out + custom("name", content[:tag_at(content)] + fields + content[tag_at(content):]) + extra
    return out + names(name, **named) + extra


def tag_at(content):
    """The position of the subsection of tags: subsections are in order."""
    at = 0
    while at < len(content):
        if content[at] == 11: return at
        size, shift, p = 0, 0, at + 1
        while True:
            size |= (content[p] & 0x7f) << shift
            shift += 7
            p += 1
            if content[p - 1] < 0x80: break
        at = p + size
    return len(content)


class Runner:
    """Runs commands, and reports the peak memory of each: from a small process of its own, because the system counts what the
    caller had before it became the command."""

    def __init__(self):
        request_end, request_begin = os.pipe()
        reply_end, reply_begin = os.pipe()
        if os.fork() == 0:
            os.close(request_begin)
            os.close(reply_end)
            with os.fdopen(request_end) as requests, os.fdopen(reply_begin, "w") as replies:
                for line in requests: print(json.dumps(self.run(**json.loads(line))), file=replies, flush=True)
            os._exit(0)
        os.close(request_end)
        os.close(reply_begin)
        self.requests, self.replies = os.fdopen(request_begin, "w"), os.fdopen(reply_end)

    @staticmethod
    def run(words, cwd, out):
        environment = dict(os.environ, NO_COLOR="1", LC_ALL="C.UTF-8")
        with open(out, "wb") as sink:
            process = subprocess.Popen([os.fsencode(w) for w in words], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_maxrss >> 10

    def __call__(self, **request):
        print(json.dumps(request), file=self.requests, flush=True)
        return json.loads(self.replies.readline())


def imported(module_name, name): return text(module_name) + text(name) + b"\0\0"


class Test:
    def __init__(self, options, directory):
        self.words = [*shlex.split(options.emulator), str(options.ermine.resolve())]
        self.emulated, self.sanitized = bool(options.emulator), options.sanitized
        self.directory, self.checks, self.failures, self.files = directory, 0, [], 0
        self.runner = Runner()

    def file(self, contents, ending=".wasm", name=None):
        self.files += 1
        path = self.directory / (name or f"f{self.files}{ending}")
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode(errors="surrogateescape"))
        return path.name

    def command(self, *words, most_mb=None, code=None):
        """-> everything that it printed, as bytes."""
        run = list(words)
        if self.emulated and run[0] == "run": run.insert(1, "--no-seccomp")
        out = self.directory / "output"
        begin = time.monotonic()
        returned, mb = self.runner(words=[*self.words, *run], cwd=str(self.directory), out=str(out))
        self.size = out.stat().st_size
        with open(out, "rb") as file: data = file.read(64 << 20)
        self.checks += 1
        shown = shlex.join(words)[:200]
        if returned < 0 or (code is not None and returned != code): self.fail(f"{shown}: exit code {returned}: {data[:500]}")
        # Work that is proportional to names times their number takes minutes.
        if time.monotonic() - begin > (300 if self.sanitized or self.emulated else 30): self.fail(f"{shown}: took too long")
        if most_mb is not None and not self.emulated:
            allowed = most_mb * 4 + 300 if self.sanitized else most_mb
            if mb > allowed: self.fail(f"{shown}: {mb} MB of memory, {allowed} are allowed")
        return data

    def fail(self, message):
        self.failures.append(message)
        print(message)

    def clean(self, what, data, shows=True, tabs=False):
        """No control characters of a terminal, and no line that the name imitates."""
        try:
            shown = data.decode()
        except UnicodeDecodeError as e:
            return self.fail(f"{what}: not UTF-8: {e}: {data[max(0, e.start - 40):e.start + 40]}")
        for found in IS_HIDDEN.finditer(shown):
            if not (tabs and found[0] == "\t"):
                return self.fail(f"{what}: character {ord(found[0]):#x} in {shown[max(0, found.start() - 60):found.end() + 20]!r}")
        for line in shown.split("\n"):
            if line.lstrip().startswith(("made up", "9: 0x99", "error: made up")):
                return self.fail(f"{what}: a line that the name made up: {line!r}")
        if shows and "evil" not in shown: self.fail(f"{what}: the name is not shown: {shown[:300]!r}")

    def check(self, *words, shows=True, **more):
        data = self.command(*words, **more)
        self.clean(shlex.join(words), data, shows)
        return data


def all_commands(test, name):
    """Every command, with one hostile name in every place that has one."""
    trap = b"\x00"
    deep = test.file(module(name, name, trap))
    start = test.file(module(name, "_start", trap))
    test.check("run", start, code=134)
    test.check("run", deep)  # for its list of functions
    test.check("run", "--invoke", "zz", deep, code=2)
    if "\0" not in name: test.check("run", "--invoke", name, deep, code=134)
    throws = test.file(module(name, "_start", b"\x08\x00"))
    test.check("run", throws, code=134)
    asks = test.file(module(name, "_start", b"\x10\x00", [imported(name, name), imported("env", name)]))
    test.check("run", asks, code=1)
    test.check("run", "--unknown-imports-trap", asks, code=134)
    test.check("run", "--profile=jitdump", "--tier=baseline", start, code=134)
    for dump in test.directory.glob("jit-*.dump"): dump.unlink()
    odd = test.file(module(name, name, extra=custom(name, b"content")))
    invalid = test.file(module(name, name, b"\x45"))  # i32.eqz of nothing
    twice = test.file(module(name, name)[:0] + b"\0asm\1\0\0\0" + section(1, vector([b"\x60\0\0"])) + section(3, vector([u32(0)])) +
                      section(7, vector([text(name) + b"\0\0"] * 2)) + section(10, vector([sized(b"\0\x0b")])))
    test.check("inspect", odd, code=0)
    test.check("inspect", asks, code=0)
    whole = json.loads(test.check("inspect", "--json", odd, code=0))
    if whole["exports"][0]["name"] != name or whole["custom_sections"][-1]["name"] != name:
        test.fail(f"inspect --json does not give {name!r} back")
    for file in (invalid, twice):
        test.check("validate", file, code=1)
        test.check("run", file, code=1)
    for flags in ([], ["-f"], ["--plain"], ["-p"]):
        test.check("print", *flags, odd, code=0)
        test.check("print", *flags, asks, code=0)
    # What is printed is still the same module.
    for file in (odd, asks, deep):
        printed = test.file(test.command("print", file, code=0), ".wat")
        test.command("parse", printed, "-o", "again.wasm", code=0)
        if (test.directory / "again.wasm").read_bytes() != (test.directory / file).read_bytes():
            test.fail(f"print and parse change a module with the name {name!r}")
    for flag in ("-h", "-x", "-d"): test.check("objdump", flag, odd, code=0)
    test.check("objdump", "-s", odd, code=0, shows=False)
    page = test.command("explore", deep, "-o", "-")
    if page.startswith(b"<!"): test.clean("explore", page)
    test.check("strip", odd, "-d", name.replace("\0", "").replace("]", "") + "[", "-o", "out.wasm", code=2)
    log = rf'''(module (import "wasi_snapshot_preview1" "path_open" (func $o (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "{escaped('../' + name)}")
      (func (export "_start") (if (call $o (i32.const 3) (i32.const 0) (i32.const 0) (i32.const {len(('../' + name).encode())}) (i32.const 0)
        (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)) (then (unreachable)))))'''
    test.check("run", "--log=wasi", "--dir", ".::/", test.file(log, ".wat"), code=134)


def escaped(name): return "".join(f"\\{b:02x}" for b in name.encode())


def texts(test, name):
    """The text format and scripts, which contain the name's raw bytes as well."""
    e = escaped(name)
    for source in (f'(module (func (call $"{e}")))', f'(module (func $"{e}") (func $"{e}"))', f'(module (func (local $"{e}" i32) (local $"{e}" i32)))',
                   f'(module (func (local.get $"{e}")))', f'(module (func (br $"{e}")))', f'(module (type $"{e}" (struct)) (func (struct.get $"{e}" $"{e}")))',
                   f'(module (func block $l end $"{e}"))', f'(module (@"{e}") (func (i32.evil)))',
                   f'(module (func "{e}" (evil)))', f'(module (func (@metadata.code.branch_hint "{e}") (evil)))', f'(module (export "{e}" (evil)))'):
        test.check("validate", test.file(source, ".wat"), code=1)
    for raw in (f'(module (@name "{e}") (@name "{e}"))', f'(module {name} (func))', f'(module (func $"{name}"', f'(module ;; {name}\n (evil {name}))', f'(module (evil) ;; {name}\n)',
                f'(module (; {name} ;) (evil) (; {name} ;))', f'(module "{name}" evil)'):
        file = test.file(raw, ".wat")
        test.check("validate", file, code=1, shows=False)
        test.check("parse", file, code=1, shows=False)
        test.check("wast", test.file(raw, ".wast"), code=1, shows=False)
    script = test.file("\n".join((
        f'(module (func (export "{e}") (result i32) unreachable) (global (export "g") i32 (i32.const 1)))',
        f'(assert_trap (invoke "{e}") "{e}")', f'(assert_return (invoke "{e}") (i32.const 1))', f'(assert_return (invoke "no{e}"))',
        f'(assert_return (get "no{e}"))', f'(invoke $"{e}" "{e}")', f'(register "{e}" $"{e}")', f'(wait $"{e}")', f'(module instance $"{e}" $"{e}")',
        f'(assert_invalid (module) "{e}")', f'(assert_malformed (module quote "(func (call $\\"{e.replace(chr(92), chr(92) * 2)}\\"))") "{e}")',
        f'(assert_unlinkable (module (import "{e}" "{e}" (func))) "{e}")', f'(module (import "{e}" "{e}" (func)))',
        f'(assert_invalid (module binary "{e}") "{e}")', f'(assert_return (get "g") (i32.const 2))')), ".wast")
    test.check("wast", script, code=1)
    test.check("wast", "-v", script, code=1)
    failures = json.loads(test.check("wast", "--json", script, code=1))["files"][0]["failures"]
    if len(failures) < 10: test.fail(f"only {len(failures)} directives of the script fail: {failures}")


def command_line(test, name):
    """File names and words that the user gives."""
    name = name.replace("\0", "").replace("/", "_")
    for words in (["run", name], ["validate", name], ["inspect", name], ["print", name], ["objdump", name], ["strip", name, "-o", "x"], ["parse", name],
                  ["wast", name], ["explore", name], [name], ["help", name], ["run", "--" + name, "x.wasm"], ["run", "--tier=" + name, "x.wasm"],
                  ["run", "--dir", name, "good.wasm"], ["run", "--listen", name, "good.wasm"], ["run", "-W", name + "=1", "good.wasm"],
                  ["run", "--features=" + name, "good.wasm"], ["run", "--invoke=f", "argument.wat", name], ["run", "--preload", "a=" + name, "good.wasm"]):
        data = test.command(*words)
        # The words of a command line are the user's own: lines in them are no attack.
        test.clean(shlex.join(words), data.replace(b"made up", b""), shows=words[0] != "explore")
    path = test.file(b"\0asm\1\0\0\0" + custom("x"), name=name + ".wasm")
    for words in (["validate", path], ["inspect", path], ["inspect", "--json", path]):
        test.check(*words, code=0)
    test.check("parse", test.file("(module (evil))", name=name + ".wat"), code=1)
    test.check("run", test.file(module("n", "_start", b"\0"), name=name + "2.wasm"), code=134)


def large(test, megabytes):
    """Names of megabytes in every place. The printed parts are short, and memory is that of a module of this size."""
    name = b"evil" + b"n" * (megabytes << 20)
    most = 60 + 5 * megabytes  # the file, and the decoded data
    calls = (b"\x23\x00\x45\x04\x40\x10\x00\x0b")  # if global 0 is 0, call function 0
    recursion = test.file(module("m", "_start", b"\x10\x00", named=dict(func=name)))
    def small(data, what, bytes_=200_000):
        if test.size > bytes_: test.fail(f"{what}: {test.size} bytes of output")
        test.clean(what, data)
    def run(*words, most_mb=most, **more): small(test.command(*words, most_mb=most_mb), shlex.join(words), **more)
    run("run", "--timeout=10s", recursion)
    run("run", "--timeout=10s", "--tier=interp", recursion)
    exported = test.file(module("m", name, calls, named={}))
    run("run", "--invoke", "zz", exported)
    run("inspect", exported)
    run("run", test.file(module("m", "_start", b"\x08\x00", named=dict(tag=name))))
    link = test.file(module("m", "_start", b"\x10\x00", [imported(name, name)], named={}))
    run("run", link)
    run("run", "--unknown-imports-trap", link)
    # A hundred thousand imports of one group share their module's name.
    group = text(name) + text("") + b"\x7f" + vector([text(f"f{i}") + b"\0\0" for i in range(10_000)])
    many = test.file(b"\0asm\1\0\0\0" + section(1, vector([b"\x60\0\0"])) + section(2, u32(1) + group))
    run("run", many, most_mb=most + 40)
    run("inspect", many, most_mb=most + 40, bytes_=20 << 20)
    for place in ("func", "local", "label", "globals", "memory", "table", "type") if megabytes <= 5 else ("func", "label"):
        body = b"\x23\x00\x1a" * 500 + b"\x20\x00\x1a" * 500 + b"\x03\x40" + b"\x0c\x00" * 500 + b"\x0b" + b"\x10\x00" * 500
        busy = test.file(module("m", "f", body, named={place: name}))
        run("objdump", "-x", "-d", busy, bytes_=8 << 20)
        data = test.command("explore", busy, "-o", "page.html", most_mb=most + 60)
        if (test.directory / "page.html").exists() and (test.directory / "page.html").stat().st_size > 16 << 20: test.fail("a page of megabytes")
        for flags in ([], ["-f"]):
            test.command("print", *flags, busy, "-o", "busy.wat", most_mb=most + 60, code=0)
            if (test.directory / "busy.wat").stat().st_size > (megabytes << 20) * 3 + (8 << 20): test.fail(f"print {flags}: the name of a {place} is repeated")
        if megabytes <= 5:
            test.command("parse", "busy.wat", "-o", "again.wasm", code=0)
            if (test.directory / "again.wasm").read_bytes() != (test.directory / busy).read_bytes(): test.fail(f"print loses the long name of a {place}")
    run("validate", test.file(module("m", name, b"\x45", named=dict(func=name))))
    run("inspect", test.file(module("m", "f", extra=custom(name))))
    run("objdump", test.file(module("m", "f", extra=custom(name))))
    test.command("inspect", "--json", exported, most_mb=most + 8 * megabytes, code=0)
    if test.size < megabytes << 20: test.fail("inspect --json: the name is not whole")
    source = b'(module (func (call $"' + name + b'")))'
    run("validate", test.file(source, ".wat"), most_mb=most + 3 * megabytes)
    run("wast", test.file(b'(assert_return (invoke $m "' + name + b'"))\n(assert_malformed (module quote "") "' + name + b'")', ".wast"), most_mb=most + 5 * megabytes)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--ermine", required=True, type=pathlib.Path)
    arguments.add_argument("--emulator", default="", help="runs the command, if it is for another processor")
    arguments.add_argument("--sanitized", action="store_true", help="the command needs the memory of a sanitizer")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="ermine-names-") as directory:
        test = Test(options, pathlib.Path(directory))
        test.file(module("n", "_start"), name="good.wasm")
        test.file('(module (func (export "f") (param i32)))', name="argument.wat")
        for name in HOSTILE:
            all_commands(test, name)
            texts(test, name)
            command_line(test, name)
        # Files and the command line may contain bytes that are not UTF-8.
        for raw in (b"(module (evil \xff\xc3(\xed\xa0\x80))", b'(module (func $"evil\xff"))', b"\xff\xfe(module)"):
            for command in ("validate", "parse", "wast"): test.check(command, test.file(raw, ".wat"), code=1, shows=False)
        test.check("validate", os.fsdecode(b"evil\xff\x9b"), code=1)
        large(test, 5)
        if not test.emulated: large(test, 50)
    print(f"{test.checks} commands, {len(test.failures)} failed")
    sys.exit(1 if test.failures or test.checks < 500 else 0)


if __name__ == "__main__":
    main()
