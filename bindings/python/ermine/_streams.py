"""Streams and futures between Python and components."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, AsyncIterator, Tuple

from . import _ermine
from ._asyncio import run_operation

if TYPE_CHECKING:
    from ._ermine import Resource, Store


class _Handle:
    """An end. It is closed when nothing refers to it, and empty after it was passed to a component."""

    def __init__(self, end: _ermine._End) -> None:
        self._end = end

    def close(self) -> None:
        """An operation that waits is cancelled."""
        self._end.close()

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be copied."""
        return self._end.is_over


class StreamReader(_Handle):
    """The end of a stream that is read: `async for part in reader`."""

    @staticmethod
    def of(resource: Resource) -> StreamReader:
        """The stream that a component has given."""
        return StreamReader(_ermine._take_end(resource))

    async def read(self, most: int = 65536) -> Any:
        """The next elements, at most `most`: bytes of a stream of u8, otherwise a list. Empty at the end."""
        if self.is_over:
            return b""
        return (await run_operation(self._end, lambda done: self._end.read(most, done)))[1] or b""

    async def read_all(self) -> Any:
        """All elements until the end."""
        parts = [part async for part in self]
        return b"".join(parts) if all(isinstance(part, bytes) for part in parts) else [element for part in parts for element in part]

    async def __aiter__(self) -> AsyncIterator[Any]:
        while part := await self.read():
            yield part


class StreamWriter(_Handle):
    """The end of a stream that is written."""

    async def write(self, elements: Any) -> int:
        """Writes bytes, or a list of elements: how many the reader took, which are fewer only if it is gone."""
        return int((await run_operation(self._end, lambda done: self._end.write(elements, done)))[1])


class FutureReader(_Handle):
    """The end of a future that is read."""

    @staticmethod
    def of(resource: Resource) -> FutureReader:
        """The future that a component has given."""
        return FutureReader(_ermine._take_end(resource))

    async def read(self) -> Any:
        """The value; EOFError if the other end was closed without one."""
        result, value = await run_operation(self._end, lambda done: self._end.read(1, done))
        if result != "completed":
            raise EOFError("the future has no value")
        return value


class FutureWriter(_Handle):
    """The end of a future that is written, once, before it is closed."""

    async def write(self, value: Any) -> None:
        """Returns when the reader has the value, or is gone."""
        await run_operation(self._end, lambda done: self._end.write(value, done))


def stream(store: Store, element: str = "u8") -> Tuple[StreamWriter, StreamReader]:
    """A new stream of elements of this type of WIT."""
    writer, reader = _ermine._new_ends(store, element, False)
    return StreamWriter(writer), StreamReader(reader)


def future(store: Store, value: str) -> Tuple[FutureWriter, FutureReader]:
    """A new future of a value of this type of WIT."""
    writer, reader = _ermine._new_ends(store, value, True)
    return FutureWriter(writer), FutureReader(reader)
