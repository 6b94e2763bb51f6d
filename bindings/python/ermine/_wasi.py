"""What a program of WASI preview 1 is granted."""
from __future__ import annotations

import os
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple, Union


class WasiConfig:
    """Grants of a program: nothing but what is named here."""

    def __init__(self, argv: Iterable[str] = (), env: Optional[Mapping[str, str]] = None) -> None:
        self.argv: List[str] = list(argv)
        """The first is the program's name."""
        self.env: List[Tuple[str, str]] = list((env or {}).items())
        self.max_open_files: Optional[int] = None
        self.max_written_bytes: Optional[int] = None
        self._inherit_env = False
        self._inherit_stdio = False
        self._directories: List[Tuple[str, str, bool]] = []
        self._listeners: List[str] = []
        self._streams: Dict[int, int] = {}
        self._owned: List[Any] = []

    def inherit_env(self) -> None:
        self._inherit_env = True

    def inherit_stdio(self) -> None:
        self._inherit_stdio = True

    def preopen_dir(self, host_path: Union[str, os.PathLike[str]], guest_path: str, *, read_only: bool = False) -> None:
        """Grants a directory and what is below it."""
        self._directories.append((os.fspath(host_path), guest_path, read_only))

    def listen(self, address: str) -> None:
        """Grants a listening socket on "host:port", which the program has from its start; components may listen there."""
        self._listeners.append(address)

    def _stream(self, number: int, source: Any) -> None:
        # A descriptor of its own, so that closing the other does no harm.
        owned = os.fdopen(os.dup(source if isinstance(source, int) else source.fileno()), "rb", buffering=0)
        self._owned.append(owned)
        self._streams[number] = owned.fileno()

    def set_stdin(self, source: Any) -> None:
        """A descriptor, an object that has one (`fileno()`), or bytes."""
        if isinstance(source, (bytes, bytearray, memoryview)):
            descriptor = os.memfd_create("stdin")
            try:
                view = memoryview(source)
                while view:
                    view = view[os.write(descriptor, view):]
                os.lseek(descriptor, 0, os.SEEK_SET)
                self._stream(0, descriptor)
            finally:
                os.close(descriptor)
        else:
            self._stream(0, source)

    def set_stdout(self, target: Any) -> None:
        """A descriptor, or an object that has one."""
        self._stream(1, target)

    def set_stderr(self, target: Any) -> None:
        """A descriptor, or an object that has one."""
        self._stream(2, target)

    def capture_output(self) -> None:
        """Standard output and error go to memory: `stdout` and `stderr` of this object."""
        for number in (1, 2):
            descriptor = os.memfd_create("output")
            try:
                self._stream(number, descriptor)
            finally:
                os.close(descriptor)

    def _captured(self, number: int) -> bytes:
        descriptor = self._streams[number]
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)

    @property
    def stdout(self) -> bytes:
        """What was captured so far."""
        return self._captured(1)

    @property
    def stderr(self) -> bytes:
        """What was captured so far."""
        return self._captured(2)

    def _descriptors(self) -> Optional[List[int]]:
        if not self._streams:
            return None
        if len(self._streams) < 3 and not self._inherit_stdio:
            with open(os.devnull, "r+b", buffering=0) as null:
                for number in {0, 1, 2} - set(self._streams):
                    self._stream(number, null)
        return [self._streams.get(number, number) for number in range(3)]
