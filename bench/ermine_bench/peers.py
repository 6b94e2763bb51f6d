"""The engines to measure, each as one declaration: where to find it and how to run it.
A *peer* is an engine's command; a *tier* is one way to run it (its compiler, or its interpreter). A tier is named
`peer:tier`, or just `peer` for the engine's default. Commands are templates: a tuple of words in which `{wasm}`, `{dir}`,
`{out}` are replaced, and `{flags}`, `{args}` and `{dirs}` spliced in as several words. A new peer is a new entry in PEERS
and nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .process import Invocation, capture

Template = tuple[str, ...]
NODE_RUNNER = str(Path(__file__).with_name("node_runner.mjs"))


@dataclass(frozen=True)
class Tier:
    name: str  # "" is the engine's default
    kind: str  # interpreter, baseline, optimising, mixed or ahead (compiled before the start)
    flags: Template = ()
    # Commands that only some tiers have; empty: the tier has none.
    compile: Template = ()  # {wasm} to {out}, or measuring itself (see Peer.self_timed)
    run_compiled: Template = ()  # runs the output of `compile`


@dataclass(frozen=True)
class Peer:
    name: str
    title: str
    executables: Template  # names to look up in PATH; the first one that exists is used
    run: Template
    tiers: tuple[Tier, ...]
    dir_words: Template = ()  # how a folder is given to the guest; empty: not needed
    version: Template = ("{exe}", "--version")
    validate: Template = ()
    to_text: Template = ()  # {wasm} to {out}
    from_text: Template = ()
    in_process: Template = ()  # "{what}" as for --embedder: prints seconds or bytes
    one_thread: Template = ()  # further flags for compiling on one thread, as the in-process drivers do
    # Components: the versions of WASI that it runs, each with the flags for it, and the flags that grant the loopback.
    components: Mapping[str, Template] = field(default_factory=dict)
    loopback: Template = ()


PEERS: tuple[Peer, ...] = (
    Peer(
        "ermine", "Ermine", ("ermine",),
        run=("{exe}", "run", "{flags}", "{dirs}", "{wasm}", "{args}"),
        dir_words=("--dir", "{dir}"),
        validate=("{exe}", "validate", "{wasm}"),
        to_text=("{exe}", "print", "-o", "{out}", "{wasm}"),
        from_text=("{exe}", "parse", "-o", "{out}", "{wasm}"),
        components={"0.2": (), "0.3": ()},
        loopback=("--tcp", "127.0.0.1:*", "--listen", "127.0.0.1:0"),
        tiers=(
            Tier("", "mixed"),
            Tier("interp", "interpreter", ("--tier=interp",)),
            Tier("baseline", "baseline", ("--tier=baseline",)),
            Tier("optimized", "optimising", ("--tier=optimized",)),
        ),
    ),
    Peer(
        "wasm3", "wasm3", ("wasm3",),
        run=("{exe}", "{wasm}", "{args}"),
        tiers=(Tier("", "interpreter"),),
    ),
    Peer(
        "wasmi", "wasmi", ("wasmi", "wasmi_cli"),
        run=("{exe}", "run", "{flags}", "{dirs}", "{wasm}", "{args}"),
        dir_words=("--dir", "{dir}"),
        tiers=(Tier("", "interpreter"),),
    ),
    Peer(
        "silverfir", "Silverfir-nano", ("sf-nano-cli",),
        run=("{exe}", "{wasm}", "{args}"),
        version=(),
        tiers=(Tier("", "interpreter"),),
    ),
    Peer(
        "wamr", "WAMR", ("iwasm",),
        run=("{exe}", "--stack-size=4194304", "{flags}", "{dirs}", "{wasm}", "{args}"),
        dir_words=("--dir={dir}",),
        tiers=(
            Tier("", "interpreter"),
            Tier("aot", "ahead", compile=("wamrc", "-o", "{out}", "{wasm}"),
                 run_compiled=("{exe}", "--stack-size=4194304", "{dirs}", "{out}", "{args}")),
        ),
    ),
    Peer(
        "wasmtime", "Wasmtime", ("wasmtime",),
        run=("{exe}", "run", "-C", "cache=n", "{flags}", "{dirs}", "{wasm}", "{args}"),
        dir_words=("--dir", "{dir}"),
        components={"0.2": (), "0.3": ("-W", "component-model-async=y", "-S", "p3=y")},
        loopback=("-S", "inherit-network=y"),
        tiers=(
            Tier("", "optimising", ("-W", "gc=y,function-references=y,exceptions=y"),
                 compile=("{exe}", "compile", "-o", "{out}", "{wasm}")),
            Tier("winch", "baseline", ("-C", "compiler=winch"),
                 compile=("{exe}", "compile", "-C", "compiler=winch", "-o", "{out}", "{wasm}")),
            Tier("precompiled", "ahead",
                 compile=("{exe}", "compile", "-o", "{out}", "{wasm}"),
                 run_compiled=("{exe}", "run", "--allow-precompiled", "{dirs}", "{out}", "{args}")),
        ),
    ),
    Peer(
        "wasmer", "Wasmer", ("wasmer",),
        run=("{exe}", "run", "--disable-cache", "{flags}", "{dirs}", "{wasm}", "--", "{args}"),
        dir_words=("--dir", "{dir}"),
        tiers=(
            Tier("cranelift", "optimising", ("--cranelift",), compile=("{exe}", "compile", "--cranelift", "-o", "{out}", "{wasm}")),
            Tier("singlepass", "baseline", ("--singlepass",), compile=("{exe}", "compile", "--singlepass", "-o", "{out}", "{wasm}")),
            Tier("llvm", "optimising", ("--llvm",), compile=("{exe}", "compile", "--llvm", "-o", "{out}", "{wasm}")),
        ),
    ),
    Peer(
        "wazero", "wazero", ("wazero",),
        run=("{exe}", "run", "{flags}", "{dirs}", "{wasm}", "{args}"),
        dir_words=("-mount={dir}:{dir}",),
        version=("{exe}", "version"),
        tiers=(Tier("", "optimising", compile=("{exe}", "compile", "-cachedir", "{out}", "{wasm}"),
                    run_compiled=("{exe}", "run", "-cachedir", "{out}", "{dirs}", "{wasm}", "{args}")),
               Tier("interp", "interpreter", ("-interpreter",))),
    ),
    Peer(
        "wasmedge", "WasmEdge", ("wasmedge",),
        run=("{exe}", "run", "{flags}", "{dirs}", "{wasm}", "{args}"),
        dir_words=("--dir", "{dir}:{dir}"),
        tiers=(Tier("", "interpreter"),
               Tier("aot", "ahead", compile=("{exe}", "compile", "{wasm}", "{out}"),
                    run_compiled=("{exe}", "run", "{dirs}", "{out}", "{args}"))),
    ),
    Peer(
        "node", "Node (V8)", ("node",),
        run=("{exe}", "--no-warnings", "{flags}", NODE_RUNNER, "run", "{dir}", "{wasm}", "{args}"),
        version=("{exe}", "-p", "'Node ' + process.version + ', V8 ' + process.versions.v8"),
        in_process=("{exe}", "--no-warnings", "--expose-gc", "{flags}", NODE_RUNNER, "{what}", "{wasm}", "{args}"),
        one_thread=("--single-threaded",),
        tiers=(
            Tier("", "mixed"),
            Tier("liftoff", "baseline", ("--liftoff-only", "--no-wasm-lazy-compilation")),
            Tier("turbofan", "optimising", ("--no-liftoff", "--no-wasm-lazy-compilation")),
        ),
    ),
    Peer(
        "wabt", "WABT", ("wasm-validate",),
        run=(), tiers=(Tier("", "mixed"),),
        validate=("{exe}", "--enable-all", "{wasm}"),
    ),
    Peer(
        "wasm-tools", "wasm-tools", ("wasm-tools",),
        run=(), tiers=(Tier("", "mixed"),),
        validate=("{exe}", "validate", "--features=all", "{wasm}"),
        to_text=("{exe}", "print", "-o", "{out}", "{wasm}"),
        from_text=("{exe}", "parse", "-o", "{out}", "{wasm}"),
    ),
)
BY_NAME = {p.name: p for p in PEERS}
NATIVE = "native"


def expand(template: Template, words: dict[str, str], lists: dict[str, Sequence[str]]) -> list[str]:
    """Fills a command template; a word that is just `{name}` of a list becomes that list's words."""
    out: list[str] = []
    for word in template:
        match = re.fullmatch(r"\{(\w+)\}", word)
        if match and match[1] in lists:
            out.extend(lists[match[1]])
        else:
            out.append(re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), word))
    return out


@dataclass(frozen=True)
class Contender:
    """A peer's tier on this machine: a column of the tables."""

    peer: Peer
    tier: Tier
    exe: str
    label: str = ""  # distinguishes two builds of one peer
    version: str = field(default="", compare=False)

    @property
    def ident(self) -> str:
        name = self.peer.name + (f"@{self.label}" if self.label else "")
        return f"{name}:{self.tier.name}" if self.tier.name else name

    @property
    def title(self) -> str:
        name = self.peer.title + (f" @{self.label}" if self.label else "")
        return f"{name} {self.tier.name}" if self.tier.name else name

    def _fill(self, template: Template, wasm: Path | str, args: Sequence[str], folder: Path | None, **words: str) -> list[str]:
        given = {"exe": self.exe, "wasm": str(wasm), "dir": "." if folder else "-", **words}
        dirs = expand(self.peer.dir_words, given, {}) if folder else []
        return expand(template, given, {"flags": self.tier.flags, "args": list(args), "dirs": dirs})

    @property
    def can_run(self) -> bool:
        return bool(self.tier.run_compiled if self.tier.kind == "ahead" else self.peer.run)

    def run(self, wasm: Path, args: Sequence[str] = (), folder: Path | None = None) -> Invocation:
        """Runs a WASI program; `folder`, if any, is its working folder and the guest's only one."""
        return Invocation(self._fill(self.peer.run, wasm, args, folder), cwd=folder)

    def run_component(self, wasm: Path, wasi: str, args: Sequence[str] = (), folder: Path | None = None) -> Invocation | None:
        """The same with a component for this version of WASI, which may use the loopback if it has a folder. None: this
        engine cannot."""
        if wasi not in self.peer.components or self.tier.kind == "ahead":
            return None
        template, at = self.peer.run, self.peer.run.index("{flags}") + 1
        flags = (*self.peer.components[wasi], *(self.peer.loopback if folder else ()))
        return Invocation(self._fill((*template[:at], *flags, *template[at:]), wasm, args, folder), cwd=folder)

    def validate(self, wasm: Path) -> Invocation | None:
        return Invocation(self._fill(self.peer.validate, wasm, (), None)) if self.peer.validate else None

    def text(self, template: Template, wasm: Path, out: Path) -> Invocation | None:
        return Invocation(self._fill(template, wasm, (), None, out=str(out))) if template else None

    def compile(self, wasm: Path, out: Path) -> Invocation | None:
        return Invocation(self._fill(self.tier.compile, wasm, (), None, out=str(out))) if self.tier.compile else None

    def run_compiled(self, wasm: Path, out: Path, args: Sequence[str] = (), folder: Path | None = None) -> Invocation | None:
        template = self.tier.run_compiled
        return Invocation(self._fill(template, wasm, args, folder, out=str(out)), cwd=folder) if template else None

    def in_process(self, what: str, wasm: Path, args: Sequence[str] = ()) -> Invocation | None:
        template = self.peer.in_process
        if template and what == "compile":
            at = template.index("{flags}")
            template = (*template[:at], *self.peer.one_thread, *template[at:])
        return Invocation(self._fill(template, wasm, args, None, what=what)) if template else None

    def as_json(self) -> dict:
        return {
            "id": self.ident, "peer": self.peer.name, "tier": self.tier.name, "title": self.title,
            "kind": self.tier.kind, "version": self.version, "flags": " ".join(self.tier.flags),
        }


def native_contender() -> Contender:
    peer = Peer(NATIVE, "native", (), run=("{wasm}", "{args}"), tiers=(Tier("", "native"),))
    return Contender(peer, peer.tiers[0], "")


def _executable(peer: Peer, given: str | None, extra_path: str) -> str | None:
    if given:
        path = shutil.which(given)
        if not path:
            raise FileNotFoundError(f"{peer.name}: there is no program {given}")
        return os.path.abspath(path)
    search = os.pathsep.join(filter(None, (extra_path, os.environ.get("PATH", ""))))
    for name in peer.executables:
        if path := shutil.which(name, path=search):
            return path
    return None


def discover(paths: dict[str, str], extra_path: str = "") -> list[Contender]:
    """Every tier of every peer on this machine.

    `paths` gives programs by peer name; `name@label` adds a further build of that peer beside the others.
    """
    unknown = {key.split("@")[0] for key in paths} - BY_NAME.keys()
    if unknown:
        raise ValueError(f"no such peer: {', '.join(sorted(unknown))}; known: {', '.join(BY_NAME)}")
    found: list[Contender] = []
    for peer in PEERS:
        builds = [("", paths.get(peer.name))]
        labelled = [(key.split("@")[1], value) for key, value in paths.items() if key.startswith(peer.name + "@")]
        if labelled and peer.name not in paths:
            builds = []
        for label, given in [*builds, *labelled]:
            exe = _executable(peer, given, extra_path)
            if not exe:
                continue
            version = capture(expand(peer.version, {"exe": exe}, {})) if peer.version else ""
            for tier in peer.tiers:
                helper = tier.compile[0] if tier.compile else "{exe}"
                if helper != "{exe}" and not shutil.which(helper, path=os.pathsep.join((extra_path, os.environ.get("PATH", "")))):
                    continue
                found.append(Contender(peer, tier, exe, label, version))
    return found


def select(found: Sequence[Contender], wanted: str) -> list[Contender]:
    """Those of `found` that a comma list names: `all`, `peer`, `peer:tier`, `peer:*`, `kind=interpreter`."""
    chosen: list[Contender] = []
    for word in (w.strip() for w in wanted.split(",")):
        if not word:
            continue
        if word == "all":
            hits = list(found)
        elif word.startswith("kind="):
            hits = [c for c in found if c.tier.kind == word[5:]]
        elif word.endswith(":*"):
            hits = [c for c in found if c.ident.split(":")[0] == word[:-2]]
        else:
            hits = [c for c in found if c.ident == word]
        if not hits and word != NATIVE:
            raise ValueError(f"no peer “{word}” on this machine; there are: {', '.join(c.ident for c in found)}")
        chosen += [c for c in hits if c not in chosen]
    return chosen


def only_working(found: Sequence[Contender], probe: Path, ran) -> tuple[list[Contender], dict[str, str]]:
    """Splits the contenders into those that run the do-nothing program and reasons why others cannot."""
    working, missing = [], {}
    for contender in found:
        if not contender.peer.run or contender.tier.kind == "ahead":
            working.append(contender)
            continue
        done = ran(contender.run(probe))
        if done.ok:
            working.append(contender)
        else:
            missing[contender.ident] = done.complaint()
    return working, missing


