;; options: fuel
;; Fuel is paid at the beginning of each stretch of code without branches, one for each instruction in it.
(module
  (import "host" "f" (func $host (param i32)))
  (memory 1)
  (func $straight (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))
  (func $loop (param $n i32)
    (loop $again
      (call $host (local.get $n))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $nested (param $n i32)
    (loop $outer
      (loop $inner
        (br_if $inner (i32.lt_u (local.get $n) (i32.const 5)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $outer (i32.lt_u (local.get $n) (i32.const 50))))))
  (func $branches (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (call $straight (local.get $n)))
      (else (i32.const 3))))
  (func $bulk (param $n i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get $n)))
  (func $tail (param $n i32) (result i32)
    (return_call $tail (i32.add (local.get $n) (i32.const 1)))))
