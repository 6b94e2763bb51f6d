"""The configuration of an engine."""
from __future__ import annotations

import dataclasses
from typing import Dict, Optional


@dataclasses.dataclass
class Config:
    """Options of an `Engine`; None means the engine's default."""

    consume_fuel: bool = False
    """Whether instructions cost fuel (`Store.fuel`)."""
    tier: Optional[str] = None
    """auto, baseline, interp: never make machine code, or optimized: by the plug-in libermine-llvm.so."""
    optimize: bool = False
    """With "auto": whether what runs for long is compiled again in the background, by that plug-in."""
    optimize_after: Optional[int] = None
    """The number of calls and of iterations of its loops after which a function is."""
    opt_level: Optional[int] = None
    """How much time the plug-in takes for a function: 0 to 2."""
    max_wasm_stack: Optional[int] = None
    """Bytes for the frames of a call."""
    max_gc_heap: Optional[int] = None
    """Bytes of garbage-collected objects in a store."""
    memory_reservation: Optional[int] = None
    """Bytes of address space for a memory that is not guarded."""
    verify_code: bool = False
    """Whether machine code is verified before it runs."""
    debug_info: bool = False
    """Whether gdb and lldb see the code."""
    features: Dict[str, bool] = dataclasses.field(default_factory=dict)
    """Proposals by name, as `ermine run --features help` lists them: on or off."""
