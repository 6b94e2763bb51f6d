;; options: single
;; Vectors carried around a loop have a register; others are released at their last read.
(module
  (memory 1)
  (func $dot (param $p i32) (param $q i32) (param $end i32) (result f32) (local $sum v128)
    (loop $l
      (local.set $sum (f32x4.add (local.get $sum)
        (f32x4.mul (v128.load (local.get $p)) (v128.load (local.get $q)))))
      (local.set $q (i32.add (local.get $q) (i32.const 16)))
      (br_if $l (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end))))
    (f32x4.extract_lane 0 (local.get $sum)))
  (func $twice (param $p i32) (local $x v128)
    (local.set $x (v128.load (local.get $p)))
    (v128.store offset=16 (local.get $p) (i32x4.add (local.get $x) (local.get $x)))
    (v128.store offset=32 (local.get $p) (i32x4.sub (local.get $x) (v128.load offset=48 (local.get $p)))))
  (func $one_way (param $p i32) (param $which i32) (local $x v128)
    (local.set $x (v128.load (local.get $p)))
    (if (local.get $which)
      (then (v128.store offset=16 (local.get $p) (local.get $x)))
      (else (v128.store offset=32 (local.get $p) (v128.const i64x2 1 2)))))
  (func $wanted_by_a_catch (param $p i32) (result v128) (local $x v128)
    (local.set $x (v128.load (local.get $p)))
    (block $caught
      (try_table (catch_all $caught)
        (local.set $x (i32x4.neg (local.get $x)))
        (call $dot_nothing)
        (return (v128.not (local.get $x)))))
    (local.get $x))
  (func $dot_nothing))
