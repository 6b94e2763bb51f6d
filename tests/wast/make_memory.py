#!/usr/bin/env python3
"""Writes memory_*.wast: every instruction that reads or writes memory, compared with a second definition.
The instructions are those of src/wasm/opcodes.def; their effect is defined here a second time, on a list of bytes. Each runs in
a 32-bit and in a 64-bit memory, at the first and last position inside and the first one outside, and with offsets; atomic ones
also where they are not aligned. Run it after changing it: make_memory.py [--check] [folder]
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = 65536
OFFSET = 3


def operations():
    """-> [(name, immediate, log2 of the width, signature, feature)]"""
    text = (HERE.parent.parent / "src/wasm/opcodes.def").read_text()
    rows = re.findall(r'^OP\(\w+, "([^"]+)", \w+, (MemArg\w*), (\d+), "([^"]*)", (\w+),', text, re.M)
    return [(name, imm, int(width), sig, feature) for name, imm, width, sig, feature in rows]


TYPES = {"i": "i32", "l": "i64", "f": "f32", "d": "f64", "v": "v128"}
SIZES = {"i": 4, "l": 8, "f": 4, "d": 8, "v": 16}


def initial():
    """Every byte differs from its neighbours, and both signs occur."""
    return bytearray((i * 37 + 0x81) & 0xFF for i in range(64))


def const(letter, raw):
    if letter == "v":
        return "(v128.const i8x16 " + " ".join(str(b) for b in raw) + ")"
    value = int.from_bytes(raw, "little")
    if letter in "il":
        return f"({TYPES[letter]}.const 0x{value:x})"
    bits, fraction = (32, 23) if letter == "f" else (64, 52)
    exponent = value >> fraction & (1 << (bits - 1 - fraction)) - 1
    bias = (1 << (bits - 2 - fraction)) - 1
    sign = "-" if value >> (bits - 1) else ""
    mantissa = value & (1 << fraction) - 1
    digits = f"{mantissa << (4 - fraction % 4) % 4:0{(fraction + 3) // 4}x}"
    if exponent == 2 * bias + 1:
        return f"({TYPES[letter]}.const {sign}{f'nan:0x{mantissa:x}' if mantissa else 'inf'})"
    if exponent == 0:
        return f"({TYPES[letter]}.const {sign}0x0.{digits}p{1 - bias})"
    return f"({TYPES[letter]}.const {sign}0x1.{digits}p{exponent - bias})"


def extend(raw, to, is_signed):
    value = int.from_bytes(raw, "little", signed=is_signed)
    return (value & (1 << 8 * to) - 1).to_bytes(to, "little")


def loaded(name, sig, raw, lane=None, vector=None):
    """The bytes afterwards."""
    result = sig[-1]
    tail = name.split(".")[1]
    if result != "v":
        return extend(raw, SIZES[result], tail.endswith("_s"))
    if lane is not None:
        n = len(raw)
        return vector[:lane * n] + raw + vector[(lane + 1) * n:]
    if m := re.fullmatch(r"load(\d+)x(\d+)_([su])", tail):
        n = int(m[1]) // 8
        return b"".join(extend(raw[i * n:i * n + n], 2 * n, m[3] == "s") for i in range(int(m[2])))
    if tail.endswith("_splat"):
        return raw * (16 // len(raw))
    return raw + bytes(16 - len(raw))


VECTOR = bytes(range(0xA0, 0xB0))


class Script:
    def __init__(self, remark):
        self.lines = [f";; {remark}", ";; Written by make_memory.py.", ""]

    def add(self, line=""):
        self.lines.append(line)

    def returns(self, call, *results):
        self.add(f"(assert_return {call}" + "".join(" " + r for r in results) + ")")

    def traps(self, call, message):
        self.add(f'(assert_trap {call} "{message}")')

    def text(self):
        return "\n".join(self.lines) + "\n"


def data_string(raw):
    return '"' + "".join(f"\\{b:02x}" for b in raw) + '"'


def invoke(name, *arguments):
    return f'(invoke "{name}"' + "".join(" " + a for a in arguments) + ")"


OUT = "out of bounds memory access"


def module(script, rows, is64, shared):
    a = "i64" if is64 else "i32"
    script.add("(module")
    script.add(f"  (memory {'i64 ' if is64 else ''}1 1{' shared' if shared else ''})")
    script.add(f"  (data ({a}.const 0) {data_string(initial())})")
    script.add(f'  (func (export "peek") (param {a}) (result v128) (v128.load (local.get 0)))')
    for name, imm, width, sig, feature in rows:
        params = sig.split(":")[0][1:]
        declared = "".join(f" (param {TYPES[p]})" for p in params)
        result = f" (result {TYPES[sig[-1]]})" if not sig.endswith(":") else ""
        arguments = "".join(f" (local.get {i})" for i in range(1 + len(params)))
        offset = 1 << width if feature == "Threads" else OFFSET
        lane = f" {16 // (1 << width) - 1}" if imm == "MemArgLane" else ""
        align = "" if feature == "Threads" else " align=1"
        script.add(f'  (func (export "{name}") (param {a}){declared}{result} ({name} offset={offset}{align}{lane}{arguments}))')
        if offset == OFFSET:
            script.add(f'  (func (export "{name}/far") (param {a}){declared}{result} '
                       f'({name} offset={0x1_0000_0000 if is64 else 0xFFFF_FFFF}{lane}{arguments}))')
    script.add(")")


def address(is64, v):
    return f"({'i64' if is64 else 'i32'}.const {v})"


def plain(script, rows, is64):
    module(script, rows, is64, False)
    memory = initial() + bytearray(PAGE - 64)

    def peek(at):
        at = min(at, PAGE - 16)
        script.returns(invoke("peek", address(is64, at)), const("v", bytes(memory[at:at + 16])))

    for name, imm, width, sig, feature in rows:
        size = 1 << width
        last = PAGE - size - OFFSET
        lane = 16 // size - 1 if imm == "MemArgLane" else None
        value = VECTOR[:SIZES[sig[1]]] if sig[1] != ":" else None
        if value is not None and sig[1] in "fd":
            value = value[:-1] + b"\x41"
        more = [const(sig[1], value)] if value is not None else []
        for at in (0, 21, last):
            here = at + OFFSET
            if sig.endswith(":"):
                stored = value[lane * size:lane * size + size] if lane is not None else value[:size]
                memory[here:here + size] = stored
                script.returns(invoke(name, address(is64, at), *more))
                peek(here)
            else:
                raw = bytes(memory[here:here + size])
                script.returns(invoke(name, address(is64, at), *more), const(sig[-1], loaded(name, sig, raw, lane, value)))
        for at in (last + 1, PAGE, -1, -OFFSET):
            script.traps(invoke(name, address(is64, at), *more), OUT)
        script.traps(invoke(name + "/far", address(is64, 1), *more), OUT)
        if sig.endswith(":"):
            peek(PAGE - 16)  # a store that did not fit has written nothing


def modified(op, old, value, size):
    mask = (1 << 8 * size) - 1
    return {"add": old + value, "sub": old - value, "and": old & value, "or": old | value, "xor": old ^ value,
            "xchg": value}[op] & mask


def atomics(script, rows, is64, shared):
    module(script, rows, is64, shared)
    memory = initial() + bytearray(PAGE - 64)
    for name, _, width, sig, _ in rows:
        size = 1 << width
        tail = name.split(".", 2)[2] if ".atomic." in name else name
        last = PAGE - 2 * size

        def bits(letter, v):
            return const(letter, (v & (1 << 8 * SIZES[letter]) - 1).to_bytes(SIZES[letter], "little"))

        def read(at):
            return int.from_bytes(memory[at:at + size], "little")

        def write(at, v):
            memory[at:at + size] = (v & (1 << 8 * size) - 1).to_bytes(size, "little")

        def peek(at):
            at = min(at, PAGE - 16)
            script.returns(invoke("peek", address(is64, at)), const("v", bytes(memory[at:at + 16])))

        if name.startswith("memory.atomic."):
            wait = "wait" in name
            for at in (0, 8, last):
                here = at + size
                if not wait:
                    script.returns(invoke(name, address(is64, at), "(i32.const 7)"), "(i32.const 0)")
                    continue
                letter = sig[1]
                for expected, result in ((read(here), 2), (read(here) ^ 1, 1)):
                    call = invoke(name, address(is64, at), bits(letter, expected), "(i64.const 0)")
                    if shared:
                        script.returns(call, f"(i32.const {result})")
                    else:
                        script.traps(call, "expected shared memory")
            rest = ["(i32.const 1)"] if not wait else [bits(sig[1], 0), "(i64.const 0)"]
        else:
            rest = [bits(letter, 3) for letter in sig[1:sig.index(":")]]
            for at in (0, 2 * size, last):
                here = at + size
                old = read(here)
                if tail.startswith("load"):
                    script.returns(invoke(name, address(is64, at)), bits(sig[-1], old))
                elif tail.startswith("store"):
                    value = 0x1122334455667788 + at
                    write(here, value)
                    script.returns(invoke(name, address(is64, at), bits(sig[1], value)))
                    peek(here)
                elif "cmpxchg" in tail:
                    for expected in (old ^ 1, old):
                        value = 0x99AABBCCDDEEFF01
                        if read(here) == expected:
                            write(here, value)
                        script.returns(invoke(name, address(is64, at), bits(sig[1], expected), bits(sig[1], value)),
                                       bits(sig[-1], old))
                        peek(here)
                    # Only the bits of the expected value that memory contains are compared.
                    if size < SIZES[sig[1]]:
                        now = read(here)
                        write(here, 5)
                        script.returns(invoke(name, address(is64, at), bits(sig[1], now | 1 << 8 * size), bits(sig[1], 5)),
                                       bits(sig[-1], now))
                        peek(here)
                else:
                    op = re.fullmatch(r"rmw\d*\.(\w+?)(_u)?", tail)[1]
                    value = 0xF0E1D2C3B4A59687
                    write(here, modified(op, old, value, size))
                    script.returns(invoke(name, address(is64, at), bits(sig[1], value)), bits(sig[-1], old))
                    peek(here)
        for at in (PAGE - size, PAGE, -2 * size):
            script.traps(invoke(name, address(is64, at), *rest), OUT)
        if size > 1:
            script.traps(invoke(name, address(is64, 1), *rest), "unaligned atomic")


def scripts():
    rows = operations()
    scalar = [r for r in rows if r[4] == "Mvp"]
    vector = [r for r in rows if r[4] == "Simd"]
    threads = [r for r in rows if r[4] == "Threads"]
    assert len(scalar) == 23 and len(vector) == 22 and len(threads) == 66, (len(scalar), len(vector), len(threads))
    for name, group, remark in (("memory_scalar", scalar, "Loads and stores of numbers."),
                                ("memory_vector", vector, "Loads and stores of vectors and lanes.")):
        s = Script(remark)
        for is64 in (False, True):
            plain(s, group, is64)
        yield name, s
    s = Script("Atomic loads, stores and updates, wait and notify; shared memories and others, which cannot be waited on.")
    for is64, shared in ((False, True), (True, True), (False, False)):
        atomics(s, threads, is64, shared)
    yield "memory_atomic", s


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    folder = pathlib.Path(arguments[0]) if arguments else HERE
    stale = []
    for name, script in scripts():
        path = folder / f"{name}.wast"
        if "--check" in sys.argv:
            if not path.exists() or path.read_text() != script.text():
                stale.append(str(path))
        else:
            path.write_text(script.text())
    if stale:
        sys.exit("not what make_memory.py writes: " + ", ".join(stale))


if __name__ == "__main__":
    main()
