;; Operations without cost: reading locals, constants, and local.set of a result.
(module
  (func $add (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
  (func $into_local (param $a i32) (local $x i32)
    (local.set $x (i32.mul (local.get $a) (i32.const 3)))
    (local.set $a (i32.sub (local.get $x) (i32.const 1))))
  (func $constant_left (param $a i64) (result i64)
    (i64.mul (i64.const 5) (local.get $a)))
  (func $wide_constant (param $a i64) (result i64)
    (i64.xor (local.get $a) (i64.const 0x123456789abcdef)))
  (func $f64_constant (param $a f64) (result f64)
    (f64.add (local.get $a) (f64.const 0.5))))
