"""Calls that leave time to the event loop."""
from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, Tuple

from . import _ermine
from ._ermine import Execution
from ._errors import ErrorKind, Trap, TrapCode

if TYPE_CHECKING:
    from ._ermine import Func, Store


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


# ---- Components: the store's event loop runs within Python's, whenever its descriptor is readable.


class _Driver:
    """What runs the calls of one store in one event loop, while there are any."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self.store, self.loop = store, loop
        self.calls: Dict[_ermine._ComponentCall, asyncio.Future[None]] = {}
        self.users = 0
        self.failures: Dict[str, BaseException] = {}
        self.descriptor = _ermine._event_fd(store)
        loop.add_reader(self.descriptor, self.run)

    def run(self) -> None:
        if self.store.closed:
            ran = False
        else:
            # Tasks of others wait as long as one task of WebAssembly runs, not longer.
            ran = _ermine._run_some(self.store)
        for call, future in self.calls.items():
            if (self.store.closed or call.done) and not future.done():
                future.set_result(None)
        if ran:
            self.loop.call_soon(self.run)

    def __enter__(self) -> _Driver:
        self.users += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.users -= 1
        if self.users == 0:
            del _drivers[id(self.store), self.loop]
            self.loop.remove_reader(self.descriptor)


_drivers: Dict[Tuple[int, asyncio.AbstractEventLoop], _Driver] = {}


def _driver(store: Store) -> _Driver:
    """Runs the store's event loop within Python's, as long as it is used (`with`)."""
    loop = asyncio.get_running_loop()
    key = (id(store), loop)
    if key not in _drivers:
        _drivers[key] = _Driver(store, loop)
    return _drivers[key]


async def call_component(func: _ermine._ComponentFunc, *args: Any) -> Any:
    """Begins a call, and waits until it is over; others run meanwhile. Cancelling the task asks the component to end the
    call."""
    store = func.store
    with _driver(store) as driver:
        call = func._begin(*args)
        driver.calls[call] = driver.loop.create_future()
        driver.loop.call_soon(driver.run)
        try:
            await driver.calls[call]
            return call.take()
        except Trap as trap:
            for message in list(driver.failures):
                if message in trap.message:
                    raise driver.failures.pop(message) from trap
            raise
        except asyncio.CancelledError:
            if not store.closed:
                call.cancel()
                driver.run()
            raise
        finally:
            del driver.calls[call]


async def run_operation(end: _ermine._End, operation: Callable[[Callable[[str, Any], None]], None]) -> Tuple[str, Any]:
    """Begins an operation of a stream or future, and waits for its outcome. Cancelling the task ends it."""
    with _driver(end.store) as driver:
        future: asyncio.Future[Tuple[str, Any]] = driver.loop.create_future()

        def done(result: str, value: Any) -> None:
            if not future.done():
                future.set_result((result, value))

        operation(done)
        driver.loop.call_soon(driver.run)
        try:
            return await future
        except asyncio.CancelledError:
            if not end.closed and not end.is_over:
                end.cancel()
            raise


_tasks: set[asyncio.Task[None]] = set()


def answer(reply: _ermine._Reply, coroutine: Coroutine[Any, Any, Any], waits: bool) -> None:
    """Answers a call of a component with the result of a coroutine."""
    try:
        loop = None if waits else asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if loop is None:
        coroutine.close()
        raise RuntimeError("a host function that is a coroutine must be called by call_async()")
    task = loop.create_task(_answer(reply, coroutine))
    # The loop itself keeps only weak references.
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    reply.on_cancel(task.cancel)


async def _answer(reply: _ermine._Reply, coroutine: Coroutine[Any, Any, Any]) -> None:
    from ._component_values import Err

    try:
        try:
            reply.complete(await coroutine)
        except Err as error:
            reply.complete(error)
    except asyncio.CancelledError:
        if not reply.cancel_requested:
            reply.fail("the host function was cancelled")
            raise
        reply.cancelled()
    except Exception as error:
        message = f"{type(error).__name__}: {error} (task {id(error):#x})"
        for driver in _drivers.values():
            if driver.loop is asyncio.get_running_loop():
                driver.failures[message] = error
        reply.fail(message)
