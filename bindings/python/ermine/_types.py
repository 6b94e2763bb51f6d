"""Types of WebAssembly as values that can be compared and printed."""
from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Dict, Iterable, Optional, Tuple, Union

if TYPE_CHECKING:
    from ._ermine import Func, Global, Memory, Table, Tag

    Extern = Union[Func, Global, Memory, Table, Tag]
else:
    Extern = "Extern"


class ValType:
    """The type of a value: `ValType.i32()` and so on."""

    __slots__ = ("_kind", "_name")
    _kind: int
    _name: str

    def __init__(self) -> None:
        raise TypeError("use ValType.i32() and its like")

    @staticmethod
    def i32() -> ValType:
        return _val_type(0)

    @staticmethod
    def i64() -> ValType:
        return _val_type(1)

    @staticmethod
    def f32() -> ValType:
        return _val_type(2)

    @staticmethod
    def f64() -> ValType:
        return _val_type(3)

    @staticmethod
    def externref() -> ValType:
        return _val_type(128)

    @staticmethod
    def funcref() -> ValType:
        return _val_type(129)

    @staticmethod
    def anyref() -> ValType:
        return _val_type(130)

    @staticmethod
    def exnref() -> ValType:
        return _val_type(131)

    def __repr__(self) -> str:
        return self._name


def _make(kind: int, name: str) -> ValType:
    made = object.__new__(ValType)
    made._kind, made._name = kind, name
    return made


_VAL_TYPES: Dict[int, ValType] = {kind: _make(kind, name) for kind, name in {
    0: "i32", 1: "i64", 2: "f32", 3: "f64", 4: "v128", 128: "externref", 129: "funcref", 130: "anyref", 131: "exnref",
    132: "(ref …)"}.items()}


def _val_type(kind: int) -> ValType:
    return _VAL_TYPES[kind]


@dataclasses.dataclass(frozen=True)
class FuncType:
    params: Tuple[ValType, ...]
    results: Tuple[ValType, ...]

    def __init__(self, params: Iterable[ValType] = (), results: Iterable[ValType] = ()) -> None:
        object.__setattr__(self, "params", tuple(params))
        object.__setattr__(self, "results", tuple(results))


@dataclasses.dataclass(frozen=True)
class Limits:
    """In pages or elements; no maximum: None."""

    min: int
    max: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class MemoryType:
    limits: Limits
    is_64: bool = False
    is_shared: bool = False
    page_size: int = 65536


@dataclasses.dataclass(frozen=True)
class TableType:
    element: ValType
    limits: Limits
    is_64: bool = False


@dataclasses.dataclass(frozen=True)
class GlobalType:
    content: ValType
    mutable: bool = False


@dataclasses.dataclass(frozen=True)
class TagType:
    func: FuncType


ExternType = Union[FuncType, MemoryType, TableType, GlobalType, TagType]


@dataclasses.dataclass(frozen=True)
class ImportType:
    module: str
    name: str
    type: ExternType


@dataclasses.dataclass(frozen=True)
class ExportType:
    name: str
    type: ExternType
