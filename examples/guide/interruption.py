"""Ends a call that takes too long: from another thread, and by a time limit."""
import threading

import ermine

store = ermine.Store()
module = ermine.Module(store.engine, """(module
  (global $n (mut i32) (i32.const 0))
  (func (export "spin") (loop (global.set $n (i32.add (global.get $n) (i32.const 1))) (br 0)))
  (func (export "n") (result i32) (global.get $n)))""")
exports = ermine.Instance(store, module).exports

handle = store.interrupt_handle()         # for any thread
threading.Timer(0.05, handle.interrupt).start()
try:
    exports.spin()
except ermine.Trap as trap:
    print("another thread:", trap.trap_code.name)

store.set_timeout(0.05)                   # seconds
try:
    exports.spin()
except ermine.Trap as trap:
    print("time limit:", trap.trap_code.name)
store.set_timeout(None)

print("it ran:", exports.n() > 0)          # the instance continues where it was
