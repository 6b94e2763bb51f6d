"""Calls that leave time to the event loop."""
from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._ermine import Execution
from ._errors import ErrorKind, Trap, TrapCode

if TYPE_CHECKING:
    from ._ermine import Func


async def call_async(func: Func, *args: Any, slice: float = 0.002) -> Any:
    """Calls in slices of this many seconds; other tasks run between them, and while the call waits for a coroutine that
    a host function has returned. Cancelling the task ends the call."""
    execution = Execution(func, *args)
    try:
        while not execution.run(slice):
            awaited = execution.awaited
            if awaited is not None:
                try:
                    execution.set_result(await awaited)
                except Exception as error:
                    execution.set_exception(error)
                continue
            if execution.state == "out_of_fuel":
                raise Trap("all fuel consumed by WebAssembly", ErrorKind.LIMIT, TrapCode.OUT_OF_FUEL)
            await asyncio.sleep(0)
        return execution.results()
    finally:
        execution.close()
