;; options: single
;; Six integers and six floats at most, those of the inner loop first; a callee clobbers all of them.
(module
  (memory 1)
  (func $none (param $a i32) (result i32) (local.get $a))
  (func $sum (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $n))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 4)))))
    (local.get $sum))
  (func $wide (param $n i64) (result i64) (local $sum i64) (local $i i32)
    (loop $l
      (local.set $sum (i64.add (local.get $sum) (i64.mul (local.get $n) (i64.extend_i32_u (local.get $i)))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (local.get $sum))
  (func $floats (param $n i32) (param $x f64) (param $y f32) (result f64)
    (loop $l
      (local.set $x (f64.add (local.get $x) (f64.promote_f32 (local.get $y))))
      (local.set $y (f32.mul (local.get $y) (f32.const 0.5)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func $eight (param $a i32) (param $b i32) (param $c i32) (param $d i32)
               (param $e i32) (param $f i32) (param $g i32) (param $h i32)
    (loop $outer
      (local.set $g (i32.add (local.get $g) (local.get $h)))
      (loop $inner
        (local.set $a (i32.add (local.get $a) (local.get $b)))
        (local.set $c (i32.add (local.get $c) (local.get $d)))
        (local.set $e (i32.add (local.get $e) (local.get $f)))
        (br_if $inner (i32.lt_u (local.get $a) (local.get $c))))
      (br_if $outer (i32.lt_u (local.get $g) (local.get $e)))))
  (func $calls_in_it (param $n i32)
    (loop $l
      (drop (call $none (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $reference (param $f funcref) (param $n i32) (result i32)
    (loop $l
      (br_if $l (i32.and (ref.is_null (local.get $f)) (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $n)))
