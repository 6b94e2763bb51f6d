;; For the measurements made inside a process: something to instantiate, to call, and that calls out.
(module
  (import "host" "nothing" (func $nothing))
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 4 funcref)
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 64) "some bytes to copy when it is instantiated")
  (elem (i32.const 0) $answer $twice)
  (func $answer (export "answer") (result i32) (i32.const 42))
  (func $twice (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func (export "call_nothing") (param $times i32)
    (loop $next
      (call $nothing)
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "call_host") (param $times i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (call $add (local.get $sum) (local.get $times)))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum)))
