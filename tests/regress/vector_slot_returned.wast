;; A slot of the operand stack holds a vector in a loop, and later a number that is returned from there: a register
;; pinned for the vector was used as the number's.
(module
  (type $s (struct (field i32)))
  (global $v (mut v128) (v128.const i64x2 0 0))
  (func (export "f") (param $return i32) (result i64) (local $rounds i32)
    (local.set $rounds (i32.const 3))
    (loop $l
      (global.set $v (v128.const i64x2 1 2))
      (i64.const 45276031)
      (br_if 1 (local.get $return))
      (drop)
      (br_if $l (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (drop (struct.new $s (local.get $rounds)))
    (i64.const 7)))
(assert_return (invoke "f" (i32.const 0)) (i64.const 7))
(assert_return (invoke "f" (i32.const 1)) (i64.const 45276031))
