;; Exceptions that are never thrown: calls in try blocks that catch them. calls_bare.wat is the same without the blocks;
;; what it takes less is what try costs.
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
            (block $caught (result i32)
              (try_table (result i32) (catch $never $caught) (call $check (local.get $n)))))))
      (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (local.get $sum)))
