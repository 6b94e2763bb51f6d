"""Stores, modules, memories, limits, threads, asynchronous calls, WASI."""
import asyncio
import os
import signal
import socket
import threading
import time

import pytest

import ermine

LOOP = '(module (func (export "loop") (loop (br 0))) (func (export "f") (result i32) (i32.const 1)))'
MEMORY = '(module (memory (export "m") 1 4) (func (export "grow") (result i32) (memory.grow (i32.const 1))))'
COUNT = """(module (func (export "count") (param i64) (result i64) (local i64)
  (loop (local.set 1 (i64.add (local.get 1) (i64.const 1))) (br_if 0 (i64.lt_u (local.get 1) (local.get 0)))) (local.get 1)))"""


def make(store, wat, imports=()):
    return ermine.Instance(store, ermine.Module(store.engine, wat), imports).exports


def test_module(tmp_path):
    engine = ermine.Engine()
    module = ermine.Module(engine, '(module (import "a" "b" (func (param i32))) (memory (export "m") 1 2))')
    assert [(i.module, i.name) for i in module.imports] == [("a", "b")]
    assert module.exports[0].type == ermine.MemoryType(ermine.Limits(1, 2))
    again = ermine.Module.deserialize(engine, module.serialize())
    assert again.exports == module.exports
    again.compile_functions()
    (tmp_path / "m.wasm").write_bytes(module.serialize())
    assert ermine.Module.from_file(engine, tmp_path / "m.wasm").imports == module.imports
    ermine.Module.validate(engine, ermine.wat2wasm("(module)"))
    for bad in (b"\0asm", b"", "(module (func (result i32)))", "(nothing)"):
        with pytest.raises(ermine.WasmError):
            ermine.Module.validate(engine, bad)
        with pytest.raises(ermine.WasmError):
            ermine.Module(engine, bad)


def test_imports_that_do_not_fit():
    store = ermine.Store()
    module = ermine.Module(store.engine, '(module (import "a" "b" (func)))')
    other = ermine.Func(ermine.Store(store.engine), ermine.FuncType(), lambda: None)
    memory = ermine.Memory(store, ermine.MemoryType(ermine.Limits(1)))
    for imports in ((), {}, {"a": {}}, [other], [memory], [memory, memory]):
        with pytest.raises(ermine.WasmError):
            ermine.Instance(store, module, imports)
    for imports in ([1], [None]):
        with pytest.raises(TypeError):
            ermine.Instance(store, module, imports)
    with pytest.raises(ermine.WasmError):
        ermine.Instance(ermine.Store(), module, {"a": {"b": lambda: None}})


def test_memory():
    store = ermine.Store()
    e = make(store, MEMORY)
    view = memoryview(e.m)
    assert len(view) == 65536 and not view.readonly
    view[3] = 7
    assert e.m[3] == 7 and e.m.read(2, 5) == b"\0\7\0" and e.m[2:4] == b"\0\7"
    assert e.grow() == 1 and e.m.grow(1) == 2 and e.m.size == 3
    e.m[3] = 8
    assert view[3] == 8 and len(view) == 65536 and len(memoryview(e.m)) == 3 * 65536
    assert e.m.write(b"abc", -3) == 3 and e.m.read(-3) == b"abc"
    for start in (3 * 65536 - 2, -(10**9), 10**12):
        with pytest.raises(IndexError):
            e.m.write(b"abc", start)
    with pytest.raises(IndexError):
        e.m[3 * 65536]
    with pytest.raises(ermine.WasmError):
        e.m.grow(100)
    with pytest.raises(BufferError):
        store.close()
    view.release()
    store.close()
    for use in (lambda: memoryview(e.m), lambda: e.m.read(), lambda: e.grow(), lambda: e.m.size):
        with pytest.raises((ValueError, BufferError)):
            use()


def test_memory_that_may_move_has_no_views():
    memory = ermine.Memory(ermine.Store(), ermine.MemoryType(ermine.Limits(1), is_64=True))
    with pytest.raises(BufferError):
        memoryview(memory)
    assert memory.write(b"x") == 1 and memory.read(0, 1) == b"x"


def test_view_outlives_its_store():
    view = memoryview(make(ermine.Store(), MEMORY).m)
    view[0] = 1
    assert view[0] == 1


def test_closed_store():
    with ermine.Store() as store:
        e = make(store, LOOP)
        assert e.f() == 1
    assert store.closed
    store.close()
    for use in (e.f, store.gc, store.interrupt_handle, lambda: store.set_timeout(1), lambda: e.f.type,
                lambda: ermine.Func(store, ermine.FuncType(), print)):
        with pytest.raises(ValueError):
            use()


def test_closing_in_a_call():
    store = ermine.Store()
    e = make(store, '(module (import "" "f" (func $f)) (func (export "run") (call $f)))', {"": {"f": store.close}})
    with pytest.raises(ermine.ErmineError):
        e.run()


def test_fuel_and_limits():
    store = ermine.Store(ermine.Engine(ermine.Config(consume_fuel=True)))
    e = make(store, LOOP)
    store.fuel = 10000
    with pytest.raises(ermine.Trap) as caught:
        e.loop()
    assert caught.value.kind == ermine.ErrorKind.LIMIT or caught.value.trap_code == ermine.TrapCode.OUT_OF_FUEL
    assert store.fuel == 0
    with pytest.raises(ermine.WasmError):
        ermine.Store().fuel
    store.set_limits(memory_bytes=65536)
    with pytest.raises(ermine.ErmineError):
        ermine.Memory(store, ermine.MemoryType(ermine.Limits(2)))
    with pytest.raises(TypeError):
        store.set_limits(nothing=1)
    with pytest.raises(ermine.WasmError):
        ermine.Engine(ermine.Config(features={"nothing": True}))


def is_open(library):
    with open("/proc/self/maps") as maps:
        return library in maps.read()


# Without the plug-in, modules cannot be made, and the error says so.
@pytest.mark.skipif("ERMINE_TEST_PLUGINS" not in os.environ, reason="the plug-in is not built")
def test_optimised_code():
    with pytest.raises(ermine.WasmError):
        ermine.Engine(ermine.Config(tier="fastest"))
    with pytest.raises(ermine.WasmError):
        ermine.Engine(ermine.Config(tier="optimized", opt_level=3))
    # In the background, the plug-in is opened when something has run for long.
    e = make(ermine.Store(ermine.Engine(ermine.Config(optimize=True, optimize_after=1000, opt_level=1))), COUNT)
    assert not is_open("libermine-llvm.so")
    end = time.monotonic() + 60
    while not is_open("libermine-llvm.so") and time.monotonic() < end:
        assert e.count(100000) == 100000
    assert is_open("libermine-llvm.so")
    for level in range(3):
        e = make(ermine.Store(ermine.Engine(ermine.Config(tier="optimized", opt_level=level))), COUNT)
        assert e.count(1000) == 1000


def test_timeout_and_interrupt():
    store = ermine.Store()
    e = make(store, LOOP)
    store.set_timeout(0.02)
    with pytest.raises(ermine.Trap) as caught:
        e.loop()
    assert caught.value.trap_code == ermine.TrapCode.INTERRUPTED
    store.set_timeout(None)
    assert e.f() == 1
    handle = store.interrupt_handle()
    threading.Timer(0.05, handle.interrupt).start()
    with pytest.raises(ermine.Trap):
        e.loop()
    assert e.f() == 1


def test_store_of_another_thread():
    store = ermine.Store()
    e = make(store, LOOP)
    handle, ended = store.interrupt_handle(), []

    def run():
        with pytest.raises(ermine.Trap):
            e.loop()
        ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.05)  # the GIL is released
    for use in (e.f, store.gc, store.close, lambda: e.f.type):
        with pytest.raises((RuntimeError, ermine.ErmineError)):
            use()
    e = None  # what is dropped now is deleted later
    handle.interrupt()
    thread.join()
    assert ended


def test_keyboard_interrupt():
    assert ermine.enable_keyboard_interrupt()
    e = make(ermine.Store(), LOOP)
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        e.loop()
    assert e.f() == 1


def test_async():
    store = ermine.Store()
    e = make(store, COUNT)
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0)

    async def main():
        ticker = asyncio.create_task(tick())
        assert await asyncio.gather(e.count.call_async(20_000_000), e.count.call_async(10)) == [20_000_000, 10]
        ticker.cancel()

    asyncio.run(main())
    assert len(ticks) > 2
    assert e.count(5) == 5


def test_async_cancelled_and_timed_out():
    store = ermine.Store()
    e = make(store, LOOP)

    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(e.loop.call_async(), 0.05)
        store.set_timeout(0.05)
        with pytest.raises(ermine.Trap):
            await e.loop.call_async()
        store.set_timeout(None)

    asyncio.run(main())
    assert e.f() == 1


def test_python_inside_of_a_suspendable_call():
    store = ermine.Store()
    inner = make(store, COUNT)
    e = make(store, """(module (import "" "f" (func $f (param i64) (result i64)))
      (func (export "run") (result i64) (local i32 i64) (loop (local.set 1 (i64.add (local.get 1) (call $f (i64.const 3000000))))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20)))) (local.get 1)))""",
             {"": {"f": lambda n: inner.count(n)}})

    async def main():
        return await e.run.call_async(slice=0.001)

    assert asyncio.run(main()) == 60_000_000


WAITING = """(module (import "" "wait" (func $wait (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (i32.add (call $wait (local.get 0)) (call $wait (i32.const 1)))))"""


def test_host_functions_that_are_coroutines():
    store = ermine.Store()
    log = []

    async def wait(n):
        log.append(n)
        await asyncio.sleep(0.1 if n != 1 else 0)
        if n == 7:
            raise KeyError(n)
        return n * 10

    e = make(store, WAITING, {"": {"wait": wait}})

    async def main():
        # All wait at the same time, and the store is free meanwhile.
        start = time.monotonic()
        assert await asyncio.gather(*(e.run.call_async(n) for n in range(2, 6))) == [30, 40, 50, 60]
        assert time.monotonic() - start < 0.35
        assert sorted(log[:4]) == [2, 3, 4, 5] and log[4:] == [1, 1, 1, 1]
        with pytest.raises(KeyError):
            await e.run.call_async(7)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(e.run.call_async(8), 0.01)
        assert await e.run.call_async(2) == 30

    asyncio.run(main())
    with pytest.raises(RuntimeError, match="call_async"):
        e.run(2)
    with pytest.raises(ermine.Trap):
        store.set_timeout(0.02)
        asyncio.run(e.run.call_async(9))


def test_coroutine_within_python():
    """One of Python's frames lies between: such a call cannot wait."""
    store = ermine.Store()

    async def wait(n):
        return n

    inner = make(store, WAITING, {"": {"wait": wait}})
    outer = make(store, WAITING, {"": {"wait": lambda n: inner.run(n)}})
    with pytest.raises(RuntimeError, match="call_async"):
        asyncio.run(outer.run.call_async(1))


def test_coroutine_with_its_caller():
    store = ermine.Store()
    engine = store.engine
    kept = []

    async def wait(caller, n):
        await asyncio.sleep(0)
        kept.append(caller)
        return caller.get("m").read(n, n + 1)[0]

    linker = ermine.Linker(engine)
    linker.define_func("", "wait", wait, access_caller=True)
    e = linker.instantiate(store, ermine.Module(engine, WAITING[:-1] + '(memory (export "m") 1) (data (i32.const 1) "A0"))')).exports
    assert asyncio.run(e.run.call_async(2)) == ord("0") + ord("A")
    with pytest.raises(ermine.ErmineError):
        kept[0].get("m")


def test_execution_that_waits_is_dropped():
    store = ermine.Store()
    ended = []

    async def wait(n):
        try:
            await asyncio.sleep(0)
        finally:
            ended.append(n)

    e = make(store, WAITING, {"": {"wait": wait}})
    execution = ermine.Execution(e.run, 1)
    assert not execution.run() and execution.state == "awaiting"
    with pytest.raises(ermine.ErmineError):
        execution.run()
    with pytest.raises(ermine.ErmineError):
        ermine.Execution(e.run, 1).set_result(1)
    execution.awaited.send(None)
    execution.awaited.close()
    execution.set_exception(ValueError("x"))
    with pytest.raises(ValueError):
        execution.run()
    for drop in (lambda x: x.close(), lambda x: None, lambda x: store.close()):
        execution = ermine.Execution(e.run, 2)
        assert not execution.run()
        execution.awaited.close()
        drop(execution)
        del execution
        if not store.closed:
            with pytest.raises(RuntimeError):  # (not the error of the call that was dropped)
                e.run(1)
    assert ended == [1]


def test_coroutine_that_throws():
    store = ermine.Store()
    tag = ermine.Tag(store, ermine.FuncType([ermine.ValType.i32()]))

    async def wait():
        await asyncio.sleep(0)
        raise ermine.WasmException(tag, 5)

    e = make(store, """(module (import "" "t" (tag $t (param i32))) (import "" "wait" (func $wait))
      (func (export "run") (result i32) (block $h (result i32) (try_table (catch $t $h) (call $wait)) (i32.const 0))))""",
             {"": {"t": tag, "wait": wait}})
    assert asyncio.run(e.run.call_async()) == 5


def test_execution_out_of_fuel():
    store = ermine.Store(ermine.Engine(ermine.Config(consume_fuel=True)))
    e = make(store, COUNT)
    store.fuel = 100
    execution = ermine.Execution(e.count, 1000)
    assert execution.state == "ready" and not execution.run() and execution.state == "out_of_fuel"
    store.fuel = 100_000
    assert execution.run() and execution.results() == 1000
    execution.close()
    with pytest.raises(ermine.ErmineError):
        execution.run()


def test_linker_and_wasi(tmp_path):
    engine = ermine.Engine()
    module = ermine.Module(engine, r"""(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (import "env" "name" (func $name (param i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\06\00\00\00")
      (func (export "_start") (call $name (i32.const 16)) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $exit (i32.const 3))))""")
    linker = ermine.Linker(engine)
    config = ermine.WasiConfig(["program"], {"A": "b"})
    config.capture_output()
    config.preopen_dir(tmp_path, "/", read_only=True)
    linker.define_wasi(config)
    linker.define_func("env", "name", lambda caller, at: caller.get("memory").write(b"hello\n", at) and None, access_caller=True)
    with pytest.raises(ermine.WasmError):
        linker.define_func("env", "name", print)
    instance = linker.instantiate(ermine.Store(engine), module)
    with pytest.raises(ermine.ExitTrap) as caught:
        instance.exports._start()
    assert caught.value.code == 3 and config.stdout == b"hello\n"


def test_wasi_listens():
    engine = ermine.Engine()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    module = ermine.Module(engine, """(module
      (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (result i32 i32) (call $accept (i32.const 3) (i32.const 0) (i32.const 0))
        (call $shutdown (i32.load (i32.const 0)) (i32.const 2))))""")
    linker, config = ermine.Linker(engine), ermine.WasiConfig()
    config.listen(f"127.0.0.1:{port}")
    linker.define_wasi(config)
    instance = linker.instantiate(ermine.Store(engine), module)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        assert instance.exports.run() == (0, 0)
        assert client.recv(1) == b""
    config = ermine.WasiConfig()
    config.listen("nowhere")
    with pytest.raises(ermine.WasmError, match="nowhere"):
        ermine.Linker(engine).define_wasi(config)


def test_linker_with_a_module():
    engine = ermine.Engine()
    store, linker = ermine.Store(engine), ermine.Linker(engine)
    linker.define_module(store, "counter", ermine.Module(engine, """(module (global $n (mut i32) (i32.const 1))
      (func (export "_initialize") (global.set $n (i32.const 40)))
      (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"""))
    user = ermine.Module(engine, '(module (import "counter" "next" (func $next (result i32))) (export "f" (func $next)))')
    assert [linker.instantiate(store, user).exports.f() for _ in range(2)] == [41, 42]
    with pytest.raises(ermine.WasmError):
        linker.define_module(store, "counter", ermine.Module(engine, '(module (func (export "next")))'))


def test_linker_without_definitions():
    engine = ermine.Engine()
    module = ermine.Module(engine, '(module (import "a" "b" (func $f)) (func (export "run") (call $f)))')
    linker = ermine.Linker(engine)
    with pytest.raises(ermine.WasmError, match="a.b"):
        linker.instantiate(ermine.Store(engine), module)
    linker.define_unknown_imports_as_traps()
    with pytest.raises(ermine.Trap, match="a.b"):
        linker.instantiate(ermine.Store(engine), module).exports.run()
