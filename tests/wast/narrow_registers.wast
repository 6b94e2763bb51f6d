;; 32-bit numbers that live in registers during a loop and are used as addresses there: written by instructions that do
;; not determine the width of the value (globals, selects, copies, results of calls, constants), and next to 64-bit
;; numbers in the same places. A remaining upper half would give another byte, a trap, or a refusal.
(module
  (memory 1)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10")
  (global $address (mut i32) (i32.const 3))
  (global $wide (mut i64) (i64.const 0xffffffff00000002))
  (global $odd (mut i32) (i32.const -2))
  (func $next (param i32) (result i32) (i32.and (i32.add (local.get 0) (i32.const 1)) (i32.const 15)))
  (func $wider (param i64) (result i64) (i64.or (local.get 0) (i64.const 0xffffffff00000000)))

  ;; From a global, at the beginning of each round and at its end.
  (func (export "global") (param $n i32) (result i32) (local $p i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (local.set $p (global.get $address))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=1 (local.get $p))))
      (global.set $address (i32.and (i32.add (local.get $p) (i32.const 1)) (i32.const 7)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; From a select, of a register and of a constant.
  (func (export "select") (param $n i32) (result i32) (local $p i32) (local $q i32) (local $sum i32)
    (loop $l
      (local.set $q (i32.and (local.get $n) (i32.const 7)))
      (local.set $p (select (local.get $q) (i32.const 2) (i32.and (local.get $n) (i32.const 1))))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (local.set $q (select (i32.const 4) (local.get $p) (i32.and (local.get $n) (i32.const 2))))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $q))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; From the lower half of numbers whose upper half is all ones.
  (func (export "wrapped") (param $n i32) (result i32) (local $p i32) (local $w i64) (local $sum i32)
    (local.set $w (global.get $wide))
    (loop $l
      (local.set $p (i32.wrap_i64 (local.get $w)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (local.set $p (i32.wrap_i64 (i64.load offset=16 (i32.const 0))))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (i64.store offset=16 (i32.const 0) (i64.or (i64.extend_i32_u (i32.and (local.get $n) (i32.const 7)))
                                                 (i64.const 0xffffffff00000000)))
      (local.set $w (i64.or (i64.and (i64.add (local.get $w) (i64.const 1)) (i64.const 7))
                            (i64.const 0xffffffff00000000)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; A constant with its highest bit set, in a register that is used as an address on another path.
  (func (export "constant") (param $n i32) (result i32) (local $p i32) (local $sum i32)
    (loop $l
      (local.set $p (i32.const -1))
      (if (i32.and (local.get $n) (i32.const 3)) (then (local.set $p (i32.const 5))))
      (if (i32.ge_s (local.get $p) (i32.const 0))
        (then (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))))
      (local.set $p (i32.const 0x80000000))
      (if (i32.eqz (local.get $n)) (then (local.set $sum (i32.load8_u (local.get $p)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; From the result of a call, and from a copy of a parameter.
  (func (export "call") (param $n i32) (result i32) (local $p i32) (local $q i32) (local $sum i32)
    (loop $l
      (local.set $p (call $next (local.get $p)))
      (local.set $q (local.get $p))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $q))))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.wrap_i64 (i64.shr_u
        (i64.shl (call $wider (i64.extend_i32_u (local.get $q))) (i64.const 60)) (i64.const 60))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; Operand stack slots that hold 64 and 32 bits alternately, across branches.
  (func (export "by_turns") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u
        (block $address (result i32)
          (drop (br_if $address (i32.const 6) (i32.and (local.get $n) (i32.const 1))))
          (drop (i64.ne (block $w (result i64)
            (drop (br_if $w (i64.const -1) (i32.and (local.get $n) (i32.const 2))))
            (i64.const 0xffffffff00000007)) (i64.const 0)))
          (i32.and (local.get $n) (i32.const 15))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; Two pins that exchange their values; negative numbers in one of them, made into addresses by arithmetic.
  (func (export "exchange") (param $n i32) (result i32) (local $a i32) (local $b i32) (local $t i32) (local $sum i32)
    (local.set $b (global.get $odd))
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.and (local.get $a) (i32.const 15)))))
      (local.set $t (local.get $a))
      (local.set $a (local.get $b))
      (local.set $b (i32.sub (local.get $t) (i32.const 3)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.rem_u (local.get $b) (i32.const 15)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func (export "set_wide") (i64.store offset=16 (i32.const 0) (i64.const 0xffffffff00000001)))
)
(assert_return (invoke "global" (i32.const 300)) (i32.const 3002))
(assert_return (invoke "select" (i32.const 300)) (i32.const 2469))
(assert_return (invoke "set_wide"))
(assert_return (invoke "wrapped" (i32.const 300)) (i32.const 2696))
(assert_return (invoke "constant" (i32.const 300)) (i32.const 1350))
(assert_return (invoke "call" (i32.const 300)) (i32.const 5076))
(assert_return (invoke "by_turns" (i32.const 300)) (i32.const 2250))
(assert_return (invoke "exchange" (i32.const 300)) (i32.const 5100))
