;; Exceptions: a call in a try block throws one time in four and is caught right there, with a payload.
(module
  ;; @include wasi.inc.wat
  (tag $odd (param i32))
  (tag $never)

  (func $check (param $n i32) (result i32)
    (if (i32.eqz (i32.and (local.get $n) (i32.const 3))) (then (throw $odd (i32.mul (local.get $n) (i32.const 7)))))
    (i32.add (local.get $n) (i32.const 1)))

  (func $run (param $work i32) (result i64)
    (local $n i32) (local $sum i64)
    (local.set $work (i32.mul (local.get $work) (i32.const 1000)))
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (loop $next
      (local.set $sum
        (call $mix (local.get $sum)
          (i64.extend_i32_u
            (block $caught (result i32)
              (block $lost
                (br $caught
                  (try_table (result i32) (catch $odd $caught) (catch $never $lost) (call $check (local.get $n)))))
              (unreachable)))))
      (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (local.get $sum)))
