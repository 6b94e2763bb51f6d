;; Exceptions that are never thrown: the calls of calls_try.wat without its try blocks.
(module
  ;; @include wasi.inc.wat
  (tag $never (param i32))

  (func $check (param $n i32) (result i32)
    (if (i32.eq (local.get $n) (i32.const -1)) (then (throw $never (local.get $n))))
    (i32.mul (local.get $n) (i32.const 7)))

  (func $run (param $work i32) (result i64)
    (local $n i32) (local $sum i64)
    (local.set $work (i32.mul (local.get $work) (i32.const 1000)))
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (loop $next
      (local.set $sum
        (call $mix (local.get $sum)
          (i64.extend_i32_u
            (call $check (local.get $n)))))
      (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (local.get $sum)))
