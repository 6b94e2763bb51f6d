"""Values of components that Python has no type for."""
from __future__ import annotations

import dataclasses
from typing import Any, Dict, Iterator, Tuple


class Record:
    """A record: its fields are attributes, with "_" for "-" in their names."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the record has no field {name!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.__dict__ == other.__dict__

    def __iter__(self) -> Iterator[Tuple[str, Any]]:
        return iter(self.__dict__.items())

    def __repr__(self) -> str:
        return f"Record({', '.join(f'{name}={value!r}' for name, value in self)})"

    def as_dict(self) -> Dict[str, Any]:
        return dict(self.__dict__)


@dataclasses.dataclass(frozen=True)
class Variant:
    """A case of a variant, by the name that WIT has."""

    tag: str
    payload: Any = None


@dataclasses.dataclass(frozen=True)
class Some:
    """An option within an option that is there. (Otherwise options are None or the value.)"""

    value: Any = None


@dataclasses.dataclass(frozen=True)
class Ok:
    """A result. A function that has one returns its value, and raises the other, Err."""

    value: Any = None


class Err(Exception):
    """A result that is an error: raised by a function that has it."""

    def __init__(self, value: Any = None) -> None:
        super().__init__(value)
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Err) and self.value == other.value

    def __hash__(self) -> int:
        return hash(("Err", self.value))

    def __repr__(self) -> str:
        return f"Err({self.value!r})"
