"""Ctrl-C while WebAssembly runs on the main thread."""
from __future__ import annotations

import os
import threading
from typing import Optional

from . import _ermine

_pipe: Optional[int] = None


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        _ermine._interrupt_main()


def _after_fork() -> None:
    # The thread is the parent's, and so is the pipe's other end.
    global _pipe
    _pipe = None
    _ermine._set_main_thread()


def enable_keyboard_interrupt() -> bool:
    """From now on, SIGINT ends the call that runs on the main thread, which raises KeyboardInterrupt (or whatever
    Python's handler raises). Call it on the main thread, and again after `signal.signal(SIGINT, …)`. False: SIGINT is
    ignored, or has its default action."""
    global _pipe
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("signals are handled on the main thread")
    _ermine._set_main_thread()
    if _pipe is None:
        reader, _pipe = os.pipe()
        os.set_blocking(_pipe, False)
        threading.Thread(target=_watch, args=(reader,), name="ermine-signals", daemon=True).start()
        os.register_at_fork(after_in_child=_after_fork)
    return _ermine._install_sigint(_pipe)
