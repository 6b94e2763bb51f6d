    ;; What the programs wasi2.wat and wasi3.wat share: the argument's number, the checksum and its text (at 512), the
    ;; bytes to write (from 64 KiB on), the name of a small file (at 1152), the choice of the work.
    (func $number (param $at i32) (param $size i32) (result i32)
      (local $value i32)
      (block $over
        (loop $next
          (br_if $over (i32.eqz (local.get $size)))
          (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10))
            (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $size (i32.sub (local.get $size) (i32.const 1)))
          (br $next)))
      (local.get $value))
    (func $print (param $sum i64)
      (local $i i32) (local $nibble i32)
      (loop $next
        (local.set $nibble (i32.and (i32.wrap_i64 (local.get $sum)) (i32.const 15)))
        (i32.store8 offset=512 (i32.sub (i32.const 15) (local.get $i))
          (i32.add (local.get $nibble)
            (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $nibble) (i32.const 10)))))
        (local.set $sum (i64.shr_u (local.get $sum) (i64.const 4)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
      (i32.store8 (i32.const 528) (i32.const 10)))
    (func $mix (param $sum i64) (param $value i64) (result i64)
      (i64.mul
        (i64.xor (local.get $sum) (i64.add (local.get $value) (i64.const 0x9e3779b97f4a7c15)))
        (i64.const 0xff51afd7ed558ccd)))
    ;; 64 KiB that are not all alike.
    (func $fill
      (local $i i32)
      (loop $next
        (i32.store offset=0x10000 (local.get $i) (i32.mul (local.get $i) (i32.const 0x9e3779b9)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 0x10000)))))
    ;; Adds the first 8 bytes of each page to the sum, wherever a read began; $left bytes are to be read, these included.
    (func $sum-pages (param $sum i64) (param $left i64) (param $at i32) (param $size i32) (result i64)
      (local $i i32)
      (local.set $i (i32.and (i32.wrap_i64 (local.get $left)) (i32.const 4095)))
      (block $over
        (loop $next
          (br_if $over (i32.gt_s (local.get $i) (i32.sub (local.get $size) (i32.const 8))))
          (local.set $sum (call $mix (local.get $sum) (i64.load (i32.add (local.get $at) (local.get $i)))))
          (local.set $i (i32.add (local.get $i) (i32.const 4096)))
          (br $next)))
      (local.get $sum))
    ;; "file-0000000", with the number's last seven digits.
    (func $name (param $n i32)
      (local $i i32)
      (i32.store (i32.const 1152) (i32.const 0x656c6966))
      (i32.store8 (i32.const 1156) (i32.const 0x2d))
      (local.set $i (i32.const 1163))
      (loop $next
        (i32.store8 (local.get $i) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
        (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
        (br_if $next (i32.gt_u (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (i32.const 1156)))))
    ;; By the first letter of its name.
    (func $work-of (param $kind i32) (param $work i32) (result i64)
      (if (i32.eq (local.get $kind) (i32.const 0x77)) (then (return (call $work-write (local.get $work)))))
      (if (i32.eq (local.get $kind) (i32.const 0x72)) (then (return (call $work-read (local.get $work)))))
      (if (i32.eq (local.get $kind) (i32.const 0x73)) (then (return (call $work-small (local.get $work)))))
      (if (i32.eq (local.get $kind) (i32.const 0x65)) (then (return (call $work-echo (local.get $work)))))
      (if (i32.eq (local.get $kind) (i32.const 0x63)) (then (return (call $work-connect (local.get $work)))))
      (if (i32.eq (local.get $kind) (i32.const 0x6d)) (then (return (call $work-many (local.get $work)))))
      (if (i32.eq (local.get $kind) (i32.const 0x74)) (then (return (call $work-timers (local.get $work)))))
      (unreachable))
