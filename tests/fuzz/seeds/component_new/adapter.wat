(module
  (import "env" "memory" (memory 0))
  (import "t:t/i@0.1.0" "g" (func $g (param i32 f64 i32)))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (func (export "extra"))
  (func (export "sum") (param i32) (result i32)
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))
    (call $g (local.get 0) (f64.const 0) (global.get $__stack_pointer))
    (i32.load (global.get $__stack_pointer))))
