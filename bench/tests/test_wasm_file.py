"""Reading and rewriting modules, on small ones put together here."""

import tempfile
import unittest
from pathlib import Path

from ermine_bench import programs, wasm_file
from ermine_bench.wasm_file import encode_leb, read_leb


def section(ident, payload):
    return bytes([ident]) + encode_leb(len(payload)) + payload


def name(text):
    return bytes([len(text)]) + text.encode()


def vector(*items):
    return encode_leb(len(items)) + b"".join(items)


def body(*code):
    whole = b"\x00" + bytes(code) + b"\x0b"
    return encode_leb(len(whole)) + whole


def module(bench_first=True, padded=False):
    """Imports bench.start and env.f (i32 -> i32); one function calls f, one bench.start."""
    bench = name("bench") + name("start") + b"\x00\x00"
    other = name("env") + name("f") + b"\x00\x01"
    start, f = (0, 1) if bench_first else (1, 0)
    call_f = b"\x10" + encode_leb(f, 5 if padded else 1)
    return wasm_file.MAGIC + b"".join([
        section(wasm_file.TYPE, vector(b"\x60\x00\x00", b"\x60\x01\x7f\x01\x7f")),
        section(wasm_file.IMPORT, vector(*([bench, other] if bench_first else [other, bench]))),
        section(wasm_file.FUNCTION, vector(b"\x01", b"\x00")),
        section(4, vector(b"\x70\x00\x03")),
        section(wasm_file.EXPORT, vector(name("g") + b"\x00\x02", name("f") + b"\x00" + bytes([f]), name("s") + b"\x00" + bytes([start]))),
        section(wasm_file.ELEMENT, vector(b"\x00\x41\x00\x0b" + vector(bytes([start]), bytes([f]), b"\x02"))),
        section(wasm_file.CODE, vector(body(0x20, 0x00, *call_f), body(0x10, start, 0x41, 0x80, 0x01, 0x1a))),
        section(wasm_file.CUSTOM, name("name") + b"\x01\x02\x00\x00"),
    ])


def payload(data, ident):
    s = next(s for s in wasm_file.read_sections(data) if s.ident == ident)
    return data[s.begin : s.end]


class Numbers(unittest.TestCase):
    def test_leb_both_ways(self):
        for value in (0, 1, 127, 128, 300, 1 << 20, (1 << 32) - 1):
            self.assertEqual(read_leb(encode_leb(value), 0)[0], value)
            padded = encode_leb(value, 5)
            self.assertEqual((read_leb(padded, 0), len(padded)), ((value, 5), 5))

    def test_a_number_cut_short_is_an_error(self):
        self.assertRaises(wasm_file.WasmFormatError, read_leb, b"\x80\x80", 0)


class Describe(unittest.TestCase):
    def test_outline(self):
        outline = wasm_file.describe(module())
        self.assertEqual([(i.module, i.name) for i in outline.imports], [("bench", "start"), ("env", "f")])
        self.assertEqual(outline.exports, {"g": "func", "f": "func", "s": "func"})
        self.assertEqual(outline.functions, 2)
        self.assertGreater(outline.code_size, 5)

    def test_what_is_no_module(self):
        for data in (b"", b"\x7fELF\x02\x01\x01\x00", wasm_file.COMPONENT_MAGIC, module()[:-3]):
            self.assertRaises(wasm_file.WasmFormatError, wasm_file.describe, data)


class Localize(unittest.TestCase):
    def check(self, data):
        result = wasm_file.localize_imports(data, {"bench"})
        outline = wasm_file.describe(result)
        self.assertEqual([(i.module, i.name) for i in outline.imports], [("env", "f")])
        self.assertEqual(outline.functions, 3)
        # f is now function 0, bench.start function 1 (the first defined), the others keep their numbers.
        self.assertEqual(payload(result, wasm_file.EXPORT), vector(name("g") + b"\x00\x02", name("f") + b"\x00\x00", name("s") + b"\x00\x01"))
        self.assertTrue(payload(result, wasm_file.ELEMENT).endswith(b"\x03\x01\x00\x02"))
        self.assertEqual(payload(result, wasm_file.FUNCTION), b"\x03\x00\x01\x00")
        return payload(result, wasm_file.CODE)

    def test_imports_before_others_move_behind_them(self):
        code = self.check(module())
        self.assertEqual(code, vector(b"\x02\x00\x0b", body(0x20, 0x00, 0x10, 0x00), body(0x10, 0x01, 0x41, 0x80, 0x01, 0x1a)))

    def test_padded_numbers_keep_their_width(self):
        code = self.check(module(padded=True))
        self.assertIn(b"\x10\x80\x80\x80\x80\x00\x0b", code)

    def test_imports_that_are_last_need_no_patch(self):
        self.check(module(bench_first=False))

    def test_nothing_to_do(self):
        data = module()
        self.assertIs(wasm_file.localize_imports(data, {"other"}), data)

    def test_a_copy_is_made_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.wasm")
            path.write_bytes(module())
            first = wasm_file.localized_copy(path, {"bench"}, Path(folder, "cache"))
            self.assertEqual(first, wasm_file.localized_copy(path, {"bench"}, Path(folder, "cache")))
            self.assertNotIn("bench", wasm_file.describe(first.read_bytes()).import_modules())

    def test_unknown_opcodes_are_errors(self):
        data = module()
        broken = data.replace(b"\x41\x80\x01\x1a", b"\x41\x80\x01\xff")
        self.assertRaises(wasm_file.WasmFormatError, wasm_file.localize_imports, broken, {"bench"})


class Clocks(unittest.TestCase):
    def module(self, clock):
        imported = name("wasi_snapshot_preview1") + name("clock_time_get") + b"\x00\x00"
        return wasm_file.MAGIC + b"".join([
            section(wasm_file.TYPE, vector(b"\x60\x03\x7f\x7e\x7f\x01\x7f", b"\x60\x00\x00")),
            section(wasm_file.IMPORT, vector(imported)),
            section(wasm_file.FUNCTION, vector(b"\x01")),
            section(wasm_file.CODE, vector(body(0x41, clock, 0x42, 0x00, 0x41, 0x08, 0x10, 0x00, 0x1a))),
        ])

    def test_processor_clocks_become_the_monotonic_one(self):
        for clock in (2, 3):
            self.assertEqual(wasm_file.with_monotonic_clock(self.module(clock)), self.module(1))
        for clock in (0, 1):
            self.assertEqual(wasm_file.with_monotonic_clock(self.module(clock)), self.module(clock))


class Programs(unittest.TestCase):
    def test_inflating_repeats_whole_bodies(self):
        data = module()
        result = programs.inflate(data, 50_000)
        outline = wasm_file.describe(result)
        self.assertAlmostEqual(len(result), 50_000, delta=2000)
        self.assertEqual(outline.functions % 2, 0)
        count, _ = read_leb(payload(result, wasm_file.CODE), 0)
        self.assertEqual(count, outline.functions)
        self.assertEqual(outline.exports, wasm_file.describe(data).exports)

    def test_every_own_program_has_its_source(self):
        for program in programs.OWN:
            self.assertTrue((programs.HERE / program.source).is_file(), program.source)
        self.assertEqual(len({p.name for p in programs.OWN}), len(programs.OWN))

    def test_assembled_modules_are_of_the_text_beside_them(self):
        import runpy

        assemble = runpy.run_path(str(programs.HERE / "assemble.py"))
        texts = [p for p in programs.HERE.glob("*.wat") if not p.name.endswith(".inc.wat")]
        self.assertGreaterEqual(len(texts), 5)
        for wat in texts:
            data = wat.with_suffix(".wasm").read_bytes()
            if not wasm_file.is_component(data):
                wasm_file.describe(data)
            self.assertTrue(data.endswith(assemble["source_hash"](wat)), f"{wat.name} changed: run bench/programs/assemble.py")

    def test_times_are_no_part_of_an_answer(self):
        self.assertEqual(programs.without_times(b"That took 0.51 seconds.\n5 sheep\n"), b"That took # seconds.\n5 sheep\n")
        self.assertEqual(programs.without_times(b"1.5e-3s 12 ms"), b"#s # ms")

    def test_coremark_output(self):
        out = b"CoreMark Size    : 666\nTotal ticks      : 17\nIterations/Sec   : 250.000000\nseedcrc          : 0xe9f5\nCorrect operation validated. See\n"
        self.assertEqual(programs.coremark_cost(out), 0.004)
        self.assertIsNone(programs.coremark_cost(b"nothing"))
        self.assertNotIn(b"ticks", programs.coremark_canonical(out))
        self.assertIn(b"seedcrc", programs.coremark_canonical(out))


if __name__ == "__main__":
    unittest.main()
