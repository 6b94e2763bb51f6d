;; GC: a map from numbers to objects, as a table of chains that doubles when it is full. Entries come, are looked up,
;; replaced and removed, by random keys: large arrays of references that change, and objects of middle age.
(module
  ;; @include wasi.inc.wat
  (type $text (array (mut i8)))
  (type $value (struct (field $count (mut i64)) (field $text (mut (ref $text)))))
  (type $entry (struct (field $key i32) (field $value (mut (ref $value))) (field $next (mut (ref null $entry)))))
  (type $table (array (mut (ref null $entry))))
  (type $map (struct (field $table (mut (ref $table))) (field $size (mut i32))))

  (func $hash (param $key i32) (result i32)
    (local.set $key (i32.mul (local.get $key) (i32.const 0x9e3779b1)))
    (i32.xor (local.get $key) (i32.shr_u (local.get $key) (i32.const 15))))

  (func $slot (param $table (ref $table)) (param $key i32) (result i32)
    (i32.and (call $hash (local.get $key)) (i32.sub (array.len (local.get $table)) (i32.const 1))))

  (func $find (param $map (ref $map)) (param $key i32) (result (ref null $entry))
    (local $table (ref $table)) (local $at (ref null $entry))
    (local.set $table (struct.get $map $table (local.get $map)))
    (local.set $at (array.get $table (local.get $table) (call $slot (local.get $table) (local.get $key))))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $at)))
        (br_if $end (i32.eq (struct.get $entry $key (local.get $at)) (local.get $key)))
        (local.set $at (struct.get $entry $next (local.get $at)))
        (br $more)))
    (local.get $at))

  (func $double (param $map (ref $map))
    (local $old (ref $table)) (local $new (ref $table)) (local $i i32) (local $slot i32)
    (local $at (ref null $entry)) (local $next (ref null $entry))
    (local.set $old (struct.get $map $table (local.get $map)))
    (local.set $new (array.new_default $table (i32.shl (array.len (local.get $old)) (i32.const 1))))
    (loop $slots
      (local.set $at (array.get $table (local.get $old) (local.get $i)))
      (block $end
        (loop $chain
          (br_if $end (ref.is_null (local.get $at)))
          (local.set $next (struct.get $entry $next (local.get $at)))
          (local.set $slot (call $slot (local.get $new) (struct.get $entry $key (local.get $at))))
          (struct.set $entry $next (local.get $at) (array.get $table (local.get $new) (local.get $slot)))
          (array.set $table (local.get $new) (local.get $slot) (local.get $at))
          (local.set $at (local.get $next))
          (br $chain)))
      (br_if $slots
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $old)))))
    (struct.set $map $table (local.get $map) (local.get $new)))

  (func $put (param $map (ref $map)) (param $key i32) (param $value (ref $value))
    (local $entry (ref null $entry)) (local $table (ref $table)) (local $slot i32)
    (if (ref.is_null (local.tee $entry (call $find (local.get $map) (local.get $key))))
      (then
        (local.set $table (struct.get $map $table (local.get $map)))
        (if (i32.ge_u (struct.get $map $size (local.get $map)) (array.len (local.get $table)))
          (then
            (call $double (local.get $map))
            (local.set $table (struct.get $map $table (local.get $map)))))
        (local.set $slot (call $slot (local.get $table) (local.get $key)))
        (array.set $table (local.get $table) (local.get $slot)
          (struct.new $entry (local.get $key) (local.get $value)
            (array.get $table (local.get $table) (local.get $slot))))
        (struct.set $map $size (local.get $map) (i32.add (struct.get $map $size (local.get $map)) (i32.const 1))))
      (else (struct.set $entry $value (local.get $entry) (local.get $value)))))

  (func $remove (param $map (ref $map)) (param $key i32)
    (local $table (ref $table)) (local $slot i32) (local $at (ref null $entry)) (local $before (ref null $entry))
    (local.set $table (struct.get $map $table (local.get $map)))
    (local.set $slot (call $slot (local.get $table) (local.get $key)))
    (local.set $at (array.get $table (local.get $table) (local.get $slot)))
    (loop $more
      (if (ref.is_null (local.get $at)) (then (return)))
      (if (i32.ne (struct.get $entry $key (local.get $at)) (local.get $key))
        (then
          (local.set $before (local.get $at))
          (local.set $at (struct.get $entry $next (local.get $at)))
          (br $more))))
    (struct.set $map $size (local.get $map) (i32.sub (struct.get $map $size (local.get $map)) (i32.const 1)))
    (if (ref.is_null (local.get $before))
      (then (array.set $table (local.get $table) (local.get $slot) (struct.get $entry $next (local.get $at))))
      (else (struct.set $entry $next (local.get $before) (struct.get $entry $next (local.get $at))))))

  (func $run (param $work i32) (result i64)
    (local $map (ref $map)) (local $random i32) (local $key i32) (local $n i32) (local $sum i64)
    (local $entry (ref null $entry))
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (local.set $map (struct.new $map (array.new_default $table (i32.const 16)) (i32.const 0)))
    (local.set $work (i32.mul (local.get $work) (i32.const 10000)))
    (local.set $random (i32.const 12345))
    (loop $next
      (local.set $random (i32.add (i32.mul (local.get $random) (i32.const 1664525)) (i32.const 1013904223)))
      (local.set $key (i32.and (i32.shr_u (local.get $random) (i32.const 8)) (i32.const 0x1ffff)))
      (if (i32.and (i32.shr_u (local.get $random) (i32.const 26)) (i32.const 3))
        (then
          (if (ref.is_null (local.tee $entry (call $find (local.get $map) (local.get $key))))
            (then
              (call $put (local.get $map) (local.get $key)
                (struct.new $value (i64.extend_i32_u (local.get $n))
                  (array.new $text (local.get $n) (i32.and (local.get $key) (i32.const 31))))))
            (else
              (local.set $sum
                (i64.add (local.get $sum)
                  (struct.get $value $count (struct.get $entry $value (local.get $entry))))))))
        (else (call $remove (local.get $map) (local.get $key))))
      (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (call $mix (local.get $sum) (i64.extend_i32_u (struct.get $map $size (local.get $map))))))
