"""The suite of components: what WASI 0.2 and 0.3 cost (bench/programs/wasi2.wat, wasi3.wat), and how hello starts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from .measure import Row
from .programs import HERE
from .suites import Setting, suite

# The work of the programs: its row, the argument that names it, how much.
COMPONENTS: tuple[tuple[str, str, int], ...] = (
    ("write 1 GB", "write", 1024),
    ("read 1 GB", "read", 1024),
    ("10,000 small files", "small", 10_000),
    ("10,000 TCP echoes", "echo", 10_000),
    ("1,000 TCP connections", "connect", 1_000),
    ("10,000 messages, 250 connections", "many", 10_000),
    ("1,000 timers at once", "timers", 100),
)
# How large the file is that is read: it is read more than once.
READ_MB = 64


def big_file(folder: Path) -> None:
    """Makes the file for reading, which has the same bytes each time."""
    path = folder / "big.bin"
    if not path.exists() or path.stat().st_size != READ_MB << 20:
        block = hashlib.shake_256(b"bench").digest(1 << 20)
        path.write_bytes(b"".join(n.to_bytes(8, "little") + block[8:] for n in range(READ_MB)))


def _component_row(setting: Setting, name: str, wasi: str, wasm: Path, args: Sequence[str], folder: Path | None) -> Row:
    invocations = {c.ident: i for c in setting.runnable() if (i := c.run_component(wasm, wasi, args, folder))}
    return Row(name, invocations, group=f"wasi {wasi}")


@suite("wasi-components", "WASI 0.2 and 0.3")
def wasi_components(setting: Setting) -> list[Row]:
    """Components in the text format, so that the cost is the engine's: streams of files, small files made, read and removed, TCP echoes over one connection, connections made and closed, messages over connections that are polled together, 100 rounds of 1,000 timers; start subtracted. And hello by each version of WASI, start to exit."""
    folder = setting.out / "files"
    folder.mkdir(parents=True, exist_ok=True)
    big_file(folder)
    rows = []
    for wasi in ("0.2", "0.3"):
        wasm = HERE / f"wasi{wasi[-1]}.wasm"
        start = _component_row(setting, f"{wasi} (start)", wasi, wasm, ["write", "0"], folder)
        start.hidden = True
        wanted = [(f"{wasi} {name}", kind, work) for name, kind, work in COMPONENTS if setting.only(f"{wasi} {name}")]
        for name, kind, work in wanted:
            row = _component_row(setting, name, wasi, wasm, [kind, str(max(1, round(work * setting.scale)))], folder)
            row.minus = start.name
            rows += [row] if start in rows else [start, row]
    if setting.only("hello"):
        able = [c for c in setting.runnable() if c.peer.components]
        rows.append(Row("hello, preview 1", {c.ident: c.run(HERE / "hello1.wasm") for c in able}))
        rows += [_component_row(setting, f"hello, {wasi}", wasi, HERE / f"hello{wasi[-1]}.wasm", (), None) for wasi in ("0.2", "0.3")]
    return rows
