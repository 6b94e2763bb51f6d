"""What the how-to shows of the package (docs/how-to/embed-in-python.md)."""
import ermine

store = ermine.Store()
module = ermine.Module(store.engine, """(module
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32)
    (call $log (local.get 0))
    (i32.add (local.get 0) (local.get 1))))""")
exports = ermine.Instance(store, module, {"env": {"log": print}}).exports
print(exports.add(1, 2))               # 1, then 3
view = memoryview(exports.memory)      # no copy
view[0:5] = b"hello"
