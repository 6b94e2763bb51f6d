"""Functions of Python that are coroutines: calls of WebAssembly wait for them, and others run meanwhile."""
import asyncio
import ermine

async def fetch(number):
    await asyncio.sleep(0.1)  # or a query, a request
    return number * 10

store = ermine.Store()
module = ermine.Module(store.engine, """(module
  (import "env" "fetch" (func $fetch (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (i32.add (call $fetch (local.get 0)) (call $fetch (i32.const 1)))))""")
run = ermine.Instance(store, module, {"env": {"fetch": fetch}}).exports.run

async def main():
    print(await asyncio.gather(run.call_async(2), run.call_async(3)))  # [30, 40], after 0.2 s

asyncio.run(main())
