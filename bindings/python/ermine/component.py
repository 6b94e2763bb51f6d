"""Components: modules with typed interfaces (the component model).

    engine = ermine.Engine()
    linker = component.Linker(engine)
    with linker.root() as root:
        root.add_func("log", print)
    instance = linker.instantiate(ermine.Store(engine), component.Component(engine, source))
    print(instance.exports.greet("Ada"))

Values are those of Python: int, float, bool and str; bytes for list<u8>, list and tuple otherwise; dict for map; None or
the value for an option; the names of enumerations and of flags as str and set. Records have their fields as attributes;
dictionaries are taken as well. `Variant`, and `Ok` and `Err` of results within values, are classes of this module. A
function whose result is a result<…> returns its value, and raises `Err`. Streams and futures that a component gives are
`Resource`: `StreamReader.of`; those of Python are made by `stream` and `future`, whose reading ends can be passed.
"""
from __future__ import annotations

import dataclasses
import os
import types
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

from . import _ermine
from ._component_values import Err, Ok, Record, Some, Variant
from ._errors import WasmError
from ._ermine import Engine, Resource, Store
from ._imports import read_module
from ._streams import FutureReader, FutureWriter, StreamReader, StreamWriter, future, stream
from ._wasi import WasiConfig

__all__ = ["Component", "Err", "ExportIndex", "Func", "FutureReader", "FutureWriter", "Instance", "Item", "Linker", "LinkerInstance",
           "Ok", "Record", "Resource", "Some", "StreamReader", "StreamWriter", "Variant", "future", "stream"]

Func = _ermine._ComponentFunc


@dataclasses.dataclass(frozen=True)
class Item:
    """Something that a component imports or exports."""

    kind: str
    """func, type, resource, instance, component, module or value"""
    interface: str
    """The instance that it is in; "": the component itself."""
    name: str
    type: str
    """In WIT: "func(a: u32) -> string"."""


class Component:
    """A compiled component; from the binary form (bytes) or text (str). For any number of stores and threads."""

    def __init__(self, engine: Engine, source: Union[bytes, bytearray, memoryview, str]) -> None:
        self._component = _ermine._Component(engine, source if isinstance(source, str) else bytes(source))
        self.imports: Tuple[Item, ...] = tuple(Item(*item) for item in self._component._imports())
        self.exports: Tuple[Item, ...] = tuple(Item(*item) for item in self._component._exports())

    @staticmethod
    def from_file(engine: Engine, path: Union[str, os.PathLike[str]]) -> Component:
        return Component(engine, read_module(path))

    @property
    def engine(self) -> Engine:
        return self._component.engine


def _compatible(name: str, other: str) -> bool:
    """Whether names of instances differ only in versions that are compatible by Semantic Versioning."""
    base, _, version = name.partition("@")
    other_base, _, other_version = other.partition("@")
    if base != other_base or not version or not other_version or "-" in version + other_version:
        return name == other
    numbers, others = version.split("+")[0].split("."), other_version.split("+")[0].split(".")
    significant = next((i + 1 for i, n in enumerate(numbers) if n != "0"), len(numbers))
    return numbers[:significant] == others[:significant]


class ExportIndex:
    """The exported functions of an instance, or of an instance that it exports: `exports.name`, `exports["name"]`, and
    `exports["a:b/c"].name`. In names of Python, "_" stands for "-"."""

    def __init__(self, instance: Instance, interface: str = "") -> None:
        self._instance, self._interface = instance, interface

    def _names(self) -> List[str]:
        return list(dict.fromkeys(i.name for i in self._instance.component.exports if i.interface == self._interface and i.kind == "func"))

    def _interfaces(self) -> List[str]:
        return [] if self._interface else list(dict.fromkeys(i.interface for i in self._instance.component.exports if i.interface))

    def __getitem__(self, name: str) -> Any:
        func = self._instance.get_func(name, self._interface)
        if func is not None:
            return func
        for interface in sorted(self._interfaces(), reverse=True):
            if name == interface or _compatible(name, interface) or name == interface.partition("@")[0]:
                return ExportIndex(self._instance, interface)
        raise KeyError(name)

    def __getattr__(self, name: str) -> Any:
        for known in self._names():
            if known.replace("-", "_") == name:
                return self[known]
        raise AttributeError(f"the component exports no function {name!r}")

    def __iter__(self) -> Iterator[str]:
        return iter([*self._names(), *self._interfaces()])

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *(name.replace("-", "_") for name in self._names())]


class Instance:
    """An instance of a component in a store. (Made by `Linker.instantiate`.)"""

    def __init__(self, instance: _ermine._ComponentInstance, component: Component) -> None:
        self._instance = instance
        self.component = component

    @property
    def store(self) -> Store:
        return self._instance.store

    @property
    def exports(self) -> ExportIndex:
        return ExportIndex(self)

    def get_func(self, name: str, interface: str = "") -> Optional[Func]:
        """An exported function: of the component itself, or of an instance that it exports."""
        return self._instance.get_func(interface, name)


class LinkerInstance:
    """What a component imports from one instance, or by itself (`Linker.root`)."""

    def __init__(self, linker: Linker, name: str) -> None:
        self._linker, self._name = linker, name

    def __enter__(self) -> LinkerInstance:
        return self

    def __exit__(self, type: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[types.TracebackType]) -> None:
        pass

    def add_instance(self, name: str) -> LinkerInstance:
        """Imports from an instance: "a:b/c@1.0.0". An import finds its name, or a compatible version."""
        if self._name:
            raise WasmError("an instance that is imported from another one is not supported")
        return LinkerInstance(self._linker, name)

    def add_func(self, name: str, func: Callable[..., Any]) -> None:
        """A function of Python; its type is that of the import. If that is async, it may be a coroutine function, which
        needs `call_async`. Methods of resources have names as in WIT: "[method]counter.next"."""
        if not callable(func):
            raise TypeError("expected a callable")
        self._linker._define(self._name, name, func)

    def add_resource(self, name: str, type: type, destructor: Optional[Callable[[Any], Any]] = None) -> None:
        """A resource type whose resources are objects of a class of Python. The destructor is called with an object when
        a component drops it."""
        self._linker._define(self._name, name, _ResourceType(type, destructor))


class _ResourceType:
    def __init__(self, type: type, destructor: Optional[Callable[[Any], Any]]) -> None:
        self.type, self.destructor = type, destructor


class Linker:
    """What components import, by name. Definitions are for instances in any store of the engine, except instances."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.allow_shadowing = False
        self._definitions: Dict[Tuple[str, str], Any] = {}
        self._instances: Dict[str, Instance] = {}
        self._wasi: Optional[WasiConfig] = None
        self._unknown_as_traps = False

    def root(self) -> LinkerInstance:
        """What a component imports by itself, and the way to instances."""
        return LinkerInstance(self, "")

    def _define(self, instance: str, name: str, item: Any) -> None:
        if not self.allow_shadowing and (instance, name) in self._definitions:
            raise WasmError(f"{instance + '.' if instance else ''}{name} is defined already")
        self._definitions[instance, name] = item

    def define_instance(self, name: str, instance: Instance) -> None:
        """All exports of an instance, for instances in its store."""
        if not self.allow_shadowing and name in self._instances:
            raise WasmError(f"{name} is defined already")
        self._instances[name] = instance

    def define_wasi(self, config: Optional[WasiConfig] = None) -> None:
        """WASI 0.2 and 0.3. Each instance is a program of its own with these grants."""
        self._wasi = config if config is not None else WasiConfig()

    def define_unknown_imports_as_traps(self) -> None:
        """Functions that nothing defines trap when they are called."""
        self._unknown_as_traps = True

    def _find(self, item: Item) -> Any:
        found = self._definitions.get((item.interface, item.name))
        if found is None and "@" in item.interface:
            versions = [i for i, name in self._definitions if name == item.name and _compatible(item.interface, i)]
            if versions:
                found = self._definitions[max(versions, key=_version), item.name]
        return found

    def instantiate(self, store: Store, component: Component) -> Instance:
        """An instance with the imports that are defined here."""
        funcs: List[Any] = []
        resources: List[Any] = []
        names: Dict[str, Dict[str, str]] = {}
        for item in component.imports:
            if item.kind == "type":
                names.setdefault(item.interface, {})[item.name] = item.type
        for item in component.imports:
            found = self._find(item)
            if isinstance(found, _ResourceType):
                resources.append((item.interface, item.name, found.type, found.destructor))
            elif found is not None and item.kind == "func":
                funcs.append((item.interface, item.name, found, item.type, {**names.get("", {}), **names.get(item.interface, {})}))
        instances = [(name, instance._instance) for name, instance in self._instances.items()]
        made = _ermine._instantiate_component(store, component._component, funcs, resources, instances, self._wasi, self._unknown_as_traps)
        return Instance(made, component)


def _version(name: str) -> List[int]:
    return [int(n) if n.isdigit() else 0 for n in name.partition("@")[2].split("+")[0].split(".")]
