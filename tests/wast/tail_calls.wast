;; Tail calls in machine code: frames that stay as large, grow and shrink by one slot and by more, so that the header moves
;; to a place that has a slot in common with the old one; references and vectors as arguments; callees that only the
;; handler can call; what comes after: traps, exceptions, collections, the caller's caller.

(module $other
  (func (export "far") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))
(register "other" $other)

(module
  (type $none (func (result i32)))
  (type $1 (func (param i32) (result i32)))
  (type $2 (func (param i32 i32) (result i32)))
  (type $6 (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "other" "far" (func $far (type $2)))
  (import "spectest" "print_i32" (func $print (param i32)))
  (table $t 10 funcref)
  (elem (table $t) (i32.const 0) func $even2 $odd2 $far $print $id)
  (elem declare func $even2 $odd2 $far $loop_ref $id)
  (tag $e (param i32))

  (func $id (type $1) (local.get 0))

  ;; The same number of parameters.
  (func $even2 (export "even2") (type $2)
    (if (i32.eqz (local.get 0)) (then (return (i32.add (i32.const 1000) (local.get 1)))))
    (return_call $odd2 (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1))))
  (func $odd2 (export "odd2") (type $2)
    (if (i32.eqz (local.get 0)) (then (return (i32.add (i32.const 2000) (local.get 1)))))
    (return_call $even2 (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1))))

  ;; One more in each step, then one less; with locals, and without.
  (func $p0 (export "p0") (result i32) (return_call $p1 (i32.const 300)))
  (func $p1 (export "p1") (param i32) (result i32) (local i64 i64 i64) (return_call $p2 (local.get 0) (i32.const 1)))
  (func $p2 (param i32 i32) (result i32) (return_call $p3 (local.get 0) (local.get 1) (i32.const 2)))
  (func $p3 (param i32 i32 i32) (result i32) (local i64) (return_call $q2 (local.get 0) (i32.add (local.get 1) (local.get 2))))
  (func $q2 (param i32 i32) (result i32) (local i64 i64 i64 i64) (return_call $q1 (i32.add (local.get 0) (local.get 1))))
  (func $q1 (param i32) (result i32)
    (if (i32.gt_s (local.get 0) (i32.const 1000)) (then (return (local.get 0))))
    (return_call $p1 (local.get 0)))

  ;; From one to six, in another order, and back.
  (func $wide (export "wide") (param $n i32) (result i32)
    (return_call $six (local.get $n) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)))
  (func $six (type $6)
    (local $sum i32)
    (local.set $sum (i32.add (i32.mul (local.get 1) (i32.const 10000))
      (i32.add (i32.mul (local.get 2) (i32.const 1000)) (i32.add (i32.mul (local.get 3) (i32.const 100))
        (i32.add (i32.mul (local.get 4) (i32.const 10)) (local.get 5))))))
    (if (i32.eqz (local.get 0)) (then (return (local.get $sum))))
    (if (i32.and (local.get 0) (i32.const 7)) (then
      (return_call $six (i32.sub (local.get 0) (i32.const 1)) (local.get 5) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))
    (return_call $wide (i32.sub (local.get 0) (i32.const 1))))
  ;; More than stencils move.
  (func $many (export "many") (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (if (i32.eqz (local.get 0)) (then (return (i64.sub (local.get 1) (local.get 17)))))
    (return_call $many (i32.sub (local.get 0) (i32.const 1)) (local.get 17) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
      (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 11) (local.get 12)
      (local.get 13) (local.get 14) (local.get 15) (local.get 16)))

  ;; By a table: this instance, the other, the host, null, out of bounds, another type.
  (func $table (export "table") (param $n i32) (param $at i32) (param $last i32) (result i32)
    (if (local.get $n) (then
      (return_call $table (i32.sub (local.get $n) (i32.const 1)) (local.get $at) (local.get $last))))
    (return_call_indirect $t (type $2) (i32.const 10) (i32.const 3) (i32.add (local.get $at) (local.get $last))))
  (func $loop_table (export "loop_table") (param $n i32) (param $sum i32) (param $callee i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call_indirect $t (type $2) (i32.const 11) (local.get $sum) (i32.and (local.get $callee) (i32.const 1))))

  ;; By a reference.
  (func $loop_ref (export "loop_ref") (param $n i32) (param $self funcref) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 77))))
    (return_call $by_ref (i32.sub (local.get $n) (i32.const 1)) (local.get $self) (ref.func $loop_ref)))
  (type $r (func (param i32 funcref) (result i32)))
  (func $by_ref (param $n i32) (param $self funcref) (param $to (ref $r)) (result i32)
    (return_call_ref $r (local.get $n) (local.get $self) (local.get $to)))
  (func (export "ref_far") (param $n i32) (result i32)
    (return_call_ref $2 (i32.const 9) (local.get $n) (ref.func $far)))
  (func (export "ref_null") (param (ref null $2)) (result i32)
    (return_call_ref $2 (i32.const 9) (i32.const 1) (local.get 0)))
  (func (export "call_ref_null") (result i32) (return_call_ref $2 (i32.const 9) (i32.const 1) (ref.null $2)))

  ;; References that only the frame holds, while much is allocated.
  (type $box (struct (field i32)))
  (func $boxes (export "boxes") (param $n i32) (param $sum i32) (param $a (ref $box)) (param $b (ref null $box)) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.add (local.get $sum) (struct.get $box 0 (local.get $a))))))
    (return_call $boxes3 (ref.as_non_null (local.get $b)) (i32.sub (local.get $n) (i32.const 1)) (local.get $a)
      (i32.add (local.get $sum) (struct.get $box 0 (local.get $a)))))
  (func $boxes3 (param $b (ref $box)) (param $n i32) (param $a (ref $box)) (param $sum i32) (result i32)
    (return_call $boxes (local.get $n) (local.get $sum) (local.get $b) (struct.new $box (i32.and (local.get $n) (i32.const 3)))))
  (func (export "run_boxes") (param i32) (result i32)
    (return_call $boxes (local.get 0) (i32.const 0) (struct.new $box (i32.const 5)) (struct.new $box (i32.const 7))))

  ;; Vectors take two slots.
  (func $vectors (export "vectors") (param $n i32) (param $v v128) (param $w v128) (result v128)
    (if (i32.eqz (local.get $n)) (then (return (local.get $v))))
    (return_call $vectors1 (i32x4.add (local.get $v) (local.get $w)) (i32.sub (local.get $n) (i32.const 1))))
  (func $vectors1 (param $v v128) (param $n i32) (result v128)
    (return_call $vectors (local.get $n) (local.get $v) (v128.const i32x4 1 2 3 4)))

  ;; Callers continue with their own frames.
  (func (export "caller") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.sub (call $wide (local.get $i)) (call $p1 (i32.add (local.get $i) (i32.const 990))))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))

  ;; A trap and an exception in a callee that got the frame.
  (func $divides (param i32 i32 i32) (result i32)
    (if (local.get 2) (then (return_call $divides (local.get 0) (local.get 1) (i32.sub (local.get 2) (i32.const 1)))))
    (i32.div_u (local.get 0) (local.get 1)))
  (func (export "trap") (param i32) (result i32) (return_call $divides (local.get 0) (i32.const 0) (i32.const 200)))
  (func $throws (param i32 i32 i32) (result i32)
    (if (local.get 1) (then (return_call $throws (local.get 0) (i32.sub (local.get 1) (i32.const 1)) (i32.const 0))))
    (throw $e (local.get 0)))
  (func $before (param i32) (result i32) (return_call $throws (local.get 0) (i32.const 300) (i32.const 1)))
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h) (call $before (local.get 0)))
      (drop)
      (i32.const -1)))
  ;; The frame of a try_table is gone when the callee throws.
  (func $left (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $e $h) (return_call $before (local.get 0)))
      (unreachable)))
  (func (export "catch_outside") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h) (i32.add (call $left (local.get 0)) (i32.const 1)))
      (drop)
      (i32.const -1))))

(assert_return (invoke "even2" (i32.const 1000000) (i32.const 0)) (i32.const 1001000))
(assert_return (invoke "even2" (i32.const 999999) (i32.const 0)) (i32.const 1001999))
(assert_return (invoke "p0") (i32.const 1002))
(assert_return (invoke "p1" (i32.const -1000000)) (i32.const 1001))
(assert_return (invoke "wide" (i32.const 0)) (i32.const 23456))
(assert_return (invoke "wide" (i32.const 1)) (i32.const 62345))
(assert_return (invoke "wide" (i32.const 3)) (i32.const 45623))
(assert_return (invoke "wide" (i32.const 100000)) (i32.const 56234))
(assert_return (invoke "wide" (i32.const 100003)) (i32.const 56234))
(assert_return (invoke "many" (i32.const 10000) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
  (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (i64.const 11) (i64.const 12) (i64.const 13) (i64.const 14)
  (i64.const 15) (i64.const 16) (i64.const 17)) (i64.const 1))
(assert_return (invoke "table" (i32.const 300) (i32.const 0) (i32.const 0)) (i32.const 1013))
(assert_return (invoke "table" (i32.const 300) (i32.const 1) (i32.const 0)) (i32.const 2013))
(assert_return (invoke "table" (i32.const 300) (i32.const 1) (i32.const 1)) (i32.const 7))
(assert_trap (invoke "table" (i32.const 300) (i32.const 3) (i32.const 0)) "indirect call type mismatch")
(assert_trap (invoke "table" (i32.const 300) (i32.const 4) (i32.const 0)) "indirect call type mismatch")
(assert_trap (invoke "table" (i32.const 300) (i32.const 5) (i32.const 0)) "uninitialized element")
(assert_trap (invoke "table" (i32.const 300) (i32.const 10) (i32.const 0)) "undefined element")
(assert_trap (invoke "table" (i32.const 300) (i32.const -1) (i32.const 0)) "undefined element")
(assert_return (invoke "loop_table" (i32.const 300) (i32.const 5) (i32.const 0)) (i32.const 2016))
(assert_return (invoke "loop_table" (i32.const 300) (i32.const 5) (i32.const 1)) (i32.const 1016))
(assert_return (invoke "loop_ref" (i32.const 100000) (ref.null func)) (i32.const 77))
(assert_return (invoke "ref_far" (i32.const 2)) (i32.const 7))
(assert_trap (invoke "ref_null" (ref.null func)) "null function reference")
(assert_trap (invoke "call_ref_null") "null function reference")
(assert_return (invoke "run_boxes" (i32.const 100000)) (i32.const 150012))
(assert_return (invoke "vectors" (i32.const 1000) (v128.const i32x4 0 0 0 0) (v128.const i32x4 5 6 7 8)) (v128.const i32x4 1004 2004 3004 4004))
(assert_return (invoke "caller" (i32.const 500)) (i32.const 27410088))
(assert_trap (invoke "trap" (i32.const 3)) "integer divide by zero")
(assert_return (invoke "catch" (i32.const 41)) (i32.const 41))
(assert_return (invoke "catch_outside" (i32.const 42)) (i32.const 42))
