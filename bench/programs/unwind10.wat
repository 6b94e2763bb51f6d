;; Exceptions: thrown ten calls below the frame that catches, through frames that do not; one time in four.
(module
  ;; @include wasi.inc.wat
  (tag $odd (param i32))

  (func $below (param $depth i32) (param $n i32) (result i32)
    (if (local.get $depth)
      (then
        (return
          (i32.add (i32.const 1) (call $below (i32.sub (local.get $depth) (i32.const 1)) (local.get $n))))))
    (if (i32.eqz (i32.and (local.get $n) (i32.const 3))) (then (throw $odd (i32.mul (local.get $n) (i32.const 7)))))
    (local.get $n))

  (func $run (param $work i32) (result i64)
    (local $n i32) (local $sum i64)
    (local.set $work (i32.mul (local.get $work) (i32.const 1000)))
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (loop $next
      (local.set $sum
        (call $mix (local.get $sum)
          (i64.extend_i32_u
            (block $caught (result i32)
              (try_table (result i32) (catch $odd $caught) (call $below (i32.const 9) (local.get $n)))))))
      (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (local.get $sum)))
