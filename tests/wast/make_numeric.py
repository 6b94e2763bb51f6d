#!/usr/bin/env python3
"""Writes numeric_*.wast and simd_*.wast: every number and vector instruction, compared with a second definition.
The result of an instruction is computed here a second time, in Python and in the simplest way (exact integers and fractions
where the engine has machine words), so that the two definitions check each other. The scripts are kept beside this program;
run it after changing it: make_numeric.py [--check] [folder]
"""
import math
import pathlib
import struct
import sys
from fractions import Fraction

# -- Numbers ------------------------------------------------------------------------------------------------


def unsigned(v, bits):
    return v & ((1 << bits) - 1)


def signed(v, bits):
    v = unsigned(v, bits)
    return v - (1 << bits) if v >> (bits - 1) else v


def round_f32(x):
    """Rounds a double to the nearest single; returns a double."""
    if math.isnan(x) or math.isinf(x):
        return x
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def rounder(bits):
    return round_f32 if bits == 32 else float


def exact_to_float(x, bits):
    """Rounds an exact integer to the nearest float: by a fraction, so that nothing is rounded twice."""
    if x == 0:
        return 0.0
    mantissa = 24 if bits == 32 else 53
    magnitude = abs(x)
    shift = max(0, magnitude.bit_length() - mantissa)
    q, r = divmod(magnitude, 1 << shift)
    half = (1 << shift) // 2
    if shift and (r > half or (r == half and q & 1)):
        q += 1
    return float(Fraction(q << shift)) * (-1 if x < 0 else 1)


def float_bits(x, bits):
    return int.from_bytes(struct.pack("<f" if bits == 32 else "<d", x), "little")


def bits_float(v, bits):
    return struct.unpack("<f" if bits == 32 else "<d", v.to_bytes(bits // 8, "little"))[0]


def nearest(x):
    if math.isnan(x) or math.isinf(x) or x == math.floor(x):
        return x
    low = math.floor(x)
    diff = Fraction(x) - low
    result = low if diff < Fraction(1, 2) or (diff == Fraction(1, 2) and low % 2 == 0) else low + 1
    return math.copysign(float(result), x)


def whole(function):
    def apply(x):
        if math.isnan(x) or math.isinf(x) or x == 0:
            return x
        return math.copysign(float(function(x)), x)
    return apply


def float_min(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == b == 0:
        return -0.0 if math.copysign(1, a) < 0 or math.copysign(1, b) < 0 else 0.0
    return min(a, b)


def float_max(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == b == 0:
        return 0.0 if math.copysign(1, a) > 0 or math.copysign(1, b) > 0 else -0.0
    return max(a, b)


def divide(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if b == 0:
        if a == 0:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def arithmetic(function):
    def apply(a, b):
        try:
            return function(a, b)
        except OverflowError:
            return math.inf
    return apply


def square_root(x):
    return math.nan if x < 0 or math.isnan(x) else math.copysign(math.sqrt(x), x)


class Trap(Exception):
    pass


def divide_signed(a, b, bits):
    a, b = signed(a, bits), signed(b, bits)
    if b == 0:
        raise Trap("integer divide by zero")
    q = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    if q >> (bits - 1) == 1 and q > 0:
        raise Trap("integer overflow")
    return q


def remainder_signed(a, b, bits):
    a, b = signed(a, bits), signed(b, bits)
    if b == 0:
        raise Trap("integer divide by zero")
    return abs(a) % abs(b) * (-1 if a < 0 else 1)


def divide_unsigned(a, b):
    if b == 0:
        raise Trap("integer divide by zero")
    return a // b


def remainder_unsigned(a, b):
    if b == 0:
        raise Trap("integer divide by zero")
    return a % b


def int_unary(bits):
    ops = {
        "clz": lambda a: bits - a.bit_length(),
        "ctz": lambda a: bits if a == 0 else (a & -a).bit_length() - 1,
        "popcnt": lambda a: bin(a).count("1"),
        "extend8_s": lambda a: signed(a, 8),
        "extend16_s": lambda a: signed(a, 16),
    }
    if bits == 64:
        ops["extend32_s"] = lambda a: signed(a, 32)
    return ops


def int_binary(bits):
    return {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div_s": lambda a, b: divide_signed(a, b, bits),
        "div_u": divide_unsigned,
        "rem_s": lambda a, b: remainder_signed(a, b, bits),
        "rem_u": remainder_unsigned,
        "and": lambda a, b: a & b,
        "or": lambda a, b: a | b,
        "xor": lambda a, b: a ^ b,
        "shl": lambda a, b: a << (b % bits),
        "shr_s": lambda a, b: signed(a, bits) >> (b % bits),
        "shr_u": lambda a, b: a >> (b % bits),
        "rotl": lambda a, b: (a << (b % bits)) | (a >> (bits - b % bits)),
        "rotr": lambda a, b: (a >> (b % bits)) | (a << (bits - b % bits)),
    }


def int_compare(bits):
    s = lambda v: signed(v, bits)
    return {
        "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
        "lt_s": lambda a, b: s(a) < s(b), "lt_u": lambda a, b: a < b,
        "gt_s": lambda a, b: s(a) > s(b), "gt_u": lambda a, b: a > b,
        "le_s": lambda a, b: s(a) <= s(b), "le_u": lambda a, b: a <= b,
        "ge_s": lambda a, b: s(a) >= s(b), "ge_u": lambda a, b: a >= b,
    }


FLOAT_UNARY = {
    "abs": abs, "neg": lambda a: -a, "ceil": whole(math.ceil), "floor": whole(math.floor), "trunc": whole(math.trunc),
    "nearest": nearest, "sqrt": square_root,
}
FLOAT_BINARY = {
    "add": arithmetic(lambda a, b: a + b), "sub": arithmetic(lambda a, b: a - b), "mul": arithmetic(lambda a, b: a * b),
    "div": arithmetic(divide), "min": float_min, "max": float_max,
}
FLOAT_COMPARE = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b, "le": lambda a, b: a <= b, "ge": lambda a, b: a >= b,
}


def truncate(x, bits, is_signed, saturate):
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)
    if math.isnan(x):
        if saturate:
            return 0
        raise Trap("invalid conversion to integer")
    value = x if math.isinf(x) else math.trunc(x)
    if low <= value <= high:
        return int(value)
    if saturate:
        return low if value < low else high
    raise Trap("integer overflow")


# -- Text ---------------------------------------------------------------------------------------------------


def int_text(v, bits):
    return str(signed(v, bits))


def float_text(x, result=False):
    if math.isnan(x):
        return "nan:canonical" if result else "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return x.hex()


def const(kind, v, result=False):
    if kind[0] == "i":
        return f"({kind}.const {int_text(v, int(kind[1:]))})"
    if kind[0] == "f":
        return f"({kind}.const {float_text(v, result)})"
    return f"(v128.const {v})"


class Script:
    """A module of functions, one per instruction, and assertions about them."""

    def __init__(self, title):
        self.title, self.functions, self.assertions, self.made = title, [], [], set()

    def case(self, op, params, result, args, expected, body=None, name=None):
        name = name or op
        if name not in self.made:
            self.made.add(name)
            operands = " ".join(f"(local.get {i})" for i in range(len(params)))
            body = body or f"({op} {operands})"
            self.functions.append(f'  (func (export "{name}") (param {" ".join(params)}) (result {result}) {body})')
        arguments = " ".join(const(kind, arg) for kind, arg in zip(params, args))
        call = f'(invoke "{name}" {arguments})'
        if isinstance(expected, Trap):
            self.assertions.append(f'(assert_trap {call} "{expected}")')
        else:
            self.assertions.append(f"(assert_return {call} {const(result, expected, True)})")

    def apply(self, op, params, result, args, function, fix=lambda v: v):
        try:
            expected = fix(function(*args))
        except Trap as trap:
            expected = trap
        self.case(op, params, result, args, expected)

    def text(self):
        head = f";; {self.title}\n;; Written by make_numeric.py.\n\n(module\n"
        return head + "\n".join(self.functions) + "\n)\n\n" + "\n".join(self.assertions) + "\n"


INTS = {
    32: [0, 1, 2, 7, 31, 32, 33, 0x7F, 0x80, 0xFF80, 0x8000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678, 0xFEDCBA98],
    64: [0, 1, 2, 7, 63, 64, 65, 0x80, 0x8000, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000,
         0xFFFFFFFFFFFFFFFF, 0x123456789ABCDEF0, 0xFEDCBA9876543210],
}
PAIRS = [(0, 0), (1, 2), (7, 3), (-7, 3), (7, -3), (-7, -3), (1, 0), (-1, 1), (5, 33), (5, 65), (12345, -1)]


def int_pairs(bits):
    low, high = 1 << (bits - 1), (1 << (bits - 1)) - 1
    extra = [(low, -1), (high, 1), (low, 1), (-1, -1), (low, low), (high, high), (low, high), (0x1234567890ABCDEF, bits - 1)]
    return [(unsigned(a, bits), unsigned(b, bits)) for a, b in PAIRS + extra]


FLOATS = {
    32: [0.0, -0.0, 1.0, -1.5, 2.5, 0.5, -0.5, 3.0e38 * 1.0, 1e-45, 1.17549435e-38, 16777217.0, 8388609.5, math.inf, -math.inf, math.nan],
    64: [0.0, -0.0, 1.0, -1.5, 2.5, 0.5, -0.5, 1e308, 5e-324, 2.2250738585072014e-308, 9007199254740993.0, 4503599627370497.5,
         math.inf, -math.inf, math.nan],
}


def float_values(bits):
    return [rounder(bits)(v) for v in FLOATS[bits]]


def make_int(bits):
    kind = f"i{bits}"
    s = Script(f"The {kind} instructions.")
    fix = lambda v: unsigned(int(v), bits)
    for name, f in int_unary(bits).items():
        for a in INTS[bits]:
            s.apply(f"{kind}.{name}", [kind], kind, [a], f, fix)
    for a in INTS[bits]:
        s.apply(f"{kind}.eqz", [kind], "i32", [a], lambda v: v == 0, int)
    for name, f in int_binary(bits).items():
        for a, b in int_pairs(bits):
            s.apply(f"{kind}.{name}", [kind, kind], kind, [a, b], f, fix)
    for name, f in int_compare(bits).items():
        for a, b in int_pairs(bits):
            s.apply(f"{kind}.{name}", [kind, kind], "i32", [a, b], f, int)
    return s


def make_float(bits):
    kind = f"f{bits}"
    s = Script(f"The {kind} instructions.")
    values = float_values(bits)
    keep = lambda v: not (math.isnan(v))
    for name, f in FLOAT_UNARY.items():
        for a in values:
            if keep(a) or name not in ("abs", "neg"):  # those two only touch the sign, also a NaN's
                s.apply(f"{kind}.{name}", [kind], kind, [a], f, rounder(bits))
    for name, f in FLOAT_BINARY.items():
        for i, a in enumerate(values):
            for b in (values[(i * 7 + 3) % len(values)], values[(i + 1) % len(values)], 2.0):
                s.apply(f"{kind}.{name}", [kind, kind], kind, [a, b], f, rounder(bits))
    for a in values:
        if keep(a):
            for b in (1.0, -0.0, math.inf):
                s.apply(f"{kind}.copysign", [kind, kind], kind, [a, b], math.copysign)
    for name, f in FLOAT_COMPARE.items():
        for i, a in enumerate(values):
            for b in (values[(i * 7 + 3) % len(values)], a, 1.0):
                s.apply(f"{kind}.{name}", [kind, kind], "i32", [a, b], f, int)
    return s


def make_conversions():
    s = Script("Conversions between number types.")
    for v in INTS[64]:
        s.apply("i32.wrap_i64", ["i64"], "i32", [v], lambda a: unsigned(a, 32))
        s.apply("f64.reinterpret_i64", ["i64"], "f64", [v], lambda a: bits_float(a, 64)) if not math.isnan(bits_float(v, 64)) else None
    for v in INTS[32]:
        s.apply("i64.extend_i32_s", ["i32"], "i64", [v], lambda a: signed(a, 32))
        s.apply("i64.extend_i32_u", ["i32"], "i64", [v], lambda a: a)
        s.apply("f32.reinterpret_i32", ["i32"], "f32", [v], lambda a: bits_float(a, 32)) if not math.isnan(bits_float(v, 32)) else None
    for fbits in (32, 64):
        for ibits in (32, 64):
            edges = [float(1 << (ibits - 1)), -float(1 << (ibits - 1)), float(1 << ibits), -1.0, -0.9, 0.9, 3.99, -3.99, 1e10, 2147483520.0,
                     4294967040.0, 9223371487098961920.0, 18446742974197923840.0]
            if fbits == 64:
                edges += [2147483647.0, 2147483647.9, -2147483648.9, -2147483649.0, 4294967295.9, 9223372036854774784.0]
            for sign in "su":
                for v in float_values(fbits) + [rounder(fbits)(e) for e in edges]:
                    for word, saturate in (("trunc", False), ("trunc_sat", True)):
                        s.apply(f"i{ibits}.{word}_f{fbits}_{sign}", [f"f{fbits}"], f"i{ibits}", [v],
                                lambda a: truncate(a, ibits, sign == "s", saturate), lambda r: unsigned(r, ibits))
                for v in INTS[ibits] + [16777217, 16777219, (1 << 53) + 1, (1 << 24) + (1 << 10) + 1]:
                    v = unsigned(v, ibits)
                    s.apply(f"f{fbits}.convert_i{ibits}_{sign}", [f"i{ibits}"], f"f{fbits}", [v],
                            lambda a: exact_to_float(signed(a, ibits) if sign == "s" else a, fbits))
        for v in float_values(fbits):
            if not math.isnan(v):
                s.apply(f"i{fbits}.reinterpret_f{fbits}", [f"f{fbits}"], f"i{fbits}", [v], lambda a: float_bits(a, fbits))
    for v in float_values(64) + [3.4028235677973366e38, 3.4028235677973362e38, 7e-46, 1.0000000596046448]:
        s.apply("f32.demote_f64", ["f64"], "f32", [v], round_f32)
    for v in float_values(32):
        s.apply("f64.promote_f32", ["f32"], "f64", [v], lambda a: a)
    return s


def make_wide():
    s = Script("Wide arithmetic: 128-bit sums and products.")
    mask = (1 << 64) - 1
    both = lambda v: (v & mask, v >> 64 & mask)
    samples = [(0, 0), (1, 0), (mask, 0), (mask, mask), (0x8000000000000000, 1), (0x123456789ABCDEF0, 0xFEDCBA9876543210)]
    join = lambda pair: pair[0] | pair[1] << 64
    lines = []
    for name, f in (("add128", lambda a, b: a + b), ("sub128", lambda a, b: a - b)):
        s.functions.append(f'  (func (export "i64.{name}") (param i64 i64 i64 i64) (result i64 i64) '
                           f"(i64.{name} (local.get 0) (local.get 1) (local.get 2) (local.get 3)))")
        for a in samples:
            for b in samples:
                low, high = both(f(join(a), join(b)))
                args = " ".join(const("i64", v) for v in (*a, *b))
                lines.append(f'(assert_return (invoke "i64.{name}" {args}) {const("i64", low)} {const("i64", high)})')
    for name, is_signed in (("mul_wide_s", True), ("mul_wide_u", False)):
        s.functions.append(f'  (func (export "i64.{name}") (param i64 i64) (result i64 i64) (i64.{name} (local.get 0) (local.get 1)))')
        for a in INTS[64]:
            for b in INTS[64][::3]:
                product = signed(a, 64) * signed(b, 64) if is_signed else a * b
                low, high = both(product)
                lines.append(f'(assert_return (invoke "i64.{name}" {const("i64", a)} {const("i64", b)}) {const("i64", low)} {const("i64", high)})')
    s.assertions = lines
    return s


# -- Vectors ------------------------------------------------------------------------------------------------

SHAPES = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64}


def lanes(raw, bits):
    return [int.from_bytes(raw[i:i + bits // 8], "little") for i in range(0, 16, bits // 8)]


def pack(values, bits):
    return b"".join(unsigned(v, bits).to_bytes(bits // 8, "little") for v in values)


def float_lanes(raw, bits):
    return [bits_float(v, bits) for v in lanes(raw, bits)]


def int_vector(raw):
    return "i8x16 " + " ".join(str(b) for b in raw)


def float_vector(values, bits, result):
    return f"f{bits}x{128 // bits} " + " ".join(float_text(v, result) for v in values)


VECTORS = [
    bytes(range(16)),
    bytes([0] * 16),
    bytes([255] * 16),
    bytes.fromhex("00017f80fffe8001ff7f0080ffff7f00"),
    bytes.fromhex("000000800000007fffffff7fffffffff"),
    bytes.fromhex("00000000000000800100000000000000"),
    bytes.fromhex("123456789abcdef0fedcba9876543210"),
    bytes.fromhex("8080808080808080ffffffffffffff7f"),
]


def saturate(v, bits, is_signed):
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)
    return max(low, min(high, v))


def vector_binary(bits):
    s = lambda v: signed(v, bits)
    ops = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b}
    if bits != 8:
        ops["mul"] = lambda a, b: a * b
    compare = int_compare(bits)
    for name, f in compare.items():
        if bits != 64 or name in ("eq", "ne") or name.endswith("_s"):
            ops[name] = lambda a, b, f=f: -1 if f(a, b) else 0
    if bits != 64:
        ops.update(min_s=lambda a, b: min(s(a), s(b)), min_u=min, max_s=lambda a, b: max(s(a), s(b)), max_u=max)
    if bits <= 16:
        ops.update(
            add_sat_s=lambda a, b: saturate(s(a) + s(b), bits, True), add_sat_u=lambda a, b: saturate(a + b, bits, False),
            sub_sat_s=lambda a, b: saturate(s(a) - s(b), bits, True), sub_sat_u=lambda a, b: saturate(a - b, bits, False),
            avgr_u=lambda a, b: (a + b + 1) // 2)
    if bits == 16:
        ops["q15mulr_sat_s"] = lambda a, b: saturate((s(a) * s(b) + 0x4000) >> 15, 16, True)
    return ops


def vector_case(s, op, args, expected, body=None, name=None, params=None, result="v128"):
    params = params or ["v128"] * len(args)
    shown = [int_vector(a) if isinstance(a, bytes) else a for a in args]
    s.case(op, params, result, shown, int_vector(expected) if isinstance(expected, bytes) else expected, body, name)


def make_simd_int():
    s = Script("Vectors of integers, lane by lane.")
    for shape, bits in SHAPES.items():
        pairs = list(zip(VECTORS, VECTORS[1:] + VECTORS[:1])) + list(zip(VECTORS, VECTORS))
        for name, f in vector_binary(bits).items():
            for a, b in pairs:
                vector_case(s, f"{shape}.{name}", [a, b], pack([f(x, y) for x, y in zip(lanes(a, bits), lanes(b, bits))], bits))
        for a in VECTORS:
            v = lanes(a, bits)
            vector_case(s, f"{shape}.neg", [a], pack([-x for x in v], bits))
            vector_case(s, f"{shape}.abs", [a], pack([abs(signed(x, bits)) for x in v], bits))
            if bits == 8:
                vector_case(s, "i8x16.popcnt", [a], pack([bin(x).count("1") for x in v], 8))
            vector_case(s, f"{shape}.all_true", [a], int(all(v)), result="i32")
            vector_case(s, f"{shape}.bitmask", [a], sum((x >> (bits - 1)) << i for i, x in enumerate(v)), result="i32")
            for count in (0, 1, bits - 1, bits, 3 * bits + 2):
                for name, f in (("shl", lambda x: x << (count % bits)), ("shr_s", lambda x: signed(x, bits) >> (count % bits)),
                                ("shr_u", lambda x: x >> (count % bits))):
                    vector_case(s, f"{shape}.{name}", [a, count], pack([f(x) for x in v], bits), params=["v128", "i32"])
    return s


def make_simd_width():
    s = Script("Vectors: between lane widths, and products that widen.")
    pairs = list(zip(VECTORS, VECTORS[1:] + VECTORS[:1])) + list(zip(VECTORS, VECTORS))
    for narrow_bits, narrow, wide_bits, wide in ((8, "i8x16", 16, "i16x8"), (16, "i16x8", 32, "i32x4"), (32, "i32x4", 64, "i64x2")):
        n = 128 // narrow_bits
        halves = {"low": slice(0, n // 2), "high": slice(n // 2, n)}
        for sign in "su":
            get = (lambda v: signed(v, narrow_bits)) if sign == "s" else (lambda v: v)
            for half, part in halves.items():
                for a in VECTORS:
                    vector_case(s, f"{wide}.extend_{half}_{narrow}_{sign}", [a], pack([get(x) for x in lanes(a, narrow_bits)[part]], wide_bits))
                for a, b in pairs:
                    products = [get(x) * get(y) for x, y in zip(lanes(a, narrow_bits)[part], lanes(b, narrow_bits)[part])]
                    vector_case(s, f"{wide}.extmul_{half}_{narrow}_{sign}", [a, b], pack(products, wide_bits))
            if wide_bits != 64:
                for a in VECTORS:
                    v = [get(x) for x in lanes(a, narrow_bits)]
                    vector_case(s, f"{wide}.extadd_pairwise_{narrow}_{sign}", [a], pack([v[i] + v[i + 1] for i in range(0, n, 2)], wide_bits))
                for a, b in pairs:
                    both = [saturate(signed(x, wide_bits), narrow_bits, sign == "s") for x in lanes(a, wide_bits) + lanes(b, wide_bits)]
                    vector_case(s, f"{narrow}.narrow_{wide}_{sign}", [a, b], pack(both, narrow_bits))
    for a, b in pairs:
        x, y = [signed(v, 16) for v in lanes(a, 16)], [signed(v, 16) for v in lanes(b, 16)]
        dots = [x[i] * y[i] + x[i + 1] * y[i + 1] for i in range(0, 8, 2)]
        vector_case(s, "i32x4.dot_i16x8_s", [a, b], pack(dots, 32))
    return s


def make_simd_bits():
    s = Script("Vectors as bits, and lanes put in, taken out and moved.")
    word = lambda raw: int.from_bytes(raw, "little")
    raw = lambda v: unsigned(v, 128).to_bytes(16, "little")
    pairs = list(zip(VECTORS, VECTORS[1:] + VECTORS[:1]))
    for a, b in pairs:
        for name, f in (("and", lambda x, y: x & y), ("or", lambda x, y: x | y), ("xor", lambda x, y: x ^ y), ("andnot", lambda x, y: x & ~y)):
            vector_case(s, f"v128.{name}", [a, b], raw(f(word(a), word(b))))
        c = VECTORS[3]
        vector_case(s, "v128.bitselect", [a, b, c], raw((word(a) & word(c)) | (word(b) & ~word(c))))
        vector_case(s, "i8x16.swizzle", [a, b], bytes(a[i] if i < 16 else 0 for i in b))
        order = [0, 31, 5, 16, 16, 2, 30, 1, 15, 8, 9, 24, 3, 17, 20, 4]
        vector_case(s, "i8x16.shuffle", [a, b], bytes((a + b)[i] for i in order),
                    body=f"(i8x16.shuffle {' '.join(map(str, order))} (local.get 0) (local.get 1))")
    for a in VECTORS:
        vector_case(s, "v128.not", [a], raw(~word(a)))
        vector_case(s, "v128.any_true", [a], int(any(a)), result="i32")
        for shape, bits in SHAPES.items():
            kind = "i64" if bits == 64 else "i32"
            v = lanes(a, bits)
            for lane in (0, len(v) - 1):
                for suffix, f in ((("_s", lambda x: signed(x, bits)), ("_u", lambda x: x)) if bits < 32 else (("", lambda x: x),)):
                    op = f"{shape}.extract_lane{suffix}"
                    vector_case(s, op, [a], f(v[lane]), body=f"({op} {lane} (local.get 0))", name=f"{op} {lane}", result=kind)
                op = f"{shape}.replace_lane"
                new = v[:lane] + [0x77665544332211AA] + v[lane + 1:]
                vector_case(s, op, [a, unsigned(0x77665544332211AA, 64 if bits == 64 else 32)], pack(new, bits),
                            body=f"({op} {lane} (local.get 0) (local.get 1))", name=f"{op} {lane}", params=["v128", kind])
            vector_case(s, f"{shape}.splat", [v[0]], pack([v[0]] * len(v), bits), params=[kind])
    for bits in (32, 64):
        shape, kind, n = f"f{bits}x{128 // bits}", f"f{bits}", 128 // bits
        for x in (1.5, -0.0, math.inf):
            vector_case(s, f"{shape}.splat", [x], float_vector([x] * n, bits, True), params=[kind])
            base = [0.25 * (i + 1) for i in range(n)]
            for lane in (0, n - 1):
                op = f"{shape}.replace_lane"
                vector_case(s, op, [float_vector(base, bits, False), x], float_vector(base[:lane] + [x] + base[lane + 1:], bits, True),
                            body=f"({op} {lane} (local.get 0) (local.get 1))", name=f"{op} {lane}", params=["v128", kind])
                op = f"{shape}.extract_lane"
                vector_case(s, op, [float_vector(base, bits, False)], base[lane], body=f"({op} {lane} (local.get 0))", name=f"{op} {lane}", result=kind)
    return s


def make_simd_float():
    s = Script("Vectors of floats, lane by lane.")
    for bits in (32, 64):
        n = 128 // bits
        shape = f"f{bits}x{n}"
        values = float_values(bits)
        groups = [[values[(i + j) % len(values)] for j in range(n)] for i in range(0, len(values), n - 1 if n > 2 else 1)]
        shifted = [[values[(i * 5 + j * 3 + 2) % len(values)] for j in range(n)] for i in range(len(groups))]
        fix = rounder(bits)
        show = lambda v, result=False: float_vector(v, bits, result)
        for name, f in FLOAT_UNARY.items():
            for a in groups:
                if name in ("abs", "neg") and any(math.isnan(v) for v in a):
                    continue
                vector_case(s, f"{shape}.{name}", [show(a)], show([fix(f(v)) for v in a], True))
        pmin = lambda a, b: b if b < a else a
        pmax = lambda a, b: b if a < b else a
        for a, b in list(zip(groups, shifted)) + [(g, g) for g in groups]:
            for name, f in FLOAT_BINARY.items():
                vector_case(s, f"{shape}.{name}", [show(a), show(b)], show([fix(f(x, y)) for x, y in zip(a, b)], True))
            for name, f in FLOAT_COMPARE.items():
                vector_case(s, f"{shape}.{name}", [show(a), show(b)], pack([-1 if f(x, y) else 0 for x, y in zip(a, b)], bits))
            if not any(math.isnan(v) for v in a + b):
                for name, f in (("pmin", pmin), ("pmax", pmax)):
                    vector_case(s, f"{shape}.{name}", [show(a), show(b)], show([f(x, y) for x, y in zip(a, b)], True))
    edges32 = [rounder(32)(v) for v in (0.0, -1.9, 2147483647.0, -2147483648.0, 4294967295.0, 1e20, -1e20, math.nan)]
    edges64 = [0.0, -1.9, 2147483647.5, -2147483649.0, 4294967295.9, 1e20, -1e20, math.nan]
    for sign in "su":
        trunc = lambda v: truncate(v, 32, sign == "s", True)
        for i in range(0, 8, 4):
            vector_case(s, f"i32x4.trunc_sat_f32x4_{sign}", [float_vector(edges32[i:i + 4], 32, False)], pack([trunc(v) for v in edges32[i:i + 4]], 32))
        for i in range(0, 8, 2):
            vector_case(s, f"i32x4.trunc_sat_f64x2_{sign}_zero", [float_vector(edges64[i:i + 2], 64, False)],
                        pack([trunc(v) for v in edges64[i:i + 2]] + [0, 0], 32))
        for a in VECTORS:
            v = [signed(x, 32) if sign == "s" else x for x in lanes(a, 32)]
            vector_case(s, f"f32x4.convert_i32x4_{sign}", [a], float_vector([exact_to_float(x, 32) for x in v], 32, True))
            vector_case(s, f"f64x2.convert_low_i32x4_{sign}", [a], float_vector([exact_to_float(x, 64) for x in v[:2]], 64, True))
    for a in ([1.5, -0.0], [1e300, 1e-300], [math.inf, math.nan], [1.0000000596046448, 3.4028235677973366e38]):
        vector_case(s, "f32x4.demote_f64x2_zero", [float_vector(a, 64, False)], float_vector([round_f32(v) for v in a] + [0.0, 0.0], 32, True))
    for a in ([1.5, -0.0, 9.0, 9.0], [math.inf, 1e-45 * 1.0, 9.0, 9.0]):
        a = [round_f32(v) for v in a]
        vector_case(s, "f64x2.promote_low_f32x4", [float_vector(a, 32, False)], float_vector(a[:2], 64, True))
    return s


def make_relaxed():
    s = Script("Relaxed vector instructions, on operands for which every implementation must give one result.")
    pairs = list(zip(VECTORS, VECTORS[1:] + VECTORS[:1]))
    small = bytes([0, 15, 3, 7, 1, 2, 4, 8, 9, 10, 11, 12, 13, 14, 5, 6])
    for a in VECTORS:
        vector_case(s, "i8x16.relaxed_swizzle", [a, small], bytes(a[i] for i in small))
    for shape in SHAPES:
        for a, b in pairs:
            mask = bytes([255] * 8 + [0] * 8)
            vector_case(s, f"{shape}.relaxed_laneselect", [a, b, mask], a[:8] + b[8:])
    for bits in (32, 64):
        n = 128 // bits
        shape = f"f{bits}x{n}"
        a, b, c = [1.5, -2.0, 0.25, 8.0][:n], [2.0, 3.0, -4.0, 0.5][:n], [1.0, 0.5, -0.5, 100.0][:n]
        show = lambda v, result=False: float_vector(v, bits, result)
        vector_case(s, f"{shape}.relaxed_madd", [show(a), show(b), show(c)], show([x * y + z for x, y, z in zip(a, b, c)], True))
        vector_case(s, f"{shape}.relaxed_nmadd", [show(a), show(b), show(c)], show([-(x * y) + z for x, y, z in zip(a, b, c)], True))
        vector_case(s, f"{shape}.relaxed_min", [show(a), show(b)], show([min(x, y) for x, y in zip(a, b)], True))
        vector_case(s, f"{shape}.relaxed_max", [show(a), show(b)], show([max(x, y) for x, y in zip(a, b)], True))
    floats = [0.0, -1.9, 2147483520.0, 77.7]
    for sign in "su":
        values = [v for v in floats if sign == "s" or v >= 0] + ([] if sign == "s" else [5.5])
        vector_case(s, f"i32x4.relaxed_trunc_f32x4_{sign}", [float_vector([round_f32(v) for v in values], 32, False)],
                    pack([math.trunc(round_f32(v)) for v in values], 32))
        vector_case(s, f"i32x4.relaxed_trunc_f64x2_{sign}_zero", [float_vector(values[:2], 64, False)], pack([math.trunc(v) for v in values[:2]] + [0, 0], 32))
    x, y = [100, -200, 32767, -32768, 3, 4, -5, 0], [300, 400, 32767, 32767, -7, 16384, 5, 1]
    vector_case(s, "i16x8.relaxed_q15mulr_s", [pack(x, 16), pack(y, 16)], pack([(p * q + 0x4000) >> 15 for p, q in zip(x, y)], 16))
    x, y = [-128, 127, 1, 2, 3, -4, 5, 6, -7, 8, 9, 10, 11, 12, 13, -14], [127, 127, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    products = [x[i] * y[i] + x[i + 1] * y[i + 1] for i in range(0, 16, 2)]
    vector_case(s, "i16x8.relaxed_dot_i8x16_i7x16_s", [pack(x, 8), pack(y, 8)], pack(products, 16))
    add = [1, -2, 1 << 30, 0]
    sums = [products[i] + products[i + 1] + add[i // 2] for i in range(0, 8, 2)]
    vector_case(s, "i32x4.relaxed_dot_i8x16_i7x16_add_s", [pack(x, 8), pack(y, 8), pack(add, 32)], pack(sums, 32))
    return s


SCRIPTS = {
    "numeric_i32": lambda: make_int(32), "numeric_i64": lambda: make_int(64),
    "numeric_f32": lambda: make_float(32), "numeric_f64": lambda: make_float(64),
    "numeric_conversions": make_conversions, "numeric_wide": make_wide,
    "simd_int": make_simd_int, "simd_width": make_simd_width, "simd_bits": make_simd_bits,
    "simd_float": make_simd_float, "simd_relaxed": make_relaxed,
}


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    folder = pathlib.Path(arguments[0] if arguments else __file__).resolve()
    folder = folder if folder.is_dir() else folder.parent
    stale = []
    for name, make in SCRIPTS.items():
        path, text = folder / f"{name}.wast", make().text()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            path.write_text(text)
    if stale:
        sys.exit(f"not what make_numeric.py writes: {', '.join(stale)}")


if __name__ == "__main__":
    main()
