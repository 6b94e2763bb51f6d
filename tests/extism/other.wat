;; A module that the plug-in imports from. It has its own state, and is initialised when the plug-in is made.
(module
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (global $step (mut i64) (i64.const 0))
  (func (export "_initialize") (global.set $step (i64.const 1)))
  ;; A block with the bytes in reverse order.
  (func (export "turn") (param $from i64) (result i64)
    (local $to i64) (local $i i64) (local $size i64)
    (local.set $size (call $length (local.get $from)))
    (local.set $to (call $alloc (local.get $size)))
    (block $end
      (loop $next
        (br_if $end (i64.ge_u (local.get $i) (local.get $size)))
        (local.set $i (i64.add (local.get $i) (global.get $step)))
        (call $store_u8 (i64.add (local.get $to) (i64.sub (local.get $size) (local.get $i)))
          (call $load_u8 (i64.add (local.get $from) (i64.sub (local.get $i) (i64.const 1)))))
        (br $next)))
    (local.get $to)))
