"""A memory that the host and a module share, without copies."""
import ermine

store = ermine.Store()
module = ermine.Module(store.engine, """(module
  (memory (export "memory") 1)
  (func (export "upper") (param $at i32) (param $size i32) (local $c i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $size)))
      (local.set $c (i32.load8_u (local.get $at)))
      (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 26))
        (then (i32.store8 (local.get $at) (i32.sub (local.get $c) (i32.const 32)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $size (i32.sub (local.get $size) (i32.const 1)))
      (br $next)))))""")
exports = ermine.Instance(store, module).exports

text = b"white in winter"
exports.memory.write(text, 1024)          # a copy, checked against the memory's size
exports.upper(1024, len(text))
view = memoryview(exports.memory)         # no copy
print(bytes(view[1024:1024 + len(text)]).decode())
view[1024:1029] = b"BROWN"
print(exports.memory.read(1024, 1024 + len(text)).decode())

try:
    exports.upper(65530, 100)
except ermine.Trap as trap:
    print(trap.trap_code.name, "in", trap.frames[0].func_index)
