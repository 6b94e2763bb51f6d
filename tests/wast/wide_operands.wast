;; Addresses in operands of the stack whose place holds an i64 at other times. The baseline compiler keeps such a place in
;; a register during a loop, and cannot assume that the upper half of the register is zero: each way by which an i32 gets
;; there must show it, or the load must extend it.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10")
  (global $g (mut i32) (i32.const 3))
  (global $wide (mut i64) (i64.const 0x7777777700000005))
  (table $t 2 funcref)
  (func $five (param i32) (result i32) (i32.const 5))

  ;; Each loop sums bytes of the memory; between two loads the same operand holds an i64 with a large upper half.
  (func (export "constant") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (i64.add (i64.mul (i64.const 0x1234567890abcdef) (local.get $x)) (i64.const 0xffffffff00000007)))
      i32.const 7
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  ;; A constant whose 64 bits do not fit into an instruction.
  (func (export "large_constant") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (i64.add (i64.mul (i64.const 0x1234567890abcdef) (local.get $x)) (i64.const 0xffffffff00000007)))
      i32.const 0xfffffff0
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  (func (export "wrapped") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (local.set $x (i64.const 0xfedcba9800000003))
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (i64.const 0x1234567890abcdef)
      local.get $x
      i64.add
      (i64.const 0x1234567890abcdef)
      i64.sub
      i32.wrap_i64
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  (func (export "lane") (param $n i32) (result i32) (local $s i32) (local $v v128)
    (local.set $v (v128.const i64x2 0xffffffff00000006 0x8000000000000002))
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (i64x2.extract_lane 1 (local.get $v))
      i32.wrap_i64
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (i64x2.extract_lane 0 (local.get $v))
      i32.wrap_i64
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  (func (export "call") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (i64.add (i64.mul (i64.const 0x1234567890abcdef) (local.get $x)) (i64.const 0xffffffff00000007)))
      (call $five (i32.const 1))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  (func (export "global") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (i64.add (i64.mul (global.get $wide) (local.get $x)) (global.get $wide)))
      (global.get $g)
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  (func (export "select") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (select (i64.const 0x1234567890abcdef) (i64.add (local.get $x) (i64.const -1)) (local.get $n)))
      (select (i32.const 0x7) (local.get $s) (local.get $n))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  ;; An alias: the operand is a local, which then changes.
  (func (export "alias") (param $n i32) (param $p i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (i64.add (local.get $x) (i64.const 0xffffffff00000007)))
      (i64.mul (local.get $x) (i64.const 0x1234567890abcdef))
      (local.set $x)
      local.get $p
      (local.set $p (i32.xor (local.get $p) (i32.const 9)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  ;; Branches meet at a label with a value each.
  (func (export "label") (param $n i32) (result i32) (local $s i32) (local $x i64)
    (i32.const 4)
    (loop $l (param i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (local.set $x (i64.add (local.get $x) (i64.const 0xffffffff00000007)))
      (block $b (result i32)
        (drop (br_if $b (i32.const 2) (i32.and (local.get $n) (i32.const 1))))
        (i32.wrap_i64 (i64.and (local.get $x) (i64.const 7))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop)
    (local.get $s))
  ;; A local that only holds i32s: a constant with its upper bits set is extended by zeros.
  (func (export "negative_constant") (param $n i32) (result i32) (local $s i32) (local $p i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (i32.load8_u (local.get $p))))
      (local.set $p (i32.const -16))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  ;; Several addresses at once, in neighbouring registers.
  (func (export "many") (param $n i32) (param $a i64) (param $b i64) (result i32) (local $s i32)
    (i32.const 4)
    (i32.const 5)
    (i32.const 6)
    (loop $l (param i32 i32 i32)
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      i32.load8_u
      local.get $s
      i32.add
      local.set $s
      (i64.add (local.get $a) (i64.const 0xf00000000))
      (i64.mul (local.get $b) (i64.const 0xf00000001))
      (i64.xor (local.get $b) (local.get $a))
      local.set $b
      local.set $a
      local.set $a
      (i32.wrap_i64 (i64.and (local.get $a) (i64.const 3)))
      (i32.const 9)
      (i32.wrap_i64 (i64.and (local.get $b) (i64.const 7)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      drop drop drop)
    (local.get $s)))
(assert_return (invoke "constant" (i32.const 3)) (i32.const 21))
(assert_return (invoke "large_constant" (i32.const 1)) (i32.const 5))
(assert_trap (invoke "large_constant" (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "negative_constant" (i32.const 1)) (i32.const 1))
(assert_trap (invoke "negative_constant" (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "wrapped" (i32.const 3)) (i32.const 13))
(assert_return (invoke "lane" (i32.const 3)) (i32.const 28))
(assert_return (invoke "call" (i32.const 3)) (i32.const 17))
(assert_return (invoke "global" (i32.const 3)) (i32.const 13))
(assert_return (invoke "select" (i32.const 3)) (i32.const 21))
(assert_return (invoke "alias" (i32.const 3) (i32.const 1)) (i32.const 16))
(assert_return (invoke "label" (i32.const 3)) (i32.const 15))
(assert_return (invoke "many" (i32.const 2) (i64.const 0x100000001) (i64.const 0x200000003)) (i32.const 33))
