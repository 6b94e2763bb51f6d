#!/usr/bin/env python3
"""Drives Wasmtime's Python package (PyPI: wasmtime) for the suite `components`:
    bench/run --suite components --embedder 'wasmtime (library)=python3 bench/embed/wasmtime_components.py'
The harness calls it as WHAT FILE; it prints {"seconds": s} as ermine_embed_bench does. Calls are measured in batches within
the component, so Python's part does not count; an instance contains about 10 µs of it.
"""

import json
import sys
import time

from wasmtime import Engine, Store, component

CALLS = {"core-calls": (100000, 705082704), "calls": (100000, 705082704), "texts": (1000, 1097000), "lists": (100, 199900)}


def samples(once, seconds=1.0):
    once()
    taken, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken) < 3:
        start = time.perf_counter()
        once()
        taken.append(time.perf_counter() - start)
    return sorted(taken)


def main():
    what, file = sys.argv[1:]
    engine = Engine()
    with open(file, "rb") as f:
        compiled = component.Component(engine, f.read())
    linker = component.Linker(engine)
    if what == "component-instantiate":
        taken, calls = samples(lambda: linker.instantiate(Store(engine), compiled)), 1
    elif what in CALLS:
        calls, answer = CALLS[what]
        store = Store(engine)
        instance = linker.instantiate(store, compiled)
        func = instance.get_func(store, what)

        def once():
            if func(store, calls) != answer:
                sys.exit(f"wasmtime_components.py: error: {what} gave a wrong answer")
            func.post_return(store)

        taken = samples(once)
    else:
        sys.exit(f"wasmtime_components.py: error: there is no measurement {what}")
    print(json.dumps({"seconds": taken[len(taken) // 2] / calls, "count": len(taken) * calls}))


main()
