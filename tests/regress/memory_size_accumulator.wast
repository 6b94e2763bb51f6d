;; memory.size clobbered the accumulator, which the translator believed to hold the value of a local.
(module
  (memory 1)
  (global $sp (mut i32) (i32.const 100))
  (func (export "run") (result i32) (local $s i32)
    (local.set $s (global.get $sp))
    (i32.store offset=8 (local.get $s) (memory.size))
    (local.set $s (i32.add (local.get $s) (i32.const 8)))
    (local.get $s)))
(assert_return (invoke "run") (i32.const 108))
