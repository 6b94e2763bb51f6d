;; The number of vowels in a text, which the host writes to the beginning of the memory.
(module
  (memory (export "memory") 1)
  (func $is_vowel (param $c i32) (result i32)
    (local.set $c (i32.or (local.get $c) (i32.const 32)))  ;; in lower case
    (i32.or (i32.eq (local.get $c) (i32.const 97)) (i32.or (i32.eq (local.get $c) (i32.const 101))
      (i32.or (i32.eq (local.get $c) (i32.const 105)) (i32.or (i32.eq (local.get $c) (i32.const 111))
        (i32.eq (local.get $c) (i32.const 117)))))))
  (func (export "function") (param $size i32) (result i64) (local $i i32) (local $count i64)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
      (local.set $count (i64.add (local.get $count)
        (i64.extend_i32_u (call $is_vowel (i32.load8_u (local.get $i))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $count)))
