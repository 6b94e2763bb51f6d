;; GC: an array of objects of three types that are tested, cast and replaced; references stored into old objects,
;; small integers as references, and byte arrays copied.
(module
  ;; @include wasi.inc.wat
  (type $base (sub (struct (field $value (mut i32)))))
  (type $pair (sub $base (struct (field $value (mut i32)) (field $other (mut (ref null $base))))))
  (type $bytes (array (mut i8)))
  (type $text (sub $base (struct (field $value (mut i32)) (field $bytes (ref $bytes)))))
  (type $all (array (mut (ref null any))))

  (func $make (param $kind i32) (param $value i32) (param $last (ref null any)) (result (ref any))
    (local $bytes (ref null $bytes))
    (block $small
      (block $string
        (block $couple
          (block $plain
            (br_table $plain $couple $string $small (local.get $kind)))
          (return (struct.new $base (local.get $value))))
        (return
          (struct.new $pair (local.get $value)
            (block $is_base (result (ref null $base))
              (drop (br_on_cast $is_base (ref null any) (ref $base) (local.get $last)))
              (ref.null $base)))))
      (local.set $bytes (array.new $bytes (local.get $value) (i32.const 24)))
      (array.copy $bytes $bytes (local.get $bytes) (i32.const 4) (local.get $bytes) (i32.const 0) (i32.const 16))
      (array.set $bytes (local.get $bytes) (i32.const 3) (i32.const 7))
      (return (struct.new $text (local.get $value) (ref.as_non_null (local.get $bytes)))))
    (ref.i31 (local.get $value)))

  (func $value (param $of (ref null any)) (result i32)
    (local $text (ref null $text)) (local $pair (ref null $pair))
    (if (ref.test (ref i31) (local.get $of))
      (then (return (i31.get_u (ref.cast (ref i31) (local.get $of))))))
    (if (ref.test (ref $text) (local.get $of))
      (then
        (local.set $text (ref.cast (ref $text) (local.get $of)))
        (return
          (i32.add (struct.get $text $value (local.get $text))
            (array.get_u $bytes (struct.get $text $bytes (local.get $text)) (i32.const 3))))))
    (if (ref.test (ref $pair) (local.get $of))
      (then
        (local.set $pair (ref.cast (ref $pair) (local.get $of)))
        (return
          (i32.add (struct.get $pair $value (local.get $pair))
            (ref.is_null (struct.get $pair $other (local.get $pair)))))))
    (struct.get $base $value (ref.cast (ref $base) (local.get $of))))

  (func $run (param $work i32) (result i64)
    (local $all (ref null $all)) (local $random i32) (local $n i32) (local $i i32) (local $sum i64) (local $slot i32)
    (local.set $all (array.new_default $all (i32.const 4096)))
    (local.set $random (i32.const 12345))
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (loop $rounds
      (local.set $i (i32.const 0))
      (loop $fill
        (local.set $random (i32.add (i32.mul (local.get $random) (i32.const 1664525)) (i32.const 1013904223)))
        (local.set $slot (i32.and (i32.shr_u (local.get $random) (i32.const 8)) (i32.const 4095)))
        (array.set $all (local.get $all) (local.get $slot)
          (call $make (i32.shr_u (local.get $random) (i32.const 30)) (i32.and (local.get $i) (i32.const 1023))
            (array.get $all (local.get $all) (i32.and (local.get $i) (i32.const 4095)))))
        (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
      (local.set $i (i32.const 0))
      (loop $read
        (if (i32.eqz (ref.is_null (array.get $all (local.get $all) (local.get $i))))
          (then
            (local.set $sum
              (call $mix (local.get $sum)
                (i64.extend_i32_u (call $value (array.get $all (local.get $all) (local.get $i))))))))
        (br_if $read (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
      (br_if $rounds (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (local.get $sum)))
