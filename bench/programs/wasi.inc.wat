  ;; What a program in text shares with those in C (see bench.h): $work reads the amount of work, the first argument
  ;; (none is 1); $done prints a checksum; $mix adds a value to one. A program defines $run, from work to checksum.
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (func $work (result i32)
    (local $at i32) (local $digit i32) (local $value i32)
    ;; The count is at 0, the pointers at 16, the texts at 1024: short command lines are all there is.
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.lt_u (i32.load (i32.const 0)) (i32.const 2)) (then (return (i32.const 1))))
    (drop (call $args_get (i32.const 16) (i32.const 1024)))
    (local.set $at (i32.load (i32.const 20)))
    (loop $next
      (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (if (i32.lt_u (local.get $digit) (i32.const 10))
        (then
          (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10)) (local.get $digit)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (local.get $value))

  (func $done (param $sum i64)
    (local $i i32) (local $nibble i32)
    (loop $next
      (local.set $nibble (i32.and (i32.wrap_i64 (local.get $sum)) (i32.const 15)))
      (i32.store8 offset=512
        (i32.sub (i32.const 15) (local.get $i))
        (i32.add (local.get $nibble)
          (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $nibble) (i32.const 10)))))
      (local.set $sum (i64.shr_u (local.get $sum) (i64.const 4)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 16))))
    (i32.store8 (i32.const 528) (i32.const 10))
    (i32.store (i32.const 0) (i32.const 512))
    (i32.store (i32.const 4) (i32.const 17))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $mix (param $sum i64) (param $value i64) (result i64)
    (i64.mul
      (i64.xor (local.get $sum) (i64.add (local.get $value) (i64.const 0x9e3779b97f4a7c15)))
      (i64.const 0xff51afd7ed558ccd)))

  (func (export "_start") (call $done (call $run (call $work))))
