;; Exceptions: thrown sixty-four calls deep; every second frame catches and throws it on, as destructors do.
(module
  ;; @include wasi.inc.wat
  (tag $stop (param i32))
  (global $cleanups (mut i32) (i32.const 0))

  (func $descend (param $depth i32) (param $n i32)
    (if (i32.eqz (local.get $depth)) (then (throw $stop (local.get $n))))
    (if (i32.and (local.get $depth) (i32.const 1))
      (then (call $descend (i32.sub (local.get $depth) (i32.const 1)) (local.get $n)))
      (else
        (block $clean (result exnref)
          (try_table (catch_all_ref $clean) (call $descend (i32.sub (local.get $depth) (i32.const 1)) (local.get $n)))
          (return))
        (global.set $cleanups (i32.add (global.get $cleanups) (i32.const 1)))
        (throw_ref))))

  (func $run (param $work i32) (result i64)
    (local $n i32) (local $sum i64)
    (local.set $work (i32.mul (local.get $work) (i32.const 100)))
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (loop $next
      (local.set $sum
        (call $mix (local.get $sum)
          (i64.extend_i32_u
            (block $caught (result i32)
              (try_table (catch $stop $caught) (call $descend (i32.const 64) (local.get $n)))
              (i32.const 0)))))
      (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (call $mix (local.get $sum) (i64.extend_i32_u (global.get $cleanups)))))
