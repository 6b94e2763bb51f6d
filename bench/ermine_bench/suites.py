"""The dimensions to measure, each a suite: a title, the meaning of its numbers, and its rows.
A suite is a function from a Setting (the contenders, the programs, folders) to rows. To add a dimension, add a function with
`@suite`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from . import programs
from .measure import Measured, Row
from .peers import Contender, native_contender
from .process import Completed, Invocation, run

MB = 1 << 20


@dataclass
class Setting:
    contenders: Sequence[Contender]
    builder: programs.Builder
    out: Path  # scratch folder
    scale: float = 1.0  # of the amount of work
    native: bool = True
    only: Callable[[str], bool] = lambda name: True  # which rows
    sightglass: Path | None = None
    polybench: Path | None = None
    polybench_dataset: str = "SMALL"
    coremark: Path | None = None
    wish: Path | None = None
    wasm: Sequence[Path] = ()
    pattern: str = ""
    embedders: dict[str, Sequence[str]] = field(default_factory=dict)  # in-process drivers: name to command
    remarks: list[str] = field(default_factory=list)

    def remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def runnable(self) -> list[Contender]:
        return [c for c in self.contenders if c.can_run and c.tier.kind != "ahead"]

    def own(self, tag: str) -> list[programs.Program]:
        return [p for p in programs.OWN if tag in p.tags and self.only(p.name)]

    def work(self, program: programs.Program, part: float = 1.0) -> int:
        return max(1, round(program.work * self.scale * part)) if program.work else 0


@dataclass(frozen=True)
class Suite:
    name: str
    title: str
    unit: str  # of a cell's cost: seconds, bytes or "" for none
    about: str
    make: Callable[[Setting], list[Row]]
    rate: str = ""  # how to show size/cost: "MB/s"; the plots and tables then show rates
    plot: str = "bars"  # bars, lines (rows are work sizes) or none
    direct: Callable[[Setting], list[Measured]] | None = None  # for suites that run nothing repeatedly


SUITES: dict[str, Suite] = {}


def suite(name: str, title: str, unit: str = "seconds", *, rate: str = "", plot: str = "bars"):
    def register(make: Callable[[Setting], list[Row]]) -> Callable[[Setting], list[Row]]:
        SUITES[name] = Suite(name, title, unit, " ".join((make.__doc__ or "").split()), make, rate, plot)
        return make

    return register


def _program_row(setting: Setting, program: programs.Program, work: int, contenders: Sequence[Contender], name: str, *, native: bool = True) -> Row:
    wasm = setting.builder.wasm(program)
    folder = setting.out / "files" if "files" in program.tags else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    invocations = {c.ident: c.run(wasm, [str(work)], folder) for c in contenders}
    if native and setting.native and (native_build := setting.builder.native(program)):
        contender = native_contender()
        invocations[contender.ident] = contender.run(native_build, [str(work)], folder)
    if "devices" in program.tags:
        invocations = {ident: _between_devices(i) for ident, i in invocations.items()}
    return Row(name, invocations, group=program.name, size=work)


def _between_devices(invocation: Invocation) -> Invocation:
    return Invocation(["sh", "-c", 'exec "$@" </dev/zero 2>/dev/null', "sh", *invocation.argv], invocation.cwd, invocation.env)


def _steady_rows(setting: Setting, tag: str, contenders: Sequence[Contender], part: float = 1.0, native: bool = True) -> list[Row]:
    """Each program with no work, which is the cost of starting it, and then with its work."""
    rows = []
    for program in setting.own(tag):
        start = f"{program.name} (start)"
        empty = _program_row(setting, program, 0, contenders, start, native=native)
        empty.hidden = True
        rows.append(empty)
        full = _program_row(setting, program, setting.work(program, part), contenders, program.name, native=native)
        full.minus = start
        rows.append(full)
    return rows


def _probe(setting: Setting) -> Path:
    """A valid module that does nothing: (func (export "_start")) and a memory, as WASI requires."""
    path = setting.out / "nothing.wasm"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes.fromhex("0061736d01000000 0104016000 00 030201 00 0503010001 0713 02 065f7374617274 0000 066d656d6f7279 0200 0a0401 02000b".replace(" ", "")))
    return path


@suite("process", "Process start")
def process_start(setting: Setting) -> list[Row]:
    """Start to exit of a module that does nothing. Every other wall-clock figure contains it."""
    probe = _probe(setting)
    return [Row("nothing", {c.ident: c.run(probe) for c in setting.runnable()})]


def _sized(setting: Setting, megabytes: Sequence[int]) -> list[tuple[str, Path]]:
    streams = next(p for p in programs.OWN if p.name == "streams")
    source = setting.builder.wasm(streams)
    return [(f"{mb} MB", programs.inflated(source, mb * MB, setting.out)) for mb in megabytes]


@suite("startup", "Cold start to exit")
def startup(setting: Setting) -> list[Row]:
    """Command to exit: hello in C, iostream in C++, and the same C++ program enlarged to 1, 10 and 30 MB by functions that are never called. Includes the process start."""
    rows = []
    for program in setting.own("startup"):
        rows.append(_program_row(setting, program, 0, setting.runnable(), program.name))
    for name, wasm in _sized(setting, (1, 10, 30)):
        if setting.only(name):
            rows.append(Row(name, {c.ident: c.run(wasm) for c in setting.runnable()}, size=wasm.stat().st_size))
    return rows


@suite("warm", "Warm start to exit")
def warm(setting: Setting) -> list[Row]:
    """Like cold start, but the engine has compiled the module once and kept the result. Engines that cannot do that start cold."""
    rows = []
    for name, wasm in [*((p.name, setting.builder.wasm(p)) for p in setting.own("startup")), *_sized(setting, (1, 10))]:
        if not setting.only(name):
            continue
        invocations = {}
        for contender in setting.contenders:
            out = setting.out / "compiled" / f"{contender.ident.replace(':', '-')}-{wasm.stem}"
            kept = contender.run_compiled(wasm, out, ["0"])
            if kept and _compile_once(setting, contender, wasm, out):
                invocations[contender.ident] = kept
            elif contender.peer.name == "ermine" and contender.can_run:
                invocations[contender.ident] = contender.run(wasm, ["0"])
        rows.append(Row(name, invocations, size=wasm.stat().st_size))
    return rows


def _compile_once(setting: Setting, contender: Contender, wasm: Path, out: Path) -> bool:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        return True
    done = run(contender.compile(wasm, out), 300)
    if not done.ok:
        setting.remark(f"{contender.ident} did not compile {wasm.name}: {done.complaint()}")
    return done.ok and out.exists()


def printed(key: str, done: Completed) -> float | None:
    """The figure that an in-process driver prints as {key: figure} in its last line."""
    try:
        return float(json.loads(done.stdout.decode().strip().splitlines()[-1])[key])
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _in_process(setting: Setting, what: str, name: str, wasm: Path, tiers: bool, key: str = "seconds") -> Row:
    invocations = {}
    for contender in setting.contenders:
        if not tiers and contender.tier.name:
            continue
        if invocation := contender.in_process(what, wasm):
            invocations[contender.ident] = invocation
    for ident, command in setting.embedders.items():
        invocations[ident] = Invocation([*command, what, str(wasm)])
    return Row(name, invocations, parse=partial(printed, key), check_output=False, size=wasm.stat().st_size)


def _modules(setting: Setting) -> list[tuple[str, Path]]:
    found = _sized(setting, (1, 10))
    found += [(wasm.stem, wasm) for wasm in setting.wasm if wasm.is_file()]
    return [(name, path) for name, path in found if setting.only(name)]


@suite("validate", "Decode and validate", rate="MB/s")
def validate(setting: Setting) -> list[Row]:
    """A whole module decoded and validated, on all the cores that the engine uses. Commands: the time for an empty module is subtracted; Node and libraries: timed inside the process."""
    probe = _probe(setting)
    commands = [c for c in setting.contenders if not c.tier.name]
    start = Row("nothing (start)", {c.ident: i for c in commands if (i := c.validate(probe))}, hidden=True, check_output=False)
    rows = [start]
    for name, wasm in _modules(setting):
        row = Row(name, {c.ident: i for c in commands if (i := c.validate(wasm))}, minus=start.name, check_output=False, size=wasm.stat().st_size)
        inside = _in_process(setting, "validate", f"{name} in process", wasm, tiers=False)
        rows += [row, inside]
    return rows


@suite("text", "Text format", rate="MB/s")
def text(setting: Setting) -> list[Row]:
    """Modules printed as text, and that text parsed: megabytes of text per second, reading and writing files included; the time for an empty module is subtracted."""
    able = [c for c in setting.contenders if c.peer.to_text and not c.tier.name]
    if not able:
        return []
    folder = setting.out / "text"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    starts = {}
    for name, wasm in [("nothing (start)", _probe(setting)), *_modules(setting)]:
        # The first engine's own printer makes the text that all engines parse.
        source = folder / f"{wasm.stem}.wat"
        run(able[0].text(able[0].peer.to_text, wasm, source), 120)
        for what, given in (("print", wasm), ("parse", source)):
            invocations = {c.ident: c.text(c.peer.to_text if what == "print" else c.peer.from_text, given, folder / f"{c.peer.name}-out") for c in able}
            row = Row(f"{what} {name}", invocations, minus=starts.get(what), check_output=False, size=source.stat().st_size if source.is_file() else None,
                      hidden=not starts.get(what))
            starts.setdefault(what, row.name)
            rows.append(row)
    return rows


@suite("compile", "Compile", rate="MB/s")
def compile_speed(setting: Setting) -> list[Row]:
    """A whole module compiled to machine code eagerly, validation included. Commands: on all the cores that they use, the time for an empty module is subtracted; Node and libraries: timed inside the process, on one thread."""
    probe, scratch = _probe(setting), setting.out / "compiled"
    scratch.mkdir(parents=True, exist_ok=True)
    able = [c for c in setting.contenders if c.tier.compile and c.tier.kind != "ahead"]
    start = Row("nothing (start)", {c.ident: c.compile(probe, scratch / f"{c.peer.name}-nothing") for c in able}, hidden=True, check_output=False)
    rows = [start]
    for name, wasm in _modules(setting):
        invocations = {c.ident: c.compile(wasm, scratch / f"{c.ident.replace(':', '-')}-{wasm.stem}-c") for c in able if c.peer.name != "wazero"}
        rows.append(Row(name, invocations, minus=start.name, check_output=False, size=wasm.stat().st_size))
        inside = _in_process(setting, "compile", f"{name} in process", wasm, tiers=True)
        rows.append(inside)
    return rows


@suite("instantiate", "Instantiate, call, drop")
def instantiate(setting: Setting) -> list[Row]:
    """One small module with a memory, a table and segments: an instance is made, called once and freed. Inside one process."""
    return [_in_process(setting, "instantiate", "instance", programs.HERE / "embed.wasm", tiers=False)]


@suite("host-calls", "Calls between host and guest")
def host_calls(setting: Setting) -> list[Row]:
    """One call: from the host into a guest function of one argument, and from the guest to a host function of two."""
    wasm = programs.HERE / "embed.wasm"
    return [_in_process(setting, "call-in", "host to guest", wasm, tiers=False), _in_process(setting, "call-out", "guest to host", wasm, tiers=False)]


# Rows, by the component: what is measured of it, and the row's name.
COMPONENT_ROWS = {
    "components.wasm": {"core-calls": "core call between instances", "calls": "call with two integers",
                        "texts": "call with a text of 1,000 bytes", "lists": "call with a list of 1,000 records",
                        "component-instantiate": "instance"},
    # Of functions that are too large to be inlined.
    "components_large.wasm": {"core-calls": "core call between instances, large function",
                              "calls": "call with two integers, large function"},
    "host_component.wasm": {"in-calls": "the host calls, two integers", "in-texts": "the host calls, a text of 1,000 bytes",
                            "in-lists": "the host calls, a list of 1,000 records", "in-results": "the host calls, a text comes back",
                            "out-calls": "the host is called, two integers", "out-texts": "the host is called, a text of 1,000 bytes",
                            "out-lists": "the host is called, a list of 1,000 records"},
}


@suite("components", "Components")
def components(setting: Setting) -> list[Row]:
    """Calls from one component to another, beside a call of a core function of another instance, of functions that can be inlined and of large ones; an instance of these components, made and dropped with its store; and calls between the host and a component. Inside one process."""
    rows = []
    for file, what, name in [(file, *row) for file, of_file in COMPONENT_ROWS.items() for row in of_file.items()]:
        wasm = programs.HERE / file
        invocations = {}
        for contender in setting.contenders:
            if contender.peer.name == "ermine" and (own := setting.embedders.get("ermine")):
                invocations[contender.ident] = Invocation([*own, what, str(wasm), *([f"--tier={contender.tier.name}"] if contender.tier.name else [])])
        for ident, command in setting.embedders.items():
            if ident != "ermine":
                invocations[ident] = Invocation([*command, what, str(wasm)])
        rows.append(Row(name, invocations, parse=partial(printed, "seconds"), check_output=False, size=wasm.stat().st_size))
    return rows


@suite("interp", "Interpreter throughput")
def interp(setting: Setting) -> list[Row]:
    """Our programs in interpreters only, start subtracted."""
    interpreters = [c for c in setting.runnable() if c.tier.kind == "interpreter"]
    return _steady_rows(setting, "steady", interpreters, native=False)


@suite("steady", "Steady-state throughput")
def steady(setting: Setting) -> list[Row]:
    """Our programs in every engine and tier and in native code, start subtracted."""
    return _steady_rows(setting, "steady", setting.runnable())


@suite("cold", "Time to result")
def cold(setting: Setting) -> list[Row]:
    """Our programs with a twentieth of their work, start and compilation included: what a short job costs."""
    return [_program_row(setting, p, setting.work(p, 0.05), setting.runnable(), p.name) for p in setting.own("steady")]


@suite("curve", "Time to result over work", plot="lines")
def curve(setting: Setting) -> list[Row]:
    """The same program with growing work, start included: a line begins at the time to start, and its slope is the speed."""
    rows = []
    for program in setting.own("curve"):
        for step in range(6):
            work = setting.work(program, 4.0 ** (step - 4))
            row = _program_row(setting, program, work, setting.runnable(), f"{program.name} x {work}")
            if row.name not in {r.name for r in rows}:
                rows.append(row)
    return rows


@suite("wasi", "WASI calls and files")
def wasi(setting: Setting) -> list[Row]:
    """Clock readings with random bytes between, files written and read back, and loops of one call each: a clock reading, a byte written to /dev/null, a byte read from /dev/zero, a file opened and closed, 64 KiB copied; start subtracted."""
    return _steady_rows(setting, "wasi", setting.runnable())


@suite("gc", "Garbage collection")
def gc(setting: Setting) -> list[Row]:
    """Structs and arrays allocated, traversed, tested and cast, start subtracted; and the longest pause of a program with 131071 live objects."""
    rows = _steady_rows(setting, "gc", setting.runnable())
    for program in setting.own("pauses"):
        row = _program_row(setting, program, setting.work(program), setting.runnable(), "longest pause")
        row.parse, row.check_output = lambda done: programs.hexadecimal_nanoseconds(done.stdout), False
        rows.append(row)
    return rows


@suite("exceptions", "Exceptions")
def exceptions(setting: Setting) -> list[Row]:
    """Exceptions thrown and caught immediately, ten calls deep, and through 64 frames of which half rethrow; and calls that do not throw, with and without try blocks; start subtracted."""
    return _steady_rows(setting, "exceptions", setting.runnable())


@suite("tail-calls", "Tail calls")
def tail_calls(setting: Setting) -> list[Row]:
    """A machine whose instructions are functions that call the next one by a tail call, found in a table or direct; start subtracted."""
    return _steady_rows(setting, "tails", setting.runnable())


@suite("memory", "Peak memory", "bytes")
def memory(setting: Setting) -> list[Row]:
    """Peak resident memory of a whole run: of nothing, of hello, of a 10 MB module, and of a program that touches 64 MB; and, inside one process, the memory of an idle instance."""
    contenders = setting.runnable()
    rows = [Row("nothing", {c.ident: c.run(_probe(setting)) for c in contenders})]
    rows += [_program_row(setting, p, p.work, contenders, p.name) for p in setting.own("startup") + setting.own("resident")]
    rows += [Row(name, {c.ident: c.run(wasm) for c in contenders}) for name, wasm in _sized(setting, (10,)) if setting.only(name)]
    helper = str(setting.builder.helper("peak"))
    for row in rows:
        row.invocations = {ident: replace(i, argv=[helper, *i.argv]) for ident, i in row.invocations.items()}
        row.parse = lambda done: programs.peak_bytes(done.stderr)
    rows.append(_in_process(setting, "rest", "idle instance", programs.HERE / "embed.wasm", tiers=False, key="bytes"))
    return rows


def _stripped_size(path: Path, out: Path) -> int:
    strip = shutil.which("strip") or shutil.which("llvm-strip-19")
    if not strip:
        return path.stat().st_size
    target = out / f"{path.name}.stripped"
    done = subprocess.run([strip, "-o", str(target), str(path)], capture_output=True)
    return target.stat().st_size if done.returncode == 0 else path.stat().st_size


@suite("size", "Size of commands and code", "bytes")
def size(setting: Setting) -> list[Row]:
    """The engine's command, stripped (without the shared libraries that it loads), and the compiled code of the 1 MB module."""
    return []


def measure_sizes(setting: Setting) -> list[Measured]:
    from .measure import Cell

    commands: dict[str, Cell] = {}
    compiled: dict[str, Cell] = {}
    _, wasm = _sized(setting, (1,))[0]
    for contender in setting.contenders:
        if contender.ident not in commands and not contender.tier.name:
            commands[contender.ident] = Cell(costs=[float(_stripped_size(Path(contender.exe), setting.out))])
        if contender.tier.compile and contender.tier.kind != "ahead":
            out = setting.out / "compiled" / f"{contender.ident.replace(':', '-')}-{wasm.stem}-size"
            if _compile_once(setting, contender, wasm, out) and out.is_file():
                compiled[contender.ident] = Cell(costs=[float(out.stat().st_size)])
    return [Measured(Row("command", {}), commands), Measured(Row("code of the 1 MB module", {}), compiled)]


SUITES["size"] = Suite(**{**vars(SUITES["size"]), "direct": measure_sizes})


def _external_rows(setting: Setting, found: Sequence[programs.External], skipped: Sequence[str]) -> list[Row]:
    for text in skipped:
        if setting.only(text.split(":")[0]):
            setting.remark(f"left out: {text}")
    rows = []
    for program in found:
        if setting.only(program.name):
            invocations = {c.ident: c.run(program.wasm, program.args, program.folder) for c in setting.runnable()}
            rows.append(Row(program.name, invocations, group=program.group, expected=program.expected, may_vary=program.expected is None,
                            canonical=programs.without_times if program.expected is None else bytes, size=program.wasm.stat().st_size))
    return rows


@suite("sightglass", "Sightglass")
def sightglass(setting: Setting) -> list[Row]:
    """Bytecode Alliance's Sightglass programs (--sightglass DIR), start to exit, outputs compared with those expected."""
    if not setting.sightglass:
        return []
    return _external_rows(setting, *programs.sightglass(setting.sightglass, setting.out / "sightglass", setting.pattern))


@suite("polybench", "PolyBench/C")
def polybench(setting: Setting) -> list[Row]:
    """PolyBench/C kernels (--polybench DIR) compiled from your copy, start to exit. Results are compared on the smallest data set, printed in full."""
    rows = []
    for source in programs.polybench_sources(setting.polybench) if setting.polybench else []:
        name = source.stem
        if not setting.only(name):
            continue
        checked = setting.builder.polybench(setting.polybench, source, "MINI", dump=True)
        # The kernels print to the error stream; a wrapper joins the two streams, so that outputs can be compared.
        rows.append(Row(f"{name} (check)", {c.ident: _joined(c.run(checked)) for c in setting.runnable()}, hidden=True))
        timed = setting.builder.polybench(setting.polybench, source, setting.polybench_dataset, dump=False)
        rows.append(Row(name, {c.ident: c.run(timed) for c in setting.runnable()}, group="polybench"))
    return rows


def _joined(invocation: Invocation) -> Invocation:
    return Invocation(["sh", "-c", 'exec "$@" 2>&1', "sh", *invocation.argv], invocation.cwd, invocation.env)


@suite("coremark", "CoreMark")
def coremark(setting: Setting) -> list[Row]:
    """A CoreMark module (--coremark FILE): seconds per iteration, by its own clock. A program that uses the processor-time clock, which many engines lack, gets the monotonic one."""
    if not setting.coremark:
        return []
    from . import wasm_file

    data = setting.coremark.read_bytes()
    steady_clock = wasm_file.with_monotonic_clock(data)
    wasm = setting.out / f"{setting.coremark.stem}-monotonic.wasm"
    wasm.write_bytes(steady_clock)
    invocations = {c.ident: c.run(wasm) for c in setting.runnable()}
    return [Row("coremark", invocations, parse=lambda done: programs.coremark_cost(done.stdout), canonical=programs.coremark_canonical)]


@suite("wish", "wish-you-were-fast")
def wish(setting: Setting) -> list[Row]:
    """The programs of a wish-you-were-fast checkout (--wish-you-were-fast DIR), start to exit."""
    return _external_rows(setting, *programs.wish(setting.wish)) if setting.wish else []


@suite("files", "Given modules")
def files(setting: Setting) -> list[Row]:
    """The modules named with --wasm, start to exit."""
    return _external_rows(setting, *programs.wasm_files(setting.wasm))


QUICK = ("process", "startup", "interp", "steady", "cold", "memory")
NEEDS = {"sightglass": "sightglass", "polybench": "polybench", "coremark": "coremark", "wish": "wish", "files": "wasm"}


def choose(words: str, setting: Setting) -> list[Suite]:
    """The suites of a comma list; `all` is every suite whose programs are available, `quick` the short main ones."""
    chosen: list[Suite] = []
    for word in (w.strip() for w in words.split(",") if w.strip()):
        if word == "all":
            hits = [s for s in SUITES.values() if s.name not in NEEDS or getattr(setting, NEEDS[s.name])]
        elif word == "quick":
            hits = [SUITES[name] for name in QUICK]
        elif word in SUITES:
            if word in NEEDS and not getattr(setting, NEEDS[word]):
                flag = {"wish": "--wish-you-were-fast", "files": "--wasm"}.get(word, f"--{word}")
                raise ValueError(f"the suite {word} needs its programs: give {flag}")
            hits = [SUITES[word]]
        else:
            raise ValueError(f"no suite “{word}”; there are: {', '.join(SUITES)}, and all and quick")
        chosen += [s for s in hits if s not in chosen]
    return chosen
