;; Machine code returned a floating-point number that lived in a register of a loop. The verifier wanted it in the
;; accumulator of its type, though callers find the bits of every result in the integer register, and refused the function.

(module
  (func $f64 (export "f64") (result f64) (local i32)
    (loop (result f64)
      (br_if 0 (local.get 0))
      (block (result f64)
        (f64.const -3.25)
        (local.set 0 (i32.const 32768))
        (br_table 0 0 (i32.xor (local.get 0) (i32.const 32768))))
      f64.abs))
  (func $f32 (export "f32") (result f32) (local i32)
    (loop (result f32)
      (br_if 0 (local.get 0))
      (block (result f32)
        (f32.const -3.25)
        (local.set 0 (i32.const 32768))
        (br_table 0 0 (i32.xor (local.get 0) (i32.const 32768))))
      f32.abs))
  (func (export "sum") (result f64)
    (f64.add (call $f64) (f64.promote_f32 (call $f32)))))

(assert_return (invoke "f64") (f64.const 3.25))
(assert_return (invoke "f32") (f32.const 3.25))
(assert_return (invoke "sum") (f64.const 6.5))
