"""The programs to run: the project's own, and public suites that the user has on disk.
The project's own programs (bench/programs/) take one argument, the amount of work, and print a checksum; with work 0 they
only start. Programs in C and C++ are compiled here, to WebAssembly and to native code from the same source. Programs in the
text format are stored with the module that they were assembled to, which contains the hash of its source.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import wasm_file

HERE = Path(__file__).resolve().parent.parent / "programs"


@dataclass(frozen=True)
class Program:
    """One of our own programs. `work` keeps an optimising compiler busy for about a tenth of a second."""

    name: str
    source: str
    work: int
    tags: frozenset[str]
    flags: tuple[str, ...] = ()


def _own(source: str, work: int, tags: str, *flags: str) -> Program:
    return Program(Path(source).stem, source, work, frozenset(tags.split()), flags)


SIMD = ("-msimd128",)
OWN: tuple[Program, ...] = (
    _own("sha256.c", 160, "integer steady"),
    _own("sieve.c", 24, "integer memory steady curve"),
    _own("bignum.c", 40, "integer steady"),
    _own("queens.c", 300, "integer branches steady"),
    _own("nbody.c", 800, "float steady curve"),
    _own("mandelbrot.c", 30, "float steady"),
    _own("matmul.c", 16, "float memory steady"),
    _own("spectral.c", 100, "float steady"),
    _own("vector.c", 1500, "simd steady", *SIMD),
    _own("image.c", 1500, "simd steady", *SIMD),
    _own("moves.c", 60, "memory steady", "-mbulk-memory"),
    _own("chase.c", 12, "memory steady"),
    _own("fib.c", 300, "calls steady curve"),
    _own("ackermann.c", 300, "calls steady"),
    _own("shapes.cc", 800, "indirect steady"),
    _own("table.c", 700, "indirect steady"),
    _own("machine.c", 250, "branches steady"),
    _own("collatz.c", 100, "branches integer steady"),
    _own("trees.c", 100, "allocation steady"),
    _own("maps.cc", 250, "allocation steady"),
    _own("words.cc", 50, "strings steady"),
    _own("tokens.c", 250, "strings branches steady"),
    _own("gc_trees.wat", 40, "gc"),
    _own("gc_arrays.wat", 60, "gc"),
    _own("gc_lists.wat", 60, "gc"),
    _own("gc_map.wat", 100, "gc"),
    _own("gc_pauses.wat", 100, "pauses"),
    _own("throws.wat", 2000, "exceptions"),
    _own("unwind10.wat", 2000, "exceptions"),
    _own("unwind.wat", 100, "exceptions"),
    _own("calls_try.wat", 20000, "exceptions"),
    _own("calls_bare.wat", 20000, "exceptions"),
    _own("tail_calls.wat", 100, "tails"),
    _own("wasi_calls.c", 100, "wasi"),
    _own("files.c", 8, "wasi files"),
    _own("call_clock.c", 60, "wasi"),
    _own("call_write.c", 20, "wasi devices"),
    _own("call_read.c", 20, "wasi devices"),
    _own("call_open.c", 40, "wasi files"),
    _own("stream.c", 1000, "wasi devices"),
    _own("hello.c", 0, "startup"),
    _own("streams.cc", 0, "startup"),
    _own("resident.c", 64, "resident"),
)

class BuildError(RuntimeError):
    """A program could not be built; the text says what to install, or gives the compiler's message."""


def find_clang(given: str = "") -> str | None:
    for name in (given, os.environ.get("WASM_CC", ""), *(f"clang-{n}" for n in range(24, 18, -1)), "clang"):
        if name and (path := shutil.which(name)):
            return path
    return None


class Builder:
    """Compiles our programs into a folder, once for each content of source and flags."""

    def __init__(self, out: Path, clang: str | None):
        self.out = out
        self.clang = clang

    def _compile(self, target: Path, command: Sequence[str]) -> Path:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch = target.with_suffix(".tmp")
            done = subprocess.run([*command, "-o", str(scratch)], capture_output=True, text=True)
            if done.returncode or not scratch.exists():
                raise BuildError(f"{target.stem}: {' '.join(command)}\n{done.stderr.strip() or 'the compiler printed no message'}")
            scratch.replace(target)
        return target

    def _key(self, source: Path, flags: Sequence[str]) -> str:
        data = source.read_bytes() + (HERE / "bench.h").read_bytes() + " ".join([self.clang or "", *flags]).encode()
        return hashlib.sha256(data).hexdigest()[:12]

    def _driver(self, source: Path) -> list[str]:
        if not self.clang:
            raise BuildError("no clang found: install clang-19, lld-19, wasi-libc, libclang-rt-19-dev-wasm32 and "
                             "libc++-19-dev-wasm32 (Debian), or give --wasm-cc")
        words = [self.clang, "-O2", "-ffp-contract=off", "-I", str(HERE)]
        if source.suffix == ".cc":
            words += ["--driver-mode=g++", "-std=c++20", "-fno-exceptions"]
        return words

    def wasm(self, program: Program) -> Path:
        source = HERE / program.source
        if source.suffix == ".wat":
            return source.with_suffix(".wasm")
        flags = ("--target=wasm32-wasi", "-s", "-Wl,-z,stack-size=1048576", *program.flags)
        target = self.out / f"{program.name}-{self._key(source, flags)}.wasm"
        return self._compile(target, [*self._driver(source), *flags, str(source)])

    def native(self, program: Program) -> Path | None:
        source = HERE / program.source
        if source.suffix == ".wat":
            return None
        target = self.out / f"{program.name}-{self._key(source, ('native',))}.native"
        return self._compile(target, [*self._driver(source), str(source), "-lm"])

    def helper(self, name: str) -> Path:
        """A native helper of the harness, from bench/embed/."""
        source = HERE.parent / "embed" / f"{name}.c"
        return self._compile(self.out / f"{name}-{self._key(source, ('helper',))}", [*self._driver(source), str(source)])

    def polybench(self, root: Path, source: Path, dataset: str, dump: bool) -> Path:
        flags = ["--target=wasm32-wasi", "-D_WASI_EMULATED_PROCESS_CLOCKS", f"-D{dataset}_DATASET",
                 *(["-DPOLYBENCH_DUMP_ARRAYS"] if dump else []), "-I", str(root / "utilities"), "-Wl,-z,stack-size=1048576"]
        key = hashlib.sha256(source.read_bytes() + " ".join(flags).encode()).hexdigest()[:12]
        words = [self.clang or "clang", "-O2", "-ffp-contract=off", *flags, str(source), str(root / "utilities/polybench.c"),
                 "-lm", "-lwasi-emulated-process-clocks"]
        return self._compile(self.out / "polybench" / f"{source.stem}-{dataset.lower()}{'-dump' if dump else ''}-{key}.wasm", words)


def inflate(data: bytes, size: int) -> bytes:
    """A module of about `size` bytes that does what `data` does: its functions repeated, without calls to the copies.
    Copies of real bodies are valid wherever the originals are, since function indices do not change; so decoder, validator
    and compilers process real code of any amount.
    """
    if size <= len(data):
        return data
    outline = wasm_file.describe(data)
    code = next(s for s in outline.sections if s.ident == wasm_file.CODE)
    functions = next(s for s in outline.sections if s.ident == wasm_file.FUNCTION)
    count, types_at = wasm_file.read_leb(data, functions.begin)
    _, bodies_at = wasm_file.read_leb(data, code.begin)
    types, bodies = data[types_at : functions.end], data[bodies_at : code.end]
    copies = 1 + max(1, round((size - len(data)) / (len(bodies) + len(types))))
    out = bytearray(wasm_file.MAGIC)
    for section in outline.sections:
        payload = data[section.begin : section.end]
        if section.ident == wasm_file.FUNCTION:
            payload = wasm_file.encode_leb(count * copies) + types * copies
        elif section.ident == wasm_file.CODE:
            payload = wasm_file.encode_leb(count * copies) + bodies * copies
        out.append(section.ident)
        out += wasm_file.encode_leb(len(payload)) + payload
    return bytes(out)


def inflated(source: Path, size: int, out: Path) -> Path:
    data = source.read_bytes()
    key = hashlib.sha256(data).hexdigest()[:12]
    target = out / f"{source.stem.split('-')[0]}-{size >> 20}mb-{key}.wasm"
    if not target.exists():
        target.write_bytes(inflate(data, size))
    return target


@dataclass(frozen=True)
class External:
    """A module from another project."""

    name: str
    wasm: Path
    args: tuple[str, ...] = ()
    folder: Path | None = None
    expected: bytes | None = None
    group: str = ""


def _expected_output(wasm: Path) -> bytes | None:
    for name in (f"{wasm.stem}.stdout.expected", "benchmark.stdout.expected", "default.stdout.expected"):
        if (path := wasm.parent / name).is_file():
            return path.read_bytes()
    return None


def without_times(out: bytes) -> bytes:
    """An output without times, for programs that time themselves."""
    return re.sub(rb"\d+(?:\.\d+)?(?:e-?\d+)?(\s*(?:seconds|secs|sec|s|ms|msec|us|ns)\b)", rb"#\1", out)


SIGHTGLASS_MODULE = "bench"
# Needs a host interface that is not a part of WASI preview 1.
SIGHTGLASS_OTHER = {"wasi_ephemeral_nn"}


def sightglass(root: Path, cache: Path, pattern: str = "") -> tuple[list[External], list[str]]:
    """The core modules of a Sightglass checkout, with local start and stop hooks, and why others are left out.
    The many libsodium modules run only if `pattern` names them.
    """
    base = root / "benchmarks" if (root / "benchmarks").is_dir() else root
    found, skipped = [], []
    for path in sorted(base.rglob("*.wasm")):
        name = path.parent.name if path.stem == "benchmark" else path.stem
        if pattern and not re.search(pattern, name):
            continue
        if not pattern and path.parent.name == "libsodium":
            continue
        data = path.read_bytes()
        if wasm_file.is_component(data):
            skipped.append(f"{name}: a component")
            continue
        try:
            if other := wasm_file.describe(data).import_modules() & SIGHTGLASS_OTHER:
                skipped.append(f"{name}: needs {', '.join(other)}")
                continue
            wasm = wasm_file.localized_copy(path, {SIGHTGLASS_MODULE}, cache)
        except wasm_file.WasmFormatError as error:
            skipped.append(f"{name}: {error}")
            continue
        found.append(External(name, wasm.resolve(), folder=path.parent.resolve(), expected=_expected_output(path), group="sightglass"))
    return found, skipped


def wasm_files(paths: Sequence[Path], group: str = "files") -> tuple[list[External], list[str]]:
    """Modules named one by one or by folder, every one that exports `_start`; and why others are left out."""
    found, skipped = [], []
    for path in paths:
        for wasm in sorted(path.rglob("*.wasm")) if path.is_dir() else [path]:
            name = f"{wasm.parent.name}/{wasm.stem}" if path.is_dir() else wasm.stem
            try:
                if "_start" not in wasm_file.describe(wasm.read_bytes()).exports:
                    raise wasm_file.WasmFormatError("it exports no _start")
            except wasm_file.WasmFormatError as error:
                skipped.append(f"{name}: {error}")
                continue
            found.append(External(name, wasm.resolve(), folder=wasm.parent.resolve(), group=group))
    return found, skipped


def wish(root: Path) -> tuple[list[External], list[str]]:
    """The programs of a wish-you-were-fast checkout, or of any folder of suites."""
    suites = root / "wasm" / "suites"
    return wasm_files([suites if suites.is_dir() else root], "wish")


def coremark_canonical(out: bytes) -> bytes:
    """The lines of CoreMark's output that do not depend on time, as that of correct operation does (ten seconds at least)."""
    keep = (b"CoreMark Size", b"seedcrc", b"[0]crclist", b"[0]crcmatrix", b"[0]crcstate")
    return b"\n".join(line for line in out.splitlines() if line.startswith(keep))


def coremark_cost(out: bytes) -> float | None:
    """Seconds per iteration, from CoreMark's own score."""
    match = re.search(rb"Iterations/Sec\s*:\s*([0-9.]+)", out)
    return 1 / float(match[1]) if match and float(match[1]) > 0 else None


def peak_bytes(err: bytes) -> float | None:
    """The last line of bench/embed/peak.c on the error stream."""
    match = re.search(rb"peak-kib (\d+)\s*$", err)
    return float(match[1]) * 1024 if match else None


def hexadecimal_nanoseconds(out: bytes) -> float | None:
    """Seconds, from a program whose last line is a number of nanoseconds, printed like a checksum."""
    try:
        return int(out.split()[-1], 16) / 1e9
    except (ValueError, IndexError):
        return None


def polybench_sources(root: Path) -> list[Path]:
    listing = root / "utilities" / "benchmark_list"
    if not listing.is_file():
        raise FileNotFoundError(f"{root} is not a PolyBench/C folder: it has no utilities/benchmark_list")
    return [root / line.strip() for line in listing.read_text().splitlines() if line.strip()]


def capture_version(clang: str | None) -> str:
    from .process import capture

    return capture([clang, "--version"]) if clang else ""
