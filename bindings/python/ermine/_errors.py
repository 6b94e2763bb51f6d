"""The exceptions of the package."""
from __future__ import annotations

import dataclasses
import enum
import re
from typing import TYPE_CHECKING, Any, Optional, Tuple

from . import _ermine

if TYPE_CHECKING:
    from ._ermine import Ref, Tag


class ErrorKind(enum.IntEnum):
    """What kind of error ended a call."""

    MALFORMED = 0
    INVALID = 1
    UNSUPPORTED = 2
    LINK = 3
    TRAP = 4
    EXCEPTION = 5
    LIMIT = 6
    EXIT = 7
    IO = 8
    USAGE = 9


if TYPE_CHECKING:
    # Its members are those of the engine's table of traps.
    class _TrapCodes(enum.EnumMeta):
        def __getattr__(cls, name: str) -> TrapCode: ...

    class TrapCode(enum.IntEnum, metaclass=_TrapCodes):
        NONE = 0
else:
    TrapCode = enum.IntEnum("TrapCode", {
        "NONE": 0, **{re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[1:]).upper(): code for name, code in _ermine._trap_codes.items()}})
    TrapCode.__doc__ = "Why WebAssembly trapped: UNREACHABLE, MEMORY_OUT_OF_BOUNDS and so on."


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame of WebAssembly in a backtrace; offsets in bytes."""

    module_name: str
    func_name: str
    func_index: int
    func_offset: int
    module_offset: int

    def __str__(self) -> str:
        return f"{self.module_offset:#x} - {self.module_name or '<module>'}!{self.func_name or f'<function {self.func_index}>'}"


class ErmineError(Exception):
    """The base of the package's exceptions."""


class WasmError(ErmineError):
    """A module, import, type or value that does not fit."""


class Trap(ErmineError):
    """What ended a call. A function of Python may raise it as well, which traps."""

    def __init__(self, message: str, kind: int = ErrorKind.TRAP, code: int = 0, frames: Tuple[Frame, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.kind = ErrorKind(kind)
        self.trap_code = TrapCode(code)
        self.frames = tuple(frames)
        """The backtrace; the innermost frame first."""

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {i}: {frame}" for i, frame in enumerate(self.frames))])


class ExitTrap(Trap):
    """The program has ended itself, with the status `code`."""

    def __init__(self, code: int, message: str = "", frames: Tuple[Frame, ...] = ()) -> None:
        super().__init__(message or f"the program exited with status {code}", ErrorKind.EXIT, 0, frames)
        self.code = code


class WasmException(Trap):
    """An exception of WebAssembly that was not caught. A function of Python that raises it throws it."""

    def __init__(self, tag: Optional[Tag], *payload: Any) -> None:
        super().__init__("uncaught exception", ErrorKind.EXCEPTION, 0, ())
        self.tag = tag
        self.payload = payload
        self._ref: Optional[Ref] = None


def _raise_interrupted() -> None:
    raise Trap("interrupted", ErrorKind.TRAP, TrapCode.INTERRUPTED)
