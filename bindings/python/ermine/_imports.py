"""Imports and exports by name."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _ermine
from ._errors import Trap, WasmError
from ._types import Extern, FuncType, ImportType
from ._wasi import WasiConfig

if TYPE_CHECKING:
    from ._ermine import Engine, Func, Instance, Module, Store


class Exports:
    """The exports of an instance: `exports["name"]` or, for names of Python, `exports.name`. (It is no `Mapping`, whose
    methods would hide exports of their names.)"""

    __slots__ = ("_items",)

    def __init__(self, items: Dict[str, Extern]) -> None:
        self._items = items

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._items[name]
        except KeyError:
            raise AttributeError(f"the instance has no export {name!r}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *self._items]


def read_module(path: Union[str, os.PathLike[str]]) -> Union[bytes, str]:
    """The bytes of a module, or its text."""
    with open(path, "rb") as file:
        content = file.read()
    return content if content.startswith(b"\0asm") else content.decode()


def _item(store: Store, wanted: ImportType, given: Any) -> Extern:
    if callable(given) and not isinstance(given, _ermine.Func):
        if not isinstance(wanted.type, FuncType):
            raise WasmError(f"the import {wanted.module}.{wanted.name} is no function: {wanted.type}")
        return _ermine.Func(store, wanted.type, given)
    item: Extern = given
    return item


def resolve(store: Store, wanted: Sequence[ImportType], given: Any) -> List[Extern]:
    """The items for a module's imports: from a sequence in its order, or from a mapping by module and name. A callable
    becomes a function of the type that the module wants."""
    if isinstance(given, Mapping):
        items = []
        for i in wanted:
            try:
                items.append(_item(store, i, given[i.module][i.name]))
            except KeyError:
                raise WasmError(f"nothing was given for the import {i.module}.{i.name}: {i.type}") from None
        return items
    given = list(given)
    if len(given) != len(wanted):
        raise WasmError(f"the module has {len(wanted)} imports, and {len(given)} items were given")
    return [_item(store, i, item) for i, item in zip(wanted, given)]


class _Definition(NamedTuple):
    callable: Callable[..., Any]
    type: Optional[FuncType]
    access_caller: bool


class Linker:
    """Imports by name. Functions of Python, and WASI, are for instances in any store of the engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.allow_shadowing = False
        self._items: Dict[Tuple[str, str], Any] = {}
        self._wasi: Optional[_ermine._Wasi] = None
        self._unknown_as_traps = False

    def _define(self, module: str, name: str, item: Any) -> None:
        if not self.allow_shadowing and (module, name) in self._items:
            raise WasmError(f"{module}.{name} is defined already")
        self._items[module, name] = item

    def define(self, module: str, name: str, item: Extern) -> None:
        """Defines an item of a store, for instances in that store."""
        self._define(module, name, item)

    def define_func(self, module: str, name: str, func: Callable[..., Any], type: Optional[FuncType] = None, *,
                    access_caller: bool = False) -> None:
        """Defines a function of Python; without `type`, of that which the importing module wants. With `access_caller`,
        it gets a `Caller` first."""
        if not callable(func):
            raise TypeError("expected a callable")
        self._define(module, name, _Definition(func, type, access_caller))

    def define_instance(self, module: str, instance: Instance) -> None:
        """Defines all exports of an instance."""
        for name in instance.exports:
            self._define(module, name, instance.exports[name])

    def define_module(self, store: Store, name: str, module: Module) -> None:
        """Instantiates a module with the imports that are defined here, calls its function _initialize, if it has one, and
        defines its exports under the name, for instances in that store."""
        instance = self.instantiate(store, module)
        initialize = instance.exports["_initialize"] if "_initialize" in instance.exports else None
        if isinstance(initialize, _ermine.Func) and initialize.type == FuncType():
            initialize()
        self.define_instance(name, instance)

    def define_wasi(self, config: Optional[WasiConfig] = None) -> None:
        """Defines the functions of WASI preview 1, for one program. Whatever the configuration grants is opened now."""
        self._wasi = _ermine._Wasi(self.engine, config if config is not None else WasiConfig())

    def define_unknown_imports_as_traps(self) -> None:
        """Functions that nothing defines trap when they are called."""
        self._unknown_as_traps = True

    def _find(self, store: Store, wanted: ImportType) -> Extern:
        module, name = wanted.module, wanted.name
        found = self._items.get((module, name))
        if isinstance(found, _Definition):
            type = found.type if found.type is not None else wanted.type
            if not isinstance(type, FuncType):
                raise WasmError(f"the import {module}.{name} is no function: {type}")
            return _ermine.Func(store, type, found.callable, found.access_caller)
        if found is None and self._wasi is not None:
            found = self._wasi.get(store, module, name)
        if found is None and self._unknown_as_traps and isinstance(wanted.type, FuncType):

            def trap(*_: Any) -> None:
                raise Trap(f"the import {module}.{name} is not defined")

            return _ermine.Func(store, wanted.type, trap)
        if found is None:
            raise WasmError(f"nothing defines the import {module}.{name}: {wanted.type}")
        return found

    def instantiate(self, store: Store, module: Module) -> Instance:
        """An instance with the imports that are defined here."""
        return _ermine.Instance(store, module, [self._find(store, i) for i in module.imports])
