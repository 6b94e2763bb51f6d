"""WebAssembly by the engine Ermine.

An `Engine` compiles a `Module`; a `Store` holds what runs: an `Instance` and its `Func`, `Memory`, `Global` and `Table`
exports. A `Linker` knows imports by name, WASI as well. What ends a call raises `Trap`, `ExitTrap`, `WasmException`, or
the exception that a function of Python has raised in it.

An engine and its modules may be used by all threads. A store, and whatever was made with it, is used by one thread at a
time: another use raises RuntimeError. The GIL is released while WebAssembly runs.
"""
from ._config import Config
from ._ermine import (Caller, Engine, Execution, Func, Global, Instance, InterruptHandle, Memory, Module, Ref, Store, Table, Tag,
                      version as __version__, wat2wasm)
from ._errors import ErmineError, ErrorKind, ExitTrap, Frame, Trap, TrapCode, WasmError, WasmException
from ._imports import Exports, Linker
from ._signals import enable_keyboard_interrupt
from ._types import (ExportType, Extern, ExternType, FuncType, GlobalType, ImportType, Limits, MemoryType, TableType, TagType, ValType)
from ._wasi import WasiConfig

__all__ = [
    "Caller", "Config", "Engine", "ErmineError", "ErrorKind", "Execution", "ExitTrap", "ExportType", "Exports", "Extern",
    "ExternType", "Frame", "Func", "FuncType", "Global", "GlobalType", "ImportType", "Instance", "InterruptHandle", "Limits",
    "Linker", "Memory", "MemoryType", "Module", "Ref", "Store", "Table", "TableType", "Tag", "TagType", "Trap", "TrapCode",
    "ValType", "WasiConfig", "WasmError", "WasmException", "enable_keyboard_interrupt", "wat2wasm",
]
