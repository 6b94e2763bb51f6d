;; The frame of an inlined function lies on slots of its caller, which still held references of an earlier call; they
;; were stored over the header of the inlined frame, through which exceptions and backtraces find the caller.
(module
  (tag $odd (param i32))
  (type $box (struct (field i32)))
  (func $four (param (ref $box) (ref $box) (ref $box) (ref $box)) (result i32)
    (i32.add (struct.get $box 0 (local.get 0)) (struct.get $box 0 (local.get 3))))
  (func $leaf (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0))))
    (struct.get $box 0 (struct.new $box (local.get 0))))
  (func $middle (param $n i32) (result i32) (local $box (ref $box))
    (local.set $box (struct.new $box (local.get $n)))
    (drop (call $four (local.get $box) (local.get $box) (local.get $box) (local.get $box)))
    (call $leaf (local.get $n)))
  (func (export "run") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (block $next
        (block $caught (result i32)
          (local.set $s (i32.add (local.get $s) (try_table (result i32) (catch $odd $caught) (call $middle (local.get $n)))))
          (br $next))
        (local.set $s (i32.add (i32.mul (i32.const 1000)) (local.get $s))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
)
(assert_return (invoke "run" (i32.const 10)) (i32.const 25030))
