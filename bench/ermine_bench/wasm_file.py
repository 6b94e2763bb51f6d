"""Reading and small rewriting of WebAssembly binaries, as far as a benchmark needs it.

`describe` reads a module's outline (imports, exports, section sizes) without looking into function
bodies. `localize_imports` turns chosen `() -> ()` function imports into local functions with an empty body,
so that a program made for a harness with its own start and stop hooks runs on every engine. Only
*imported* functions change their index in that rewrite: the removed imports become the first defined
functions, so every defined function keeps its number, and every index that does change is patched in
place at its old width. Function bodies therefore never change size.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = b"\0asm\x01\0\0\0"
COMPONENT_MAGIC = b"\0asm\x0d\0\x01\0"

(CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA) = range(12)
KIND_NAMES = {0: "func", 1: "table", 2: "memory", 3: "global", 4: "tag"}


class WasmFormatError(ValueError):
    """The file is not a core module this reader understands; the text says where and why."""


def read_leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number at `at`, and the offset after it."""
    value = shift = 0
    while True:
        try:
            byte = data[at]
        except IndexError:
            raise WasmFormatError(f"the file ends inside a number at offset {at}") from None
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def encode_leb(value: int, width: int = 1) -> bytes:
    """`value` as unsigned LEB128 of at least `width` bytes."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value or len(out) + 1 < width:
            out.append(byte | 0x80)
        else:
            out.append(byte)
            return bytes(out)


@dataclass(frozen=True)
class Section:
    ident: int
    begin: int  # of the payload
    end: int


@dataclass(frozen=True)
class Import:
    module: str
    name: str
    kind: int
    begin: int  # of the whole entry
    end: int
    type_index: int = -1  # functions only


@dataclass
class Outline:
    size: int
    sections: list[Section] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    functions: int = 0

    def payload(self, ident: int) -> int:
        return sum(s.end - s.begin for s in self.sections if s.ident == ident)

    @property
    def code_size(self) -> int:
        return self.payload(CODE)

    def import_modules(self) -> set[str]:
        return {i.module for i in self.imports}


def is_component(data: bytes) -> bool:
    return data[:8] == COMPONENT_MAGIC


def read_sections(data: bytes) -> list[Section]:
    if data[:8] != MAGIC:
        what = "a component" if is_component(data) else "not WebAssembly"
        raise WasmFormatError(f"{what}, where a core module of version 1 is needed")
    sections, at = [], 8
    while at < len(data):
        ident = data[at]
        size, begin = read_leb(data, at + 1)
        if begin + size > len(data):
            raise WasmFormatError(f"section {ident} at offset {at} is longer than the file")
        sections.append(Section(ident, begin, begin + size))
        at = begin + size
    return sections


def _skip_limits(data: bytes, at: int) -> int:
    flags = data[at]
    at += 1
    _, at = read_leb(data, at)
    if flags & 1:
        _, at = read_leb(data, at)
    if flags & 8:
        _, at = read_leb(data, at)
    return at


def _skip_value_type(data: bytes, at: int) -> int:
    if data[at] in (0x63, 0x64):
        _, at = read_leb(data, at + 1)
        return at
    return at + 1


def read_imports(data: bytes, section: Section) -> list[Import]:
    count, at = read_leb(data, section.begin)
    imports = []
    for _ in range(count):
        begin = at
        size, at = read_leb(data, at)
        module, at = data[at : at + size].decode(), at + size
        size, at = read_leb(data, at)
        name, at = data[at : at + size].decode(), at + size
        kind, at = data[at], at + 1
        type_index = -1
        if kind == 0:
            type_index, at = read_leb(data, at)
        elif kind == 1:
            at = _skip_limits(data, _skip_value_type(data, at))
        elif kind == 2:
            at = _skip_limits(data, at)
        elif kind == 3:
            at = _skip_value_type(data, at) + 1
        elif kind == 4:
            _, at = read_leb(data, at + 1)
        else:
            raise WasmFormatError(f"import {module}.{name} has the unknown kind {kind}")
        imports.append(Import(module, name, kind, begin, at, type_index))
    return imports


def describe(data: bytes) -> Outline:
    outline = Outline(len(data), read_sections(data))
    for section in outline.sections:
        if section.ident == IMPORT:
            outline.imports = read_imports(data, section)
        elif section.ident == FUNCTION:
            outline.functions, _ = read_leb(data, section.begin)
        elif section.ident == EXPORT:
            count, at = read_leb(data, section.begin)
            for _ in range(count):
                size, at = read_leb(data, at)
                name, at = data[at : at + size].decode(), at + size
                kind = data[at]
                _, at = read_leb(data, at + 1)
                outline.exports[name] = KIND_NAMES.get(kind, str(kind))
    return outline


# The immediates of each opcode, as a short string of operand kinds:
#   u any LEB number (signed ones skip alike)   f function index   b block type   h heap type
#   m memory argument   1 4 8 s one, four, eight, sixteen raw bytes
#   T branch table   V vector of value types    C vector of catch clauses
_PLAIN: dict[int, str] = {op: "" for op in [0, 1, 5, 0x0A, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1, 0xD3, 0xD4, *range(0x45, 0xC5)]}
_PLAIN |= {op: "b" for op in (2, 3, 4, 6)}
_PLAIN |= {op: "u" for op in (7, 8, 9, 0x0C, 0x0D, 0x14, 0x15, 0x18, *range(0x20, 0x27), 0x3F, 0x40, 0x41, 0x42, 0xD5, 0xD6)}
_PLAIN |= {op: "m" for op in range(0x28, 0x3F)}
_PLAIN |= {0x0E: "T", 0x10: "f", 0x11: "uu", 0x12: "f", 0x13: "uu", 0x1C: "V", 0x1F: "bC", 0x43: "4", 0x44: "8", 0xD0: "h", 0xD2: "f"}
_GC = {op: "u" for op in (0, 1, 6, 7, 11, 12, 13, 14, 16)}
_GC |= {op: "uu" for op in (2, 3, 4, 5, 8, 9, 10, 17, 18, 19)}
_GC |= {op: "h" for op in (20, 21, 22, 23)}
_GC |= {24: "1uhh", 25: "1uhh"} | {op: "" for op in (15, 26, 27, 28, 29, 30)}
_MISC = {op: "" for op in (*range(8), 19, 20, 21, 22)}
_MISC |= {8: "uu", 9: "u", 10: "uu", 11: "u", 12: "uu", 13: "u", 14: "uu", 15: "u", 16: "u", 17: "u"}
_SIMD = {op: "" for op in range(14, 0x120)}
_SIMD |= {op: "m" for op in (*range(12), 92, 93)} | {12: "s", 13: "s"}
_SIMD |= {op: "1" for op in range(21, 35)} | {op: "m1" for op in range(84, 92)}
_ATOMIC = {op: "m" for op in range(0x50)} | {3: "1"}
_PREFIXED = {0xFB: _GC, 0xFC: _MISC, 0xFD: _SIMD, 0xFE: _ATOMIC}


class _IndexPatcher:
    """Rewrites function indices inside a mutable copy of the module."""

    def __init__(self, data: bytearray, renumber: dict[int, int]):
        self.data = data
        self.renumber = renumber

    def index(self, at: int) -> int:
        value, end = read_leb(self.data, at)
        new = self.renumber.get(value)
        if new is not None and new != value:
            encoded = encode_leb(new, end - at)
            if len(encoded) != end - at:
                raise WasmFormatError(f"function index {new} does not fit where {value} stood, at offset {at}")
            self.data[at:end] = encoded
        return end

    def skip_leb(self, at: int) -> int:
        data = self.data
        while data[at] >= 0x80:
            at += 1
        return at + 1

    def operand(self, kind: str, at: int) -> int:
        data = self.data
        if kind == "u":
            return self.skip_leb(at)
        if kind == "f":
            return self.index(at)
        if kind == "m":
            flags, at = read_leb(data, at)
            if flags & 0x40:
                at = self.skip_leb(at)
            return self.skip_leb(at)
        if kind == "b":
            return self.skip_leb(at + 1) if data[at] in (0x63, 0x64) else self.skip_leb(at)
        if kind == "h":
            return self.skip_leb(at)
        if kind in "148s":
            return at + {"1": 1, "4": 4, "8": 8, "s": 16}[kind]
        if kind == "T":
            count, at = read_leb(data, at)
            for _ in range(count + 1):
                at = self.skip_leb(at)
            return at
        if kind == "V":
            count, at = read_leb(data, at)
            for _ in range(count):
                at = _skip_value_type(data, at)
            return at
        count, at = read_leb(data, at)  # C
        for _ in range(count):
            clause, at = data[at], at + 1
            if clause < 2:
                at = self.skip_leb(at)
            at = self.skip_leb(at)
        return at

    def instruction(self, at: int) -> int:
        op = self.data[at]
        start, at = at, at + 1
        table = _PREFIXED.get(op)
        if table is None:
            operands = _PLAIN.get(op)
        else:
            sub, at = read_leb(self.data, at)
            operands = table.get(sub)
        if operands is None:
            raise WasmFormatError(f"unknown opcode 0x{op:02x} at offset {start}")
        for kind in operands:
            at = self.operand(kind, at)
        return at

    def expression(self, at: int) -> int:
        """A constant expression up to and including its `end`; these hold no blocks."""
        while self.data[at] != 0x0B:
            at = self.instruction(at)
        return at + 1

    def bodies(self, section: Section) -> None:
        count, at = read_leb(self.data, section.begin)
        for _ in range(count):
            size, at = read_leb(self.data, at)
            end = at + size
            groups, at = read_leb(self.data, at)
            for _ in range(groups):
                at = _skip_value_type(self.data, self.skip_leb(at))
            while at < end:
                at = self.instruction(at)

    def globals(self, section: Section) -> None:
        count, at = read_leb(self.data, section.begin)
        for _ in range(count):
            at = self.expression(_skip_value_type(self.data, at) + 1)

    def tables(self, section: Section) -> None:
        count, at = read_leb(self.data, section.begin)
        for _ in range(count):
            has_init = self.data[at] == 0x40
            if has_init:
                at += 2
            at = _skip_limits(self.data, _skip_value_type(self.data, at))
            if has_init:
                at = self.expression(at)

    def exports(self, section: Section) -> None:
        count, at = read_leb(self.data, section.begin)
        for _ in range(count):
            size, at = read_leb(self.data, at)
            at += size
            kind, at = self.data[at], at + 1
            at = self.index(at) if kind == 0 else self.skip_leb(at)

    def elements(self, section: Section) -> None:
        data = self.data
        count, at = read_leb(data, section.begin)
        for _ in range(count):
            flags, at = read_leb(data, at)
            if flags & 1 == 0:  # active
                if flags & 2:
                    at = self.skip_leb(at)
                at = self.expression(at)
            expressions = bool(flags & 4)
            if flags & 3:
                at = _skip_value_type(data, at) if expressions else at + 1
            items, at = read_leb(data, at)
            for _ in range(items):
                at = self.expression(at) if expressions else self.index(at)

    def section(self, section: Section) -> None:
        work = {CODE: self.bodies, GLOBAL: self.globals, TABLE: self.tables, EXPORT: self.exports, ELEMENT: self.elements}
        if section.ident == START:
            self.index(section.begin)
        elif section.ident in work:
            work[section.ident](section)


def localize_imports(data: bytes, modules: set[str]) -> bytes:
    """The module with every function import of `modules` made a local function that does nothing.

    The functions must have the type () -> (): an empty body is valid for nothing else, which an engine's
    validator will say. Returns `data` itself when there is nothing to do.
    """
    outline = describe(data)
    functions = [i for i in outline.imports if i.kind == 0]
    gone = [n for n, i in enumerate(functions) if i.module in modules]
    if not gone:
        return data
    if any(i.module in modules and i.kind != 0 for i in outline.imports):
        raise WasmFormatError("only function imports can be made local")
    if not any(s.ident == CODE for s in outline.sections):
        raise WasmFormatError("a module without code cannot take local functions")
    kept = [n for n in range(len(functions)) if n not in set(gone)]
    renumber = {old: new for new, old in enumerate(kept + gone)}
    patched = bytearray(data)
    if any(old != new for old, new in renumber.items()):
        patcher = _IndexPatcher(patched, renumber)
        for section in outline.sections:
            patcher.section(section)

    out = bytearray(MAGIC)

    def emit(ident: int, payload: bytes) -> None:
        out.append(ident)
        out.extend(encode_leb(len(payload)))
        out.extend(payload)

    for section in outline.sections:
        payload = bytes(patched[section.begin : section.end])
        if section.ident == CUSTOM:
            size, at = read_leb(payload, 0)
            if payload[at : at + size] == b"name":
                continue  # its function names would be out of order now
        elif section.ident == IMPORT:
            entries = [i for i in outline.imports if i.module not in modules]
            payload = encode_leb(len(entries)) + b"".join(data[i.begin : i.end] for i in entries)
        elif section.ident == FUNCTION:
            count, at = read_leb(payload, 0)
            types = b"".join(encode_leb(functions[n].type_index) for n in gone)
            payload = encode_leb(count + len(gone)) + types + payload[at:]
        elif section.ident == CODE:
            count, at = read_leb(payload, 0)
            payload = encode_leb(count + len(gone)) + b"\x02\x00\x0b" * len(gone) + payload[at:]
        emit(section.ident, payload)
    return bytes(out)


def with_monotonic_clock(data: bytes) -> bytes:
    """The module asking WASI for the monotonic clock wherever it names a processor-time clock right before the call.

    Compilers pass the clock's number as a constant: `i32.const 2` (process) or 3 (thread), then the precision as an
    `i64.const`, then the address. Anything else is left as it is.
    """
    outline = describe(data)
    functions = [i for i in outline.imports if i.kind == 0]
    clocks = [n for n, i in enumerate(functions) if i.name == "clock_time_get"]
    code = next((s for s in outline.sections if s.ident == CODE), None)
    if not clocks or not code:
        return data
    patched = bytearray(data)
    patcher = _IndexPatcher(patched, {})
    count, at = read_leb(data, code.begin)
    for _ in range(count):
        size, at = read_leb(data, at)
        end = at + size
        groups, at = read_leb(data, at)
        for _ in range(groups):
            at = _skip_value_type(data, patcher.skip_leb(at))
        last: list[int] = []
        while at < end:
            if data[at] == 0x10 and read_leb(data, at + 1)[0] in clocks:
                for begin, after in zip(last, last[1:]):
                    if data[begin] == 0x41 and data[begin + 1] in (2, 3) and data[after] == 0x42:
                        patched[begin + 1] = 1
            last = [*last[-5:], at]
            at = patcher.instruction(at)
    return bytes(patched)


def localized_copy(path: Path, modules: set[str], cache: Path) -> Path:
    """The path of a copy of `path` without imports from `modules`, made once and kept in `cache`."""
    data = path.read_bytes()
    if not modules & describe(data).import_modules():
        return path
    key = hashlib.sha256(data + b"\0" + ",".join(sorted(modules)).encode()).hexdigest()[:16]
    target = cache / f"{path.stem}-{key}.wasm"
    if not target.exists():
        rewritten = localize_imports(data, modules)
        cache.mkdir(parents=True, exist_ok=True)
        scratch = target.with_suffix(".tmp")
        scratch.write_bytes(rewritten)
        scratch.replace(target)
    return target
