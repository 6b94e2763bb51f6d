;; Comparisons become a part of the next branch.
(module
  (func $count (param $n i32)
    (loop $again
      (local.set $n (i32.add (local.get $n) (i32.const -1)))
      (br_if $again (local.get $n))))
  (func $less (param $a i32) (param $b i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $a) (local.get $b))
      (then (local.get $a))
      (else (local.get $b))))
  (func $not (param $a i32)
    (block $out
      (br_if $out (i32.eqz (i32.gt_u (local.get $a) (i32.const 7))))
      (unreachable)))
  (func $bit (param $a i32)
    (block $out
      (br_if $out (i32.eqz (i32.and (local.get $a) (i32.const 8))))
      (unreachable)))
  (func $value (param $a i32) (result i32)
    (block $out (result i32)
      (drop (br_if $out (i32.const 1) (local.get $a)))
      (i32.const 2)))
  (func $table (param $a i32) (result i32)
    (block $two (block $one
      (br_table $one $two (local.get $a)))
      (return (i32.const 1)))
    (i32.const 2)))
