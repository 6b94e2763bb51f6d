"""The classes of the extension module."""
import os
from types import TracebackType
from typing import Any, Callable, Coroutine, Dict, List, Mapping, Optional, Sequence, Tuple, Type, Union

from ._config import Config
from ._imports import Exports
from ._types import ExportType, Extern, FuncType, GlobalType, ImportType, MemoryType, TableType, TagType
from ._wasi import WasiConfig

version: str
_trap_codes: Dict[str, int]

def wat2wasm(wat: str) -> bytes: ...
def _install_sigint(fd: int) -> bool: ...
def _set_main_thread() -> None: ...
def _interrupt_main() -> None: ...

class Engine:
    def __init__(self, config: Optional[Config] = None) -> None: ...

class InterruptHandle:
    def interrupt(self) -> None:
        """Ends the running call of the store, or its next one; from any thread."""

class Store:
    fuel: int
    """Units that are left; WasmError if the engine does not count fuel."""

    def __init__(self, engine: Optional[Engine] = None) -> None: ...
    def close(self) -> None:
        """Frees what the store holds; later uses of it raise ValueError. BufferError while views of its memories exist."""

    def __enter__(self) -> Store: ...
    def __exit__(self, type: Optional[Type[BaseException]], value: Optional[BaseException], traceback: Optional[TracebackType]) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def engine(self) -> Engine: ...
    def set_timeout(self, seconds: Optional[float]) -> None:
        """Code that still runs after this time traps, as do later calls; None: no limit."""

    def set_limits(self, *, memory_bytes: Optional[int] = None, instance_memory_bytes: Optional[int] = None,
                   total_memory_bytes: Optional[int] = None, table_elements: Optional[int] = None,
                   total_table_elements: Optional[int] = None, instances: Optional[int] = None, tables: Optional[int] = None,
                   memories: Optional[int] = None, gc_heap_bytes: Optional[int] = None) -> None:
        """For what is made or grown later; None: the default."""

    def gc(self) -> None:
        """Collects garbage of WebAssembly now."""

    def interrupt_handle(self) -> InterruptHandle: ...
    def _keep(self, object: Any) -> None: ...

class Module:
    def __init__(self, engine: Engine, source: Union[bytes, bytearray, memoryview, str]) -> None:
        """Compiles a binary, or text (str)."""

    @staticmethod
    def from_file(engine: Engine, path: Union[str, os.PathLike[str]]) -> Module: ...
    @staticmethod
    def deserialize(engine: Engine, encoded: Union[bytes, bytearray]) -> Module: ...
    @staticmethod
    def validate(engine: Engine, source: Union[bytes, bytearray, memoryview, str]) -> None:
        """WasmError if it is not valid."""

    def serialize(self) -> bytes: ...
    def compile_functions(self) -> None:
        """Makes the code of all functions now, instead of each at its first calls."""

    @property
    def engine(self) -> Engine: ...
    @property
    def imports(self) -> Tuple[ImportType, ...]: ...
    @property
    def exports(self) -> Tuple[ExportType, ...]: ...

class Instance:
    def __init__(self, store: Store, module: Module,
                 imports: Union[Sequence[Extern], Mapping[str, Mapping[str, Union[Extern, Callable[..., Any]]]]] = ()) -> None:
        """Imports in the module's order, or by module and name; callables become functions."""

    @property
    def store(self) -> Store: ...
    @property
    def exports(self) -> Exports: ...

class Caller:
    """What a host function with access_caller gets first; valid during its call."""

    @property
    def store(self) -> Store: ...
    def get(self, name: str) -> Optional[Extern]:
        """An export of the calling instance."""

class Func:
    def __init__(self, store: Store, type: FuncType, callable: Callable[..., Any], access_caller: bool = False) -> None:
        """A host function. If it is a coroutine function, only calls by call_async() can call it: they wait for it."""

    def __call__(self, *args: Any) -> Any:
        """None, the result, or a tuple of results."""

    async def call_async(self, *args: Any, slice: float = 0.002) -> Any:
        """Calls in slices of so many seconds, between which other tasks run."""

    @property
    def store(self) -> Store: ...
    @property
    def type(self) -> FuncType: ...

class Memory:
    """Supports the buffer protocol, without copies: memoryview(memory). A view keeps the length that the memory had."""

    def __init__(self, store: Store, type: MemoryType) -> None: ...
    @property
    def store(self) -> Store: ...
    @property
    def type(self) -> MemoryType: ...
    @property
    def size(self) -> int:
        """Pages."""

    @property
    def data_len(self) -> int:
        """Bytes."""

    def grow(self, delta: int) -> int:
        """By pages; the size before."""

    def read(self, start: Optional[int] = None, stop: Optional[int] = None) -> bytearray:
        """A copy of a range, which is clipped as a slice."""

    def write(self, value: Union[bytes, bytearray, memoryview], start: int = 0) -> int:
        """The number of bytes; IndexError if they do not fit."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: Union[int, slice]) -> Any: ...
    def __setitem__(self, index: int, value: int) -> None: ...
    def __buffer__(self, flags: int) -> memoryview: ...

class Global:
    value: Any

    def __init__(self, store: Store, type: GlobalType, value: Any) -> None: ...
    @property
    def type(self) -> GlobalType: ...

class Table:
    def __init__(self, store: Store, type: TableType, init: Any = None) -> None: ...
    @property
    def type(self) -> TableType: ...
    @property
    def size(self) -> int: ...
    def grow(self, delta: int, init: Any = None) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Any: ...
    def __setitem__(self, index: int, value: Any) -> None: ...

class Tag:
    def __init__(self, store: Store, type: FuncType) -> None: ...
    @property
    def type(self) -> TagType: ...

class Ref:
    """An object of WebAssembly: int() of an i31, items of a structure or an array."""

    @property
    def kind(self) -> str: ...
    def __int__(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Any: ...
    def __setitem__(self, index: int, value: Any) -> None: ...

class Execution:
    """A call that can be suspended and continued."""

    def __init__(self, func: Func, *args: Any) -> None: ...
    def run(self, slice: Optional[float] = None) -> bool:
        """Starts or continues it. True: it has returned; False: it was suspended, after so many seconds, without fuel, or
        because a host function has returned a coroutine (`awaited`)."""

    def results(self) -> Any: ...
    def close(self) -> None: ...
    @property
    def awaited(self) -> Optional[Coroutine[Any, Any, Any]]:
        """What the call waits for: run() continues it after set_result() or set_exception()."""

    def set_result(self, value: Any) -> None: ...
    def set_exception(self, error: BaseException) -> None: ...
    @property
    def state(self) -> str:
        """"ready", "running", "out_of_fuel", "interrupted", "awaiting", "returned" or "failed"."""

class _Wasi:
    def __init__(self, engine: Engine, config: WasiConfig) -> None: ...
    def get(self, store: Store, module: str, name: str) -> Optional[Extern]: ...

class _Component:
    def __init__(self, engine: Engine, source: Union[bytes, str]) -> None: ...
    @property
    def engine(self) -> Engine: ...
    def _imports(self) -> List[Tuple[str, str, str, str]]: ...
    def _exports(self) -> List[Tuple[str, str, str, str]]: ...

class _ComponentInstance:
    @property
    def store(self) -> Store: ...
    def get_func(self, interface: str, name: str) -> Optional[_ComponentFunc]: ...

class _ComponentFunc:
    """An exported function of a component."""

    def __call__(self, *args: Any) -> Any:
        """Calls it; None if it has no result. A function whose type is async is waited for."""

    async def call_async(self, *args: Any) -> Any:
        """Calls it; other tasks run while it waits, and it may call coroutine functions of Python."""

    def _begin(self, *args: Any) -> _ComponentCall: ...
    @property
    def store(self) -> Store: ...
    @property
    def type(self) -> str:
        """In WIT: "func(name: string) -> string"."""

class _ComponentCall:
    @property
    def done(self) -> bool: ...
    def take(self) -> Any: ...
    def cancel(self) -> None: ...

class _Reply:
    @property
    def cancel_requested(self) -> bool: ...
    def complete(self, result: Any) -> None: ...
    def fail(self, message: str) -> None: ...
    def cancelled(self) -> None: ...
    def on_cancel(self, function: Callable[[], Any]) -> None: ...

class Resource:
    """A resource of a component, or another handle that it has given. An own is passed on once; a borrow is valid in the
    call of the host function that got it."""

    @property
    def store(self) -> Store: ...
    @property
    def owned(self) -> bool: ...
    def drop(self) -> None:
        """Ends the resource, as the end of a `with` does; otherwise it ends when nothing refers to it."""

    def __enter__(self) -> Resource: ...
    def __exit__(self, type: Optional[Type[BaseException]], value: Optional[BaseException], traceback: Optional[TracebackType]) -> None: ...

def _instantiate_component(store: Store, component: _Component, funcs: List[Any], resources: List[Any],
                           instances: List[Tuple[str, _ComponentInstance]], wasi: Optional[WasiConfig],
                           unknown_as_traps: bool) -> _ComponentInstance: ...
def _run_some(store: Store) -> bool: ...
def _event_fd(store: Store) -> int: ...
