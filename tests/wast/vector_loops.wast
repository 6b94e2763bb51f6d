;; Vectors in loops: addresses that live in registers, lanes, shuffles, and what has to go another way.

(module
  (memory $m 1) (memory $n 1)
  (data (memory $m) (i32.const 0) "\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10")
  (func (export "fill") (param $at i32) (param $n i32) (local $v v128)
    (local.set $v (i32x4.splat (local.get $n)))
    (loop $l
      (v128.store (local.get $at) (local.get $v))
      (v128.store $n offset=16 (local.get $at) (local.get $v))
      (local.set $v (i32x4.replace_lane 2 (local.get $v) (local.get $n)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "sum") (param $at i32) (param $n i32) (result i32) (local $v v128)
    (loop $l
      (local.set $v (i32x4.add (local.get $v) (v128.load (local.get $at))))
      (local.set $v (i32x4.add (local.get $v) (v128.load $n offset=16 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v)))
             (i32.add (i32x4.extract_lane 2 (local.get $v)) (i32x4.extract_lane 3 (local.get $v)))))
  ;; Turns bytes round, widens them, and takes one.
  (func (export "turned") (param $n i32) (result i32) (local $v v128) (local $sum i32)
    (local.set $v (v128.load (i32.const 0)))
    (loop $l
      (local.set $v (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0 (local.get $v) (local.get $v)))
      (v128.store (i32.const 64) (local.get $v))
      (local.set $sum (i32.add (local.get $sum) (i8x16.extract_lane_u 15 (local.get $v))))
      (local.set $sum (i32.add (local.get $sum) (i16x8.extract_lane_s 3 (v128.load8x8_s (i32.const 64)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; The address is used as it is, too, and the loop leaves by a trap with it.
  (func (export "past") (param $at i32) (result i32)
    (loop $l
      (i32.store (i32.const 32768) (local.get $at))
      (v128.store (local.get $at) (v128.load32_splat (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 4096)))
      (br $l))
    (unreachable))
  (func (export "last") (result i32) (i32.load (i32.const 32768)))
  (func (export "far") (param $at i32) (param $n i32) (result i64) (local $v v128)
    (loop $l
      (local.set $v (v128.load offset=4294967295 (local.get $at)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64x2.extract_lane 1 (local.get $v)))
)
(assert_return (invoke "fill" (i32.const 1024) (i32.const 100)))
(assert_return (invoke "sum" (i32.const 1024) (i32.const 100)) (i32.const 70298))
(assert_return (invoke "turned" (i32.const 1)) (i32.const 6))
(assert_return (invoke "turned" (i32.const 160)) (i32.const 2720))
(assert_trap (invoke "past" (i32.const 4096)) "out of bounds memory access")
(assert_return (invoke "last") (i32.const 65536))
(assert_trap (invoke "far" (i32.const 0) (i32.const 50)) "out of bounds memory access")

;; Addresses of 64 bits are checked.
(module
  (memory i64 1)
  (func (export "sum") (param $at i64) (param $n i64) (result i64) (local $v v128)
    (loop $l
      (v128.store (local.get $at) (i64x2.splat (local.get $n)))
      (local.set $v (i64x2.add (local.get $v) (v128.load (local.get $at))))
      (local.set $at (i64.add (local.get $at) (i64.const 16)))
      (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (i64x2.extract_lane 0 (local.get $v)))
)
(assert_return (invoke "sum" (i64.const 0) (i64.const 100)) (i64.const 5050))
(assert_trap (invoke "sum" (i64.const 65000) (i64.const 100)) "out of bounds memory access")
