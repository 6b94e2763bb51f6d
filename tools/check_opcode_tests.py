#!/usr/bin/env python3
"""Checks that every instruction of src/wasm/opcodes.def occurs in at least one script of tests/wast, in a module's text.
Comments and strings are ignored, and so are names of exports. Where two encodings have the same name, the check searches for
the text that distinguishes them.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# By enumerator: the pattern to search for instead of the name.
SPECIAL = {
    "select_t": r"\(?select \(result",
    "ref_test": r"ref\.test \(ref [^n]",
    "ref_test_null": r"ref\.test (\(ref null|\w+ref\b)",
    "ref_cast": r"ref\.cast \(ref [^n]",
    "ref_cast_null": r"ref\.cast (\(ref null|\w+ref\b)",
}


def code_of(text):
    text = re.sub(r'"(\\.|[^"\\])*"', '""', text)
    text = re.sub(r";;.*", "", text)
    while (shorter := re.sub(r"\(;([^(;]|;(?!\))|\((?!;))*;\)", "", text)) != text:
        text = shorter
    return text


def unused(rows, scripts):
    words = set()
    for text in scripts:
        words.update(re.findall(r"[a-z0-9_.]+", text))
    missing = []
    for id_, name in rows:
        pattern = SPECIAL.get(id_)
        if not (any(re.search(pattern, t) for t in scripts) if pattern else name in words):
            missing.append(id_)
    return missing


def self_test():
    rows = [("nop", "nop"), ("i32_add", "i32.add"), ("select", "select"), ("select_t", "select")]
    text = '(func (export "i32.add") nop ;; i32.add\n (; i32.add (; i32.add ;) ;) (select (local.get 0)))'
    assert unused(rows, [code_of(text)]) == ["i32_add", "select_t"], unused(rows, [code_of(text)])
    assert unused(rows, [code_of(text), code_of("(i32.add (select (result i32)))")]) == []


def main():
    if "--self-test" in sys.argv:
        return self_test()
    rows = re.findall(r'^OP\((\w+), "([^"]+)"', (ROOT / "src/wasm/opcodes.def").read_text(), re.M)
    scripts = [code_of(p.read_text()) for p in sorted((ROOT / "tests/wast").glob("*.wast"))]
    missing = unused(rows, scripts)
    if missing:
        sys.exit(f"no script in tests/wast uses: {', '.join(missing)}")
    print(f"all {len(rows)} instructions are used by {len(scripts)} scripts")


if __name__ == "__main__":
    main()
