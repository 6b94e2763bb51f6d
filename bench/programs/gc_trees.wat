;; GC: complete binary trees of structs, most of them short-lived, beside one that stays: the allocation rate, and
;; what marking what lives costs.
(module
  ;; @include wasi.inc.wat
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree)) (field $weight i32)))

  (func $grow (param $depth i32) (result (ref $tree))
    (local $below i32)
    (if (i32.eqz (local.get $depth))
      (then (return (struct.new $tree (ref.null $tree) (ref.null $tree) (i32.const 1)))))
    (local.set $below (i32.sub (local.get $depth) (i32.const 1)))
    (struct.new $tree (call $grow (local.get $below)) (call $grow (local.get $below)) (local.get $depth)))

  (func $weigh (param $tree (ref null $tree)) (result i32)
    (if (ref.is_null (local.get $tree)) (then (return (i32.const 0))))
    (i32.add
      (struct.get $tree $weight (local.get $tree))
      (i32.add
        (call $weigh (struct.get $tree $left (local.get $tree)))
        (call $weigh (struct.get $tree $right (local.get $tree))))))

  (func $run (param $work i32) (result i64)
    (local $old (ref null $tree)) (local $sum i64) (local $n i32) (local $depth i32) (local $i i32)
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (local.set $old (call $grow (i32.const 16)))
    (loop $rounds
      (local.set $depth (i32.const 4))
      (loop $depths
        (local.set $i (i32.shl (i32.const 1) (i32.sub (i32.const 12) (local.get $depth))))
        (loop $trees
          (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (call $weigh (call $grow (local.get $depth))))))
          (br_if $trees (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (br_if $depths (i32.le_u (local.tee $depth (i32.add (local.get $depth) (i32.const 2))) (i32.const 12))))
      (br_if $rounds (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (call $mix (local.get $sum) (i64.extend_i32_u (call $weigh (local.get $old))))))
