;; A slot of the operand stack held an f32 in a loop and, at another place, an f64 for a global: machine code moved half
;; of it.
(module
  (global $g (mut f64) (f64.const 1))
  (func (export "run") (result f64 f32) (local $x f32) (local $n i32)
    (loop $l
      (global.set $g (f64.const 0.5))
      (f32.add (local.get $x) (f32.const 1))
      (block (param f32) (result f32) (br_if 0 (i32.and (local.get $n) (i32.const 1))) (f32.neg))
      (block (param f32) (result f32) (br_if 0 (i32.and (local.get $n) (i32.const 2))) (f32.sqrt))
      (local.set $x)
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $n) (i32.const 8))))
    (global.get $g) (local.get $x)))
(assert_return (invoke "run") (f64.const 0.5) (f32.const nan:canonical))
