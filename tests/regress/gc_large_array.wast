;; Arrays of more than 8 KiB have pages of their own. One that fitted into the rest of a block was allocated there,
;; where marking did not see its lines, so that the next collection freed them.
(module
  (type $a (array (mut i32)))
  (type $box (struct (field (ref null $a))))
  (func (export "sum") (result i32)
    (local $kept (ref null $a)) (local $i i32) (local $sum i32) (local $box (ref null $box))
    (drop (struct.new $box (ref.null $a)))
    (local.set $box (struct.new $box (array.new $a (i32.const 7) (i32.const 5000))))
    (loop $garbage
      (drop (array.new $a (i32.const 9) (i32.const 30)))
      (drop (array.new $a (i32.const 9) (i32.const 1000)))
      (br_if $garbage (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
    (local.set $i (i32.const 0))
    (local.set $kept (struct.get $box 0 (local.get $box)))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (array.get $a (local.get $kept) (local.get $i))))
      (br_if $add (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
    (local.get $sum)))
(assert_return (invoke "sum") (i32.const 35000))
