;; Loops whose variables machine code keeps in registers: entering and leaving them, and edge-case constants.

(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (memory 1)
  (table 4 funcref)
  (elem (i32.const 0) $add1 $add2 $add1 $add2)
  (type $unary (func (param i32) (result i32)))
  (tag $stop (param i32))
  (global $g (mut i32) (i32.const 0))
  (func $add1 (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $add2 (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))

  ;; A call in the loop: the registers survive.
  (func (export "calls") (param $n i32) (result i32) (local $i i32) (local $sum i32) (local $x i64)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (call $add1 (local.get $i))))
      (local.set $x (i64.add (local.get $x) (i64.extend_i32_u (local.get $sum))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (i32.add (local.get $sum) (i32.wrap_i64 (local.get $x))))

  (func (export "indirect") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (local.set $sum (call_indirect (type $unary) (local.get $sum) (i32.and (local.get $i) (i32.const 3))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.ne (local.get $i) (local.get $n))))
    (local.get $sum))

  ;; Out of two loops at once, with the values that both wrote.
  (func (export "leave") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $k i32)
    (block $out
      (loop $outer
        (local.set $j (i32.const 0))
        (loop $inner
          (local.set $k (i32.add (local.get $k) (i32.const 3)))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br_if $out (i32.gt_s (local.get $k) (local.get $n)))
          (br_if $inner (i32.lt_s (local.get $j) (i32.const 10))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $outer)))
    (i32.add (i32.mul (local.get $i) (i32.const 10000)) (i32.add (i32.mul (local.get $j) (i32.const 100000000)) (local.get $k))))

  ;; br_table back to the loop and out of it.
  (func (export "table") (param $n i32) (result i32) (local $i i32) (local $a i32) (local $b i32)
    (block $done
      (loop $l
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (block $two
          (block $one
            (br_table $one $two $l $done
              (select (i32.const 3) (i32.rem_u (local.get $i) (i32.const 3)) (i32.gt_u (local.get $i) (local.get $n)))))
          (local.set $a (i32.add (local.get $a) (local.get $i)))
          (br $l))
        (local.set $b (i32.xor (local.get $b) (local.get $i)))
        (br $l)))
    (i32.add (i32.mul (local.get $a) (i32.const 65536)) (local.get $b)))

  ;; An exception caught inside the loop finds the loop's variables.
  (func $throws (param i32)
    (if (i32.eqz (i32.and (local.get 0) (i32.const 7))) (then (throw $stop (i32.mul (local.get 0) (i32.const 2))))))
  (func (export "catches") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (local.set $sum
        (i32.add (local.get $sum)
          (block $caught (result i32)
            (try_table (catch $stop $caught)
              (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
              (call $throws (local.get $i)))
            (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))

  ;; Floats of both widths, integers of both widths: more than there are registers.
  (func (export "many") (param $n i32) (result f64)
    (local $i i32) (local $a i64) (local $b i64) (local $c i32) (local $d i32) (local $e i64) (local $f i32) (local $g i64)
    (local $p f64) (local $q f64) (local $r f32) (local $s f32) (local $t f64) (local $u f64) (local $v f32) (local $w f64)
    (local.set $p (f64.const 1)) (local.set $r (f32.const 1)) (local.set $t (f64.const 2)) (local.set $u (f64.const 0.5))
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $a (i64.add (local.get $a) (i64.extend_i32_s (local.get $i))))
      (local.set $b (i64.xor (local.get $a) (local.get $b)))
      (local.set $c (i32.sub (local.get $i) (local.get $c)))
      (local.set $d (i32.rotl (i32.add (local.get $d) (local.get $c)) (i32.const 3)))
      (local.set $e (i64.add (i64.mul (local.get $e) (i64.const 3)) (local.get $b)))
      (local.set $f (i32.or (i32.shl (local.get $f) (i32.const 1)) (i32.wrap_i64 (local.get $e))))
      (local.set $g (i64.sub (local.get $g) (i64.extend_i32_u (local.get $f))))
      (local.set $p (f64.mul (local.get $p) (local.get $u)))
      (local.set $q (f64.add (local.get $p) (local.get $q)))
      (local.set $r (f32.div (f32.add (local.get $r) (f32.const 3)) (f32.const 2)))
      (local.set $s (f32.sub (local.get $r) (local.get $s)))
      (local.set $t (f64.sqrt (f64.add (local.get $t) (local.get $q))))
      (local.set $v (f32.max (local.get $s) (local.get $v)))
      (local.set $w (f64.add (local.get $w) (f64.convert_i32_s (i32.and (local.get $d) (i32.const 255)))))
      (local.set $u (f64.min (local.get $u) (local.get $t)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (f64.add (local.get $w)
      (f64.add (f64.promote_f32 (local.get $v))
        (f64.add (f64.add (local.get $q) (local.get $t)) (f64.convert_i32_s (i32.wrap_i64 (i64.and (local.get $g) (i64.const 1023))))))))

  ;; Traps in the middle of a loop: by a division, and beyond the memory.
  (func (export "divides") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.div_u (i32.const 1000) (local.get $n))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (i32.ge_s (local.get $n) (i32.const -1))))
    (local.get $sum))
  (func (export "walks") (param $at i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=65000 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $l))
    (local.get $sum))

  ;; Growing memory inside a loop that reads it.
  (func (export "grows") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (i32.store (i32.const 16) (local.get $i))
      (drop (memory.grow (i32.const 0)))
      (global.set $g (i32.add (global.get $g) (i32.load (i32.const 16))))
      (local.set $sum (i32.add (local.get $sum) (memory.size)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (i32.add (local.get $sum) (global.get $g))))

(assert_return (invoke "calls" (i32.const 1)) (i32.const 2))
(assert_return (invoke "calls" (i32.const 100)) (i32.const 176750))
(assert_return (invoke "indirect" (i32.const 100)) (i32.const 150))
(assert_return (invoke "leave" (i32.const 1000)) (i32.const 400331002))
(assert_return (invoke "table" (i32.const 50)) (i32.const 26738705))
(assert_return (invoke "catches" (i32.const 100)) (i32.const 1248))
(assert_return (invoke "divides" (i32.const -1)) (i32.const 0))
(assert_trap (invoke "divides" (i32.const 100)) "integer divide by zero")
(assert_trap (invoke "walks" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "grows" (i32.const 100)) (i32.const 5050))

;; Comparisons with constants that have no neighbour, in loops and out of them.
(module
  (func (export "count32") (param $x i32) (result i32) (local $n i32) (local $i i32)
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.ge_s (local.get $x) (i32.const 0x80000000))))
      (local.set $n (i32.add (local.get $n) (i32.gt_s (local.get $x) (i32.const 0x7fffffff))))
      (local.set $n (i32.add (local.get $n) (i32.le_s (local.get $x) (i32.const 0x7fffffff))))
      (local.set $n (i32.add (local.get $n) (i32.lt_s (local.get $x) (i32.const 0x80000000))))
      (local.set $n (i32.add (local.get $n) (i32.ge_u (local.get $x) (i32.const 0))))
      (local.set $n (i32.add (local.get $n) (i32.gt_u (local.get $x) (i32.const -1))))
      (local.set $n (i32.add (local.get $n) (i32.le_u (local.get $x) (i32.const -1))))
      (local.set $n (i32.add (local.get $n) (i32.lt_u (local.get $x) (i32.const 0))))
      (local.set $n (i32.add (local.get $n) (i32.shl (i32.le_s (local.get $x) (i32.const 0x7ffffffe)) (i32.const 8))))
      (local.set $n (i32.add (local.get $n) (i32.shl (i32.ge_u (local.get $x) (i32.const 1)) (i32.const 16))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 50))))
    (local.get $n))
  (func (export "count64") (param $x i64) (result i32) (local $n i32) (local $i i64)
    (loop $l
      (local.set $n (i32.add (local.get $n) (i64.ge_s (local.get $x) (i64.const 0x8000000000000000))))
      (local.set $n (i32.add (local.get $n) (i64.ge_u (local.get $x) (i64.const 0))))
      (local.set $n (i32.add (local.get $n) (i64.le_u (local.get $x) (i64.const -1))))
      (local.set $n (i32.add (local.get $n) (i64.lt_u (local.get $x) (i64.const 0))))
      (local.set $n (i32.add (local.get $n) (i32.shl (i64.lt_s (local.get $x) (i64.const -2147483648)) (i32.const 8))))
      (local.set $n (i32.add (local.get $n) (i32.shl (i64.gt_u (local.get $x) (i64.const 2147483647)) (i32.const 16))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $l (i64.lt_u (local.get $i) (i64.const 50))))
    (local.get $n))
  (func (export "masks") (param $x i64) (result i64) (local $i i32)
    (loop $l
      (local.set $x (i64.and (local.get $x) (i64.const -8)))
      (local.set $x (i64.or (local.get $x) (i64.const 0x70000000)))
      (local.set $x (i64.xor (local.get $x) (i64.const -2147483648)))
      (local.set $x (i64.add (local.get $x) (i64.const 0x123456789abcdef)))
      (local.set $x (i64.sub (local.get $x) (i64.const -2147483648)))
      (local.set $x (i64.rotr (local.get $x) (i64.const 0)))
      (local.set $x (i64.rotl (local.get $x) (i64.const 65)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.ne (local.get $i) (i32.const 40))))
    (local.get $x)))
(assert_return (invoke "count32" (i32.const 0)) (i32.const 13000))
(assert_return (invoke "count32" (i32.const -1)) (i32.const 3289800))
(assert_return (invoke "count32" (i32.const 0x7fffffff)) (i32.const 3277000))
(assert_return (invoke "count32" (i32.const 0x80000000)) (i32.const 3289800))
(assert_return (invoke "count64" (i64.const 0)) (i32.const 150))
(assert_return (invoke "count64" (i64.const -1)) (i32.const 3276950))
(assert_return (invoke "count64" (i64.const -2147483649)) (i32.const 3289750))
