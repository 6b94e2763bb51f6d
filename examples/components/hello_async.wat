;; A program of WASI 0.3: its run is an asynchronous function, and the standard output reads a stream that it writes.
;;   ermine run examples/components/hello_async.wat
(component
  (import "wasi:cli/types@0.3.0" (instance $types
    (type $c (enum "io" "illegal-byte-sequence" "pipe")) (export "error-code" (type (eq $c)))))
  (alias export $types "error-code" (type $error-code))
  (import "wasi:cli/stdout@0.3.0" (instance $stdout
    (alias outer 1 $error-code (type $c)) (export "error-code" (type $code (eq $c)))
    (export "write-via-stream" (func (param "data" (stream u8)) (result (future (result (error $code))))))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 16) "hello\n"))
  (core instance $m (instantiate $memory))
  (type $bytes (stream u8))
  (type $end (future (result (error $error-code))))
  (core func $new (canon stream.new $bytes))
  (core func $write (canon stream.write $bytes (memory $m "memory")))
  (core func $close (canon stream.drop-writable $bytes))
  (core func $wait (canon future.read $end (memory $m "memory")))
  (core func $print (canon lower (func $stdout "write-via-stream")))
  (core module $main
    (import "" "memory" (memory 1))
    (import "" "new" (func $new (result i64)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "close" (func $close (param i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (import "" "print" (func $print (param i32) (result i32)))
    (func (export "run") (result i32)
      (local $ends i64) (local $writer i32) (local $end i32) (local $written i32) (local $code i32)
      (local.set $ends (call $new))
      (local.set $writer (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (local.set $end (call $print (i32.wrap_i64 (local.get $ends))))
      ;; Fewer bytes may be taken at once. The lower four bits are 0 while the other end is open.
      (loop $again
        (local.set $code (call $write (local.get $writer)
          (i32.add (i32.const 16) (local.get $written)) (i32.sub (i32.const 6) (local.get $written))))
        (local.set $written (i32.add (local.get $written) (i32.shr_u (local.get $code) (i32.const 4))))
        (br_if $again (i32.and (i32.lt_u (local.get $written) (i32.const 6))
          (i32.eqz (i32.and (local.get $code) (i32.const 15))))))
      (call $close (local.get $writer))
      ;; What became of it: 0, or 1 and an error.
      (drop (call $wait (local.get $end) (i32.const 0)))
      (i32.load8_u (i32.const 0))))
  (core instance $i (instantiate $main (with "" (instance (export "memory" (memory $m "memory"))
    (export "new" (func $new)) (export "write" (func $write)) (export "close" (func $close)) (export "wait" (func $wait))
    (export "print" (func $print))))))
  (func $run async (result (result)) (canon lift (core func $i "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $exported)))
