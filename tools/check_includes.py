#!/usr/bin/env python3
"""Checks the order of the folders: a folder of src/ includes only folders that stand below it.

- The order is the table LEVELS (docs/architecture.md shows it). Folders on the same level never include each other.
- A folder includes only folders that its ermine_library() in CMake names as DEPENDS, directly or indirectly.
- The public headers include nothing of src/. Folders that are written against the public headers alone are in
  PUBLIC_ONLY; they do not use the names that those headers keep for the library.
- PARTS lists parts of a folder that stand above one another.
- Only the command knows its flags. Messages of the library name functions and fields of the API; Error::limit() tells the
  command which limit was reached.
"""
import argparse
import pathlib
import re
import sys
import tempfile

# Highest first.
LEVELS = [
    ["cli", "oci"], ["script", "sandbox", "launch", "capi", "extism"], ["wasi"], ["api"], ["component"], ["engine", "explore"], ["interp", "baseline", "optimizing"],
    ["verify"], ["tiering"], ["ir"], ["semantics"], ["runtime"], ["text"], ["binary"], ["wasm"], ["platform"], ["base"],
]
RANK = {folder: rank for rank, level in enumerate(LEVELS) for folder in level}
# Public headers that every folder may use; the others belong to api and the folders above it.
VOCABULARY = {"detail/library_file.h", "component/value.h", "component/detail/shape.h", "component/detail/cursor.h", "component/detail/call_data.h", "component/detail/reply.h", "component/detail/stream_end.h", "component/event_loop.h", "error.h", "result.h", "traps.def", "config.h", "limits.h", "limits.def", "printable.h"}
PUBLIC_ONLY = {"wasi", "capi", "extism"}
# What such a folder may include of those below it, nevertheless: there is no public header for HTTP requests of the host.
BEYOND = {"extism": {"base/utf8.h", "wasi/http/client.h", "wasi/net/network.h"}}
# Those that a part of such a folder may use: functions of components are bound below func_wrap(), so that each adds little
# code and knows its own name and types (rationale.md).
KNOWN_NAMES = {f"src/wasi/{part}/": re.compile(r"detail::\w+|runtime::Store") for part in ("preview2", "preview3", "keyvalue")} | {"src/capi/": re.compile(r"detail::(?:invoke|make_func|take_error|root_slot)")}
INTERNAL_NAMES = re.compile(r"\b(?:runtime|engine|detail|api)::\w+")
# A part of a folder: the parts that it may not include.
PARTS = {"wasi/host": ("wasi/virtual/", "wasi/net/", "wasi/preview1/", "wasi/preview2/", "wasi/preview3/"), "wasi/net": ("wasi/preview1/", "wasi/preview2/", "wasi/preview3/"), "wasi/preview1": ("wasi/preview2/", "wasi/preview3/"), "wasi/preview2": ("wasi/preview1/", "wasi/preview3/"), "wasi/preview3": ("wasi/preview1/",), "wasi/keyvalue": ("wasi/preview1/", "wasi/preview3/", "wasi/net/", "wasi/http/"), "wasi/virtual": ("wasi/http/", "wasi/tls/", "wasi/preview1/", "wasi/preview2/", "wasi/preview3/"), "wasi/tls": ("wasi/net/", "wasi/http/", "wasi/preview1/", "wasi/preview2/", "wasi/preview3/")}
FLAG = re.compile(r'"[^"\n]*(?<![\w-])(?:--[a-z]|-W [a-z])')
FLAGS_ARE_KNOWN_TO = ("src/cli/", "src/baseline/tool/")  # the latter has flags of its own
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
LIBRARY = re.compile(r"ermine_library\(\s*ermine_(\w+)([^)]*)\)")


def folder_of(library):
    """A folder has one library of its name; if only a part of it belongs to libermine, that is a second one, FOLDER_PART."""
    part = library.partition("_")[0]
    return part if library not in RANK and part in RANK else library


def link_lists(root):
    """folder -> folders it may include by its CMake link lists (transitively)."""
    direct = {}
    for cmake in sorted(root.glob("src/**/CMakeLists.txt")):
        text = re.sub(r"#.*", "", cmake.read_text())
        for name, rest in LIBRARY.findall(text):
            depends = rest.partition("DEPENDS")[2]
            depends = {folder_of(d) for d in re.findall(r"\bermine_(\w+)", depends)}
            direct.setdefault(folder_of(name), set()).update(depends - {folder_of(name)})
    closed = {}

    def close(name):
        if name not in closed:
            closed[name] = set()
            for dep in direct.get(name, ()):
                closed[name] |= {dep} | close(dep)
        return closed[name]

    for name in direct:
        close(name)
    return direct, closed


def check(root):
    problems = []
    direct, allowed = link_lists(root)
    for name, deps in direct.items():
        if name not in RANK:
            problems.append(f"src/{name}: not in the table of folders (tools/check_includes.py)")
            continue
        for dep in deps:
            if dep not in RANK or RANK[dep] <= RANK[name]:
                problems.append(f"src/{name}/CMakeLists.txt: may not depend on ermine_{dep}, which is not below it")
    files = [p for d in ("src", "include") for p in sorted((root / d).rglob("*")) if p.suffix in (".h", ".cc", ".def", ".inc", ".c")]
    for path in files:
        parts = path.relative_to(root).parts
        folder = parts[1] if parts[0] == "src" else None
        if folder is not None and folder not in RANK:
            problems.append(f"{path.relative_to(root)}: src/{folder} is not in the table of folders")
            continue
        text = path.read_text(errors="replace")
        if folder is not None and not str(path.relative_to(root)).startswith(FLAGS_ARE_KNOWN_TO):
            for flag in FLAG.findall(re.sub(r"(?m)^\s*//.*", "", text)):
                problems.append(f"{path.relative_to(root)}: only src/cli names flags of the command: {flag}")
        if folder in PUBLIC_ONLY:
            for name in INTERNAL_NAMES.findall(re.sub(r"//.*", "", text)):
                if any(str(path.relative_to(root)).startswith(part) and known.fullmatch(name) for part, known in KNOWN_NAMES.items()):
                    continue
                problems.append(f"{path.relative_to(root)}: {name} is the library's own; src/{folder} is written against the public headers alone")
        above = PARTS.get("/".join(parts[1:3]), ()) if folder is not None else ()
        for included in INCLUDE.findall(text):
            if included.startswith(above) and above:
                problems.append(f"{path.relative_to(root)}: includes \"{included}\": src/{'/'.join(parts[1:3])} stands below that")
            where = f"{path.relative_to(root)}: includes \"{included}\""
            top = included.split("/")[0]
            if top == "ermine" or included in ("wasm.h", "ermine.h", "ermine_component.h"):
                inner = included.partition("/")[2]
                if folder is not None and inner not in VOCABULARY and RANK[folder] > RANK["api"]:
                    problems.append(f"{where}: below api only {', '.join(sorted(VOCABULARY))} of the public headers are known")
            elif folder is None:
                problems.append(f"{where}: a public header includes nothing of src/")
            elif top not in RANK:
                if not (path.parent / included).exists():
                    problems.append(f"{where}: write the path from src/")
            elif top != folder:
                if folder in PUBLIC_ONLY:
                    if included not in BEYOND.get(folder, ()):
                        problems.append(f"{where}: src/{folder} is written against the public headers alone")
                elif RANK[top] == RANK[folder]:
                    problems.append(f"{where}: siblings do not include each other")
                elif RANK[top] < RANK[folder]:
                    problems.append(f"{where}: src/{top} stands above src/{folder}")
                elif folder in direct and top not in allowed[folder]:
                    problems.append(f"{where}: ermine_{folder} does not name ermine_{top} in its DEPENDS")
    return problems, len(files)


def self_test():
    bad = {
        "src/wasm/a.h": ('#include "runtime/b.h"', "stands above"),
        "src/interp/a.cc": ('#include "baseline/b.h"', "siblings"),
        "src/runtime/a.cc": ('#include "binary/b.h"', "does not name"),
        "src/wasi/a.cc": ('#include "runtime/b.h"', "public headers alone"),
        "src/extism/a.cc": ('#include "wasi/host/b.h"', "public headers alone"),
        "src/wasi/own.cc": ("bool f(runtime::HostCall& call);", "library's own"),
        "src/wasi/host/a.h": ('#include "wasi/preview1/b.h"', "stands below that"),
        "src/ir/a.cc": ('#include "ermine/engine.h"', "below api"),
        "include/ermine/a.h": ('#include "wasm/b.h"', "nothing of src/"),
        "src/attic/a.h": ("", "not in the table"),
        "src/api/flag.cc": ('Error("too slow (StoreRef::set_timeout, --timeout)");', "names flags"),
        "src/api/wide.cc": ('Error("full; -W max-tables=N changes that");', "names flags"),
    }
    good = {"src/runtime/ok.cc": '#include "runtime/a.h"\n#include "wasm/x.h"\n#include "ermine/error.h"\n', "src/wasi/ok.cc": '#include "ermine/engine.h"\n// runtime::Store\n',
            "src/wasi/preview1/ok.cc": '#include "wasi/host/b.h"\n',
            "src/extism/ok.cc": '#include "wasi/http/client.h"\n',
            "src/cli/ok.cc": 'print("--timeout is over");\n', "src/base/ok.cc": '// "--timeout"\nprint("a--b"); i--;\n'}
    cmake = {
        "src/runtime/CMakeLists.txt": "ermine_library(ermine_runtime SOURCES a.cc DEPENDS ermine_wasm)",
        "src/wasm/CMakeLists.txt": "ermine_library(ermine_wasm SOURCES a.cc DEPENDS fmt::fmt)",
        "src/extism/CMakeLists.txt": "ermine_library(ermine_extism SOURCES a.cc DEPENDS ermine_wasi)",
        "src/wasi/CMakeLists.txt": "ermine_library(ermine_wasi SOURCES a.cc)",
        "src/base/CMakeLists.txt": "ermine_library(ermine_base SOURCES a.cc DEPENDS ermine_wasm)",
    }
    with tempfile.TemporaryDirectory() as tmp:
        root = pathlib.Path(tmp)
        for name, text in {**good, **cmake, **{k: v[0] for k, v in bad.items()}}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        problems, _ = check(root)
    failures = [f"{name}: {word} was not caught" for name, (_, word) in bad.items()
                if not any(p.startswith(name) and word in p for p in problems)]
    failures += [f"false alarm: {p}" for p in problems if "/ok.cc" in p]
    if not any(p.startswith("src/base/CMakeLists.txt") for p in problems):
        failures.append("a dependency on a higher folder in CMake was not caught")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        failures = self_test()
        print("\n".join(failures) or "the check catches what it should")
        return 1 if failures else 0
    problems, files = check(pathlib.Path(__file__).resolve().parent.parent)
    print("\n".join(problems) or f"{files} files: every include is of a lower folder")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
