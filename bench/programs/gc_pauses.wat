;; GC: the longest pause a program sees. Keeps a tree of 131071 structs alive, allocates short-lived ones in small
;; steps, and prints, instead of a checksum, the nanoseconds that the longest step took; a step without a collection is short.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  ;; @include wasi.inc.wat
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree)) (field $weight i32)))
  (global $last (mut (ref null $tree)) (ref.null $tree))

  (func $now (result i64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 2048)))
    (i64.load (i32.const 2048)))

  (func $grow (param $depth i32) (result (ref $tree))
    (local $below i32)
    (if (i32.eqz (local.get $depth))
      (then (return (struct.new $tree (ref.null $tree) (ref.null $tree) (i32.const 1)))))
    (local.set $below (i32.sub (local.get $depth) (i32.const 1)))
    (struct.new $tree (call $grow (local.get $below)) (call $grow (local.get $below)) (local.get $depth)))

  (func $run (param $work i32) (result i64)
    (local $old (ref null $tree)) (local $n i32) (local $start i64) (local $took i64) (local $longest i64)
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (local.set $work (i32.mul (local.get $work) (i32.const 100)))
    (local.set $old (call $grow (i32.const 16)))
    (loop $steps
      (local.set $start (call $now))
      (global.set $last (call $grow (i32.const 8)))
      (local.set $took (i64.sub (call $now) (local.get $start)))
      (if (i64.gt_u (local.get $took) (local.get $longest)) (then (local.set $longest (local.get $took))))
      (br_if $steps (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    ;; The old tree must live until here.
    (drop (struct.get $tree $weight (local.get $old)))
    (local.get $longest)))
