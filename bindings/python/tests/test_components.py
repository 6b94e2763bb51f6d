"""Components: values, functions and resources of Python, asynchronous calls."""
import array
import asyncio
import gc
import os
import pathlib
import time
import weakref

import pytest

import ermine
from ermine import component
from ermine.component import Err, Ok, Record, Some, Variant

# A list is passed to `echo`, and what it got is passed back.
GUEST = r"""(component
  (import "test:host/counters" (instance $host
    (export "counter" (type $counter (sub resource)))
    (export "[method]counter.next" (func (param "self" (borrow $counter)) (result u32)))))
  (import "log" (func $log (param "text" string) (result bool)))
  (alias export $host "counter" (type $counter))
  (type $variant' (variant (case "none") (case "number" u64)))  (export $variant "v" (type $variant'))
  (type $enum' (enum "red" "green"))                            (export $enum "e" (type $enum'))
  (type $flags' (flags "read" "write" "execute"))               (export $flags "f" (type $flags'))
  (type $all' (record
    (field "bool" bool) (field "s8" s8) (field "u8" u8) (field "s16" s16) (field "u16" u16) (field "s32" s32)
    (field "u32" u32) (field "s64" s64) (field "u64" u64) (field "f32" f32) (field "f64" f64) (field "char" char)
    (field "string" string) (field "list" (list string)) (field "numbers" (list u16)) (field "tuple" (tuple s32 string))
    (field "variant" $variant) (field "enum" $enum) (field "some" (option u32)) (field "none" (option u32))
    (field "ok" (result u32)) (field "err" (result (error string))) (field "flags" $flags) (field "map" (map string u32))))
  (export $all "all" (type $all'))
  (core module $Memory
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $log' (canon lower (func $log) (memory $mem)))
  (core func $next' (canon lower (func $host "[method]counter.next")))
  (core func $drop' (canon resource.drop $counter))
  (core module $M
    (import "" "memory" (memory 1))
    (import "" "log" (func $log (param i32 i32) (result i32)))
    (import "" "next" (func $next (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
    (func (export "say") (param i32 i32) (result i32) (call $log (local.get 0) (local.get 1)))
    (func (export "count") (param i32) (result i32) (local i32)
      (local.set 1 (call $next (local.get 0))) (call $drop (local.get 0)) (local.get 1))
    (func (export "consume") (param i32) (call $drop (local.get 0)))
    (func (export "trap") (unreachable)))
  (core instance $m (instantiate $M (with "" (instance (export "memory" (memory $mem)) (export "log" (func $log'))
    (export "next" (func $next')) (export "drop" (func $drop'))))))
  (func (export "echo") (param "x" (list $all)) (result (list $all))
    (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
  (func (export "echo-counters") (param "x" (list (own $counter))) (result (list (own $counter)))
    (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
  (func (export "say") (param "text" string) (result bool)
    (canon lift (core func $m "say") (memory $mem) (realloc $realloc)))
  (func (export "count") (param "c" (borrow $counter)) (result u32) (canon lift (core func $m "count")))
  (func (export "consume") (param "c" (own $counter)) (canon lift (core func $m "consume")))
  (func (export "trap") (canon lift (core func $m "trap"))))"""
# `run` calls `f` and adds 1.
CALLER = r"""(component
    (import "f" (func $f async (param "v" u32) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (canon lower (func $f) (core func $sync))
    (canon lower (func $f) async (memory $mem) (core func $async))
    (canon task.return (result u32) (core func $return))
    (canon task.cancel (core func $cancel))
    (canon waitable-set.new (core func $new))
    (canon waitable.join (core func $join))
    (canon subtask.drop (core func $drop))
    (canon subtask.cancel async (core func $stop))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "sync" (func $sync (param i32) (result i32)))
      (import "" "async" (func $async (param i32 i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "cancel" (func $cancel))
      (import "" "new" (func $new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "stop" (func $stop (param i32) (result i32)))
      (global $next (mut i32) (i32.const 64))
      (func (export "sync") (param i32) (result i32) (i32.add (call $sync (local.get 0)) (i32.const 1)))
      (func $wait (param $subtask i32) (result i32)
        (local $set i32)
        (local.set $set (call $new))
        (call $join (local.get $subtask) (local.get $set))
        (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
      (func (export "async") (param i32) (result i32)
        (local $state i32)
        (local.set $state (call $async (local.get 0) (i32.const 16)))
        (if (i32.eq (local.get $state) (i32.const 2))
          (then
            (call $return (i32.add (i32.load (i32.const 16)) (i32.const 1)))
            (return (i32.const 0))))
        (i32.store (i32.const 32) (i32.shr_u (local.get $state) (i32.const 4)))
        (call $wait (i32.shr_u (local.get $state) (i32.const 4))))
      (func (export "cb") (param $event i32) (param $index i32) (param $payload i32) (result i32)
        (if (i32.eq (local.get $event) (i32.const 6))
          (then
            ;; asked to cancel: the subtask as well
            (drop (call $stop (i32.load (i32.const 32))))
            (return (call $wait (i32.load (i32.const 32))))))
        (if (i32.eq (local.get $payload) (i32.const 4))
          (then
            (call $drop (local.get $index))
            (call $cancel)
            (return (i32.const 0))))
        (if (i32.ne (local.get $payload) (i32.const 2)) (then unreachable))
        (call $drop (local.get $index))
        (call $return (i32.add (i32.load (i32.const 16)) (i32.const 1)))
        (i32.const 0)))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "sync" (func $sync)) (export "async" (func $async))
      (export "return" (func $return)) (export "cancel" (func $cancel)) (export "new" (func $new))
      (export "join" (func $join)) (export "drop" (func $drop)) (export "stop" (func $stop))))))
    (func (export "run") async (param "v" u32) (result u32) (canon lift  (core func $m "async") async (callback (core func $m "cb")))))"""


def all_features():
    return ermine.Engine(ermine.Config(features={"all": True}))


class Counter:
    def __init__(self, start):
        self.value = start

    def next(self):
        self.value += 1
        return self.value


class Guest:
    def __init__(self, log=lambda text: True, engine=None):
        self.engine = engine or all_features()
        self.dropped = []
        linker = component.Linker(self.engine)
        with linker.root() as root:
            root.add_func("log", log)
            with root.add_instance("test:host/counters") as counters:
                counters.add_resource("counter", Counter, self.dropped.append)
                counters.add_func("[method]counter.next", Counter.next)
        self.store = ermine.Store(self.engine)
        self.component = component.Component(self.engine, GUEST)
        self.instance = linker.instantiate(self.store, self.component)
        self.exports = self.instance.exports


VALUES = dict(bool=True, s8=-128, u8=255, s16=-32768, u16=65535, s32=-2**31, u32=2**32 - 1, s64=-2**63, u64=2**64 - 1, f32=0.5,
              f64=-2.25, char="\U0001f9a6", string="text", list=["a", ""], numbers=[1, 2, 65535], tuple=(-1, "b"),
              variant=Variant("number", 7), enum="green", some=3, none=None, ok=Ok(4), err=Err("why"), flags={"read", "execute"},
              map={"key": 9})


def test_values_of_every_kind():
    e = Guest().exports
    assert e.echo([VALUES]) == [Record(**VALUES)]
    value = Record(**{**VALUES, "numbers": array.array("H", [7]), "variant": Variant("none"), "ok": Err(), "flags": ()})
    (got,) = e.echo((value,))
    assert got.numbers == [7] and got.variant == Variant("none") and got.ok == Err() and got.flags == set()
    assert repr(got.variant) == "Variant(tag='none', payload=None)" and dict(got)["u8"] == 255
    for name, wrong, error in [("u8", 256, OverflowError), ("u8", -1, OverflowError), ("u64", 2**64, OverflowError), ("s32", 0.5, TypeError),
                               ("bool", 1, TypeError), ("char", "ab", TypeError), ("string", b"", TypeError), ("list", "ab", TypeError),
                               ("tuple", (1,), TypeError), ("variant", Variant("no"), TypeError), ("variant", Variant("none", 1), TypeError),
                               ("variant", 7, TypeError), ("enum", "blue", TypeError), ("ok", 4, TypeError), ("flags", {"no"}, TypeError),
                               ("numbers", array.array("i", [70000]), OverflowError), ("map", [], TypeError), ("f64", "1", TypeError)]:
        with pytest.raises(error):
            e.echo([{**VALUES, name: wrong}])
    with pytest.raises(TypeError):
        e.echo([{**VALUES, "more": 1}])
    with pytest.raises((KeyError, AttributeError)):
        e.echo([{name: value for name, value in VALUES.items() if name != "map"}])
    with pytest.raises(TypeError):
        e.echo()
    assert e.echo([VALUES]) == [Record(**VALUES)]


def test_what_a_component_has():
    guest = Guest()
    imports = {(i.interface, i.name): i for i in guest.component.imports}
    assert imports["", "log"].type == "func(text: string) -> bool" and imports["test:host/counters", "counter"].kind == "resource"
    assert guest.exports.say.type == "func(text: string) -> bool" and guest.instance.get_func("none") is None
    assert "echo-counters" in guest.exports and guest.exports["echo-counters"] is not None and "say" in dir(guest.exports)
    with pytest.raises(AttributeError):
        guest.exports.none
    with pytest.raises(ermine.WasmError):
        component.Component(guest.engine, b"\0asm\x0d\0\1\0\xff")
    with pytest.raises(ermine.WasmError):
        component.Component(guest.engine, "(component")


def test_functions_of_python():
    said = []
    guest = Guest(lambda text: said.append(text) is None)
    assert guest.exports.say("hello") is True and said == ["hello"]

    def fail(text):
        raise KeyError(text)

    with pytest.raises(KeyError, match="why"):
        Guest(fail).exports.say("why")
    with pytest.raises(TypeError):
        Guest(lambda text: None).exports.say("x")
    with pytest.raises(ermine.Trap) as caught:
        guest.exports.trap()
    assert caught.value.trap_code == ermine.TrapCode.UNREACHABLE
    with pytest.raises(ermine.ErmineError):
        guest.exports.say("afterwards")

    async def coroutine(text):
        return True

    with pytest.raises(RuntimeError):
        Guest(coroutine).exports.say("x")


def test_resources_of_python():
    guest = Guest()
    e, counter = guest.exports, Counter(5)
    assert e.count(counter) == 6 and e.count(counter) == 7 and counter.value == 7
    e.consume(counter)
    # Each call made a resource of its own.
    assert guest.dropped == [counter] * 3
    # What comes back is the object, and has not ended.
    assert e["echo-counters"]([counter, counter]) == [counter, counter] and len(guest.dropped) == 3
    for wrong in (5, None, object()):
        with pytest.raises(TypeError):
            e.count(wrong)


BLOBS = r"""(component
  (core module $D
    (global $alive (export "alive") (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (if (i32.eq (local.get 0) (i32.const 99)) (then unreachable))
      (global.set $alive (i32.sub (global.get $alive) (i32.const 1)))))
  (core instance $d (instantiate $D))
  (type $blob' (resource (rep i32) (dtor (func $d "dtor"))))
  (core func $new (canon resource.new $blob'))
  (core module $M
    (import "d" "alive" (global $alive (mut i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32)
      (global.set $alive (i32.add (global.get $alive) (i32.const 1)))
      (call $new (local.get 0)))
    (func (export "size") (param i32) (result i32) (local.get 0))
    (func (export "alive") (result i32) (global.get $alive)))
  (core instance $i (instantiate $M (with "d" (instance $d)) (with "" (instance (export "new" (func $new))))))
  (export $blob "blob" (type $blob'))
  (func (export "make") (param "size" u32) (result (own $blob)) (canon lift (core func $i "make")))
  (func (export "size") (param "b" (borrow $blob)) (result u32) (canon lift (core func $i "size")))
  (func (export "alive") (result u32) (canon lift (core func $i "alive"))))"""


def test_resources_of_components():
    engine = ermine.Engine()
    store = ermine.Store(engine)
    e = component.Linker(engine).instantiate(store, component.Component(engine, BLOBS)).exports
    blob = e.make(12)
    assert isinstance(blob, component.Resource) and blob.owned and e.size(blob) == 12 and e.alive() == 1
    with e.make(13) as other:
        assert e.size(other) == 13 and e.alive() == 2
    assert e.alive() == 1 and not other.owned
    with pytest.raises(TypeError):
        e.size(other)
    with pytest.raises(ermine.WasmError):
        other.drop()
    del blob
    assert e.alive() == 0
    another = ermine.Store(engine)
    with pytest.raises(TypeError):
        component.Linker(engine).instantiate(another, component.Component(engine, BLOBS)).exports.size(e.make(1))
    blob = e.make(99)  # whose destructor traps
    with pytest.raises(ermine.WasmError):
        blob.drop()
    del blob
    store.close()


def test_linking():
    guest = Guest()
    with pytest.raises(ermine.WasmError, match="log"):
        component.Linker(guest.engine).instantiate(ermine.Store(guest.engine), guest.component)
    linker = component.Linker(guest.engine)
    linker.define_unknown_imports_as_traps()
    instance = linker.instantiate(ermine.Store(guest.engine), guest.component)
    with pytest.raises(ermine.Trap, match="log"):
        instance.exports.say("x")
    linker.root().add_func("log", print)
    with pytest.raises(ermine.WasmError):
        linker.root().add_func("log", print)
    # Through another component, and by a compatible version.
    user = component.Component(guest.engine, """(component
      (import "the:guest/it" (instance $g (export "say" (func (param "text" string) (result bool)))))
      (import "a:b/c@1.2.0" (instance $v (type $p' (record (field "x-y" u32))) (export "p" (type $p (eq $p')))
        (export "f" (func (param "x" $p) (result (result $p (error string)))))))
      (alias export $g "say" (func $say)) (export "say" (func $say))
      (export "a:b/c@1.2.0" (instance $v)))""")
    linker.define_instance("the:guest/it", guest.instance)

    def f(x):
        if x.x_y == 0:
            raise Err("zero")
        return {"x_y": x.x_y + 1}

    linker.root().add_instance("a:b/c@1.1.0").add_func("f", lambda x: None)
    linker.root().add_instance("a:b/c@1.10.0").add_func("f", f)
    linker.root().add_instance("a:b/c@2.0.0").add_func("f", lambda x: None)
    e = linker.instantiate(guest.store, user).exports
    assert e.say("through") is True
    for name in ("a:b/c@1.2.0", "a:b/c", "a:b/c@1.0.0"):
        assert e[name].f(Record(x_y=1)) == Record(x_y=2) and e[name].f({"x-y": 2}).x_y == 3
    with pytest.raises(Err) as caught:
        e["a:b/c"].f(Record(x_y=0))
    assert caught.value.value == "zero"
    with pytest.raises(ermine.WasmError):
        linker.instantiate(ermine.Store(guest.engine), user)


def test_wasi(capfd):
    engine = ermine.Engine()
    program = component.Component(engine, r"""(component
      (import "wasi:cli/exit@0.2.0" (instance $host (export "exit" (func (param "status" (result))))))
      (alias export $host "exit" (func $exit))
      (core func $exit' (canon lower (func $exit)))
      (core module $M (import "" "exit" (func $exit (param i32))) (func (export "run") (call $exit (i32.const 1))))
      (core instance $m (instantiate $M (with "" (instance (export "exit" (func $exit'))))))
      (func (export "run") (canon lift (core func $m "run"))))""")
    linker = component.Linker(engine)
    linker.define_wasi()
    for _ in range(2):
        with pytest.raises(ermine.ExitTrap) as caught:
            linker.instantiate(ermine.Store(engine), program).exports.run()
        assert caught.value.code == 1


def test_nested_options():
    engine = ermine.Engine()
    linker = component.Linker(engine)
    linker.root().add_instance("a:b/c").add_func("f", lambda x: x)
    e = linker.instantiate(ermine.Store(engine), component.Component(engine, """(component
      (import "a:b/c" (instance $v (export "f" (func (param "x" (option (option u32))) (result (option (option u32)))))))
      (export "a:b/c" (instance $v)))""")).exports["a:b/c"]
    assert [e.f(x) for x in (None, Some(None), Some(5))] == [None, Some(None), Some(5)]
    with pytest.raises(TypeError):
        e.f(5)


def test_stores_and_threads():
    guest = Guest()
    counter = Counter(1)
    guest.store.close()
    for use in (lambda: guest.exports.count(counter), lambda: guest.exports.say.type):
        with pytest.raises(ValueError):
            use()
    guest = Guest(lambda text: guest.store.close())
    with pytest.raises(ermine.ErmineError):
        guest.exports.say("x")


def test_cycles_are_collected():
    class Log:
        def __call__(self, text):
            return True

    log = Log()
    guest = Guest(log)
    log.guest = guest
    counter = Counter(1)
    counter.guest = guest
    guest.exports.count(counter)
    ended = weakref.ref(log), weakref.ref(counter)
    del log, counter, guest
    gc.collect()
    gc.collect()
    assert ended[0]() is None and ended[1]() is None


def caller(f, engine, store=None):
    linker = component.Linker(engine)
    linker.root().add_func("f", f)
    return linker.instantiate(store or ermine.Store(engine), component.Component(engine, CALLER)).exports.run


def test_asynchronous_calls():
    engine, log = all_features(), []

    async def f(v):
        log.append(v)
        await asyncio.sleep(0.1)
        if v == 7:
            raise KeyError(v)
        return v * 2

    run = caller(f, engine)
    assert run.type == "async func(v: u32) -> u32"

    # (The component has room for the result of one call.)
    runs = [run, caller(f, engine, run.store), caller(f, engine, run.store), caller(f, engine)]

    async def main():
        start = time.monotonic()
        assert await asyncio.gather(*(r.call_async(v) for v, r in enumerate(runs))) == [1, 3, 5, 7]
        assert time.monotonic() - start < 0.35 and sorted(log) == [0, 1, 2, 3]

    asyncio.run(main())
    with pytest.raises(KeyError):
        asyncio.run(run.call_async(7))
    # Python's loop cannot run while a plain call waits.
    with pytest.raises(RuntimeError, match="call_async"):
        caller(f, engine)(1)
    assert caller(lambda v: v + 1, engine)(1) == 3
    assert asyncio.run(caller(lambda v: v + 1, engine).call_async(1)) == 3
    with pytest.raises(OverflowError):
        asyncio.run(caller(f, engine).call_async(-1))


def test_asynchronous_calls_are_cancelled():
    ended = []

    async def f(v):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            ended.append(v)
            raise

    run = caller(f, all_features())

    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(run.call_async(5), 0.05)
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert ended == [5]

    asyncio.run(main())


# `upper` gives a stream of the text in capital letters, as it comes.
PEOPLE = pathlib.Path(os.environ.get("ERMINE_EXAMPLES", pathlib.Path(__file__).resolve().parents[3] / "examples"), "components/people.wat")


@pytest.mark.skipif(not PEOPLE.exists(), reason="not in the checkout")
def test_streams():
    engine = ermine.Engine()
    linker = component.Linker(engine)
    linker.define_unknown_imports_as_traps()
    store = ermine.Store(engine)
    upper = linker.instantiate(store, component.Component.from_file(engine, PEOPLE)).exports.upper

    async def main():
        writer, reader = component.stream(store)
        text = component.StreamReader.of(await upper.call_async(reader))
        with pytest.raises(ermine.WasmError):
            await reader.read()
        assert await writer.write(b"some text") == 9 and await text.read() == b"SOME TEXT"
        read = asyncio.create_task(text.read())
        await asyncio.sleep(0.01)
        assert not read.done()
        assert await writer.write(b"more") == 4 and await read == b"MORE"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(text.read(), 0.01)
        with pytest.raises(TypeError):
            await writer.write([1, "2"])
        long = bytes(range(97, 123)) * 10_000
        written = asyncio.create_task(writer.write(long))
        written.add_done_callback(lambda _: writer.close())
        assert await text.read_all() == long.upper() and await written == len(long)
        assert text.is_over and await text.read() == b""
        with pytest.raises(ermine.WasmError):
            await writer.write(b"x")

    asyncio.run(main())


def test_ends_of_python():
    store = ermine.Store()

    async def main():
        writer, reader = component.stream(store, "string")
        written = asyncio.create_task(writer.write(["a", "b", "c"]))
        assert await reader.read(2) == ["a", "b"] and await reader.read() == ["c"] and await written == 3
        reader.close()
        assert await writer.write(["d"]) == 0
        writer, reader = component.future(store, "tuple<u8, string>")
        written = asyncio.create_task(writer.write((1, "x")))
        assert await reader.read() == (1, "x")
        await written
        with pytest.raises(ermine.WasmError):
            component.stream(store, "no-such")
        # A store that ends with an operation that waits.
        waits = asyncio.create_task(component.stream(store)[1].read())
        await asyncio.sleep(0)
        waits.cancel()

    asyncio.run(main())
    store.close()
