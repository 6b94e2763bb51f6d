"""Calls in both directions, values, errors."""
import gc
import weakref

import pytest

import ermine
from ermine import FuncType, ValType


@pytest.fixture
def store():
    return ermine.Store()


def make(store, wat, imports=()):
    return ermine.Instance(store, ermine.Module(store.engine, wat), imports).exports


def test_numbers(store):
    e = make(store, """(module
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "id64") (param i64) (result i64) (local.get 0))
      (func (export "f") (param f32 f64) (result f64) (f64.add (f64.promote_f32 (local.get 0)) (local.get 1)))
      (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2))
      (func (export "none")))""")
    assert e.add(1, 2) == 3
    assert e["add"](0xFFFFFFFF, 0) == -1
    assert e.id64(2**64 - 1) == -1 and e.id64(-(2**63)) == -(2**63)
    assert e.f(1.5, 2) == 3.5
    assert e.two() == (1, 2)
    assert e.none() is None
    for bad, error in (((1,), TypeError), (("1", 2), TypeError), ((2**32, 0), OverflowError), ((1.5, 0), TypeError)):
        with pytest.raises(error):
            e.add(*bad)
    with pytest.raises(OverflowError):
        e.id64(2**64)
    with pytest.raises(TypeError):
        e.add(1, b=2)
    assert e.add.type == FuncType([ValType.i32()] * 2, [ValType.i32()])
    assert e.add == e["add"] and e.add != e.none
    with pytest.raises(AttributeError):
        e.missing


def test_vectors(store):
    e = make(store, """(module (import "" "reverse" (func $reverse (param v128) (result v128)))
      (global (export "g") (mut v128) (v128.const i64x2 0 0))
      (func (export "f") (param v128) (result v128) (i8x16.add (call $reverse (local.get 0)) (local.get 0))))""",
             {"": {"reverse": lambda v: v[::-1]}})
    assert e.f(bytes(range(16))) == bytes([15] * 16)
    e.g.value = bytearray(b"0123456789abcdef")
    assert e.g.value == b"0123456789abcdef"
    with pytest.raises(ValueError):
        e.f(b"123")
    with pytest.raises(TypeError):
        e.f(1)


def test_host_functions(store):
    seen = []
    e = make(store, """(module (import "env" "log" (func $log (param i32 f64))) (import "env" "two" (func $two (result i32 i32)))
      (func (export "run") (result i32) (call $log (i32.const 7) (f64.const 0.5)) (call $two) (i32.sub)))""",
             {"env": {"log": lambda *args: seen.append(args), "two": lambda: (10, 4)}})
    assert e.run() == 6 and seen == [(7, 0.5)]


def test_exception_of_a_host_function(store):
    error = KeyError("same")

    def fail():
        raise error

    e = make(store, '(module (import "" "f" (func $f)) (func (export "run") (call $f)))', {"": {"f": fail}})
    with pytest.raises(KeyError) as caught:
        e.run()
    assert caught.value is error
    for result in (1, "x"):
        e = make(store, '(module (import "" "f" (func $f)) (func (export "run") (call $f)))', {"": {"f": lambda: result}})
        with pytest.raises(TypeError):
            e.run()


def test_recursion_through_both(store):
    e = None
    e = make(store, '(module (import "" "f" (func $f)) (func (export "run") (call $f)))', {"": {"f": lambda: e.run()}})
    with pytest.raises((RecursionError, ermine.Trap)):
        e.run()


def test_trap(store):
    e = make(store, """(module $m (func $inner (unreachable)) (func $outer (export "run") (call $inner))
      (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))""")
    with pytest.raises(ermine.Trap) as caught:
        e.run()
    assert caught.value.trap_code == ermine.TrapCode.UNREACHABLE and caught.value.kind == ermine.ErrorKind.TRAP
    assert [f.func_name for f in caught.value.frames] == ["inner", "outer"]
    assert "unreachable" in caught.value.message and "outer" in str(caught.value)
    with pytest.raises(ermine.Trap, match="divide by zero"):
        e.div(0)
    assert e.div(1) == 1


def test_externref_keeps_identity_and_is_released(store):
    class Thing:
        pass

    e = make(store, """(module (table $t 2 externref) (func (export "id") (param externref) (result externref) (local.get 0))
      (func (export "put") (param externref) (table.set $t (i32.const 0) (local.get 0)))
      (func (export "get") (result externref) (table.get $t (i32.const 0))))""")
    thing = Thing()
    assert e.id(thing) is thing and e.id(None) is None
    e.put(thing)
    gone = weakref.ref(thing)
    del thing
    gc.collect()
    assert e.get() is gone() and gone() is not None
    e.put(None)
    store.gc()
    gc.collect()
    assert gone() is None
    other = Thing()
    gone = weakref.ref(other)
    e.put(other)
    del other
    store.close()
    assert gone() is None


def test_cycle_through_a_host_function_is_collected():
    class Thing:
        pass

    def cycle():
        store, thing = ermine.Store(), Thing()
        thing.exports = make(store, '(module (import "" "f" (func)) (memory (export "m") 1))', {"": {"f": lambda: thing.exports}})
        return weakref.ref(thing)

    gone = cycle()
    gc.collect()
    assert gone() is None


def test_funcref_and_table(store):
    e = make(store, """(module (table (export "t") 2 5 funcref) (func $f (export "f") (result i32) (i32.const 5))
      (func (export "get") (result funcref) (ref.func $f)))""")
    assert e.t[0] is None and len(e.t) == 2
    e.t[1] = e.f
    assert e.t[1]() == 5 and e.get() == e.f
    assert e.t.grow(1, e.f) == 2 and e.t[-1] == e.f
    with pytest.raises(IndexError):
        e.t[3]
    with pytest.raises(TypeError):
        e.t[0] = make(ermine.Store(store.engine), '(module (func (export "f")))').f


def test_globals(store):
    e = make(store, '(module (global (export "g") (mut i64) (i64.const 1)) (global (export "c") i32 (i32.const 2)))')
    e.g.value = 2**40
    assert e.g.value == 2**40 and e.c.value == 2 and e.g.type.mutable
    with pytest.raises(ermine.WasmError):
        e.c.value = 3


def test_exceptions(store):
    e = make(store, """(module (import "" "f" (func $f)) (tag $t (export "t") (param i32)) (func (export "throw") (throw $t (i32.const 42)))
      (func (export "catch") (result i32) (block $h (result i32) (try_table (catch $t $h) (call $f)) (i32.const 0))))""",
             {"": {"f": lambda: throw()}})

    def throw():
        raise ermine.WasmException(e.t, 17)

    with pytest.raises(ermine.WasmException) as caught:
        e.throw()
    assert caught.value.payload == (42,)
    assert e.catch() == 17


def test_gc_objects(store):
    e = make(store, """(module (type $s (struct (field (mut i32)) (field f64))) (func (export "new") (result anyref)
      (struct.new $s (i32.const 3) (f64.const 0.5))) (func (export "i31") (result anyref) (ref.i31 (i32.const -4)))
      (func (export "first") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))))""")
    made = e.new()
    assert made.kind == "struct" and len(made) == 2 and made[0] == 3 and made[1] == 0.5
    made[0] = 9
    assert e.first(made) == 9
    assert int(e.i31()) == -4
    with pytest.raises(IndexError):
        made[2]
