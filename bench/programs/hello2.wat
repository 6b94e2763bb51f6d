;; Prints a line by WASI 0.2.
(component
  (import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $io-streams
    (alias outer 1 $error (type $outer-error)) (export "error" (type $error (eq $outer-error)))
    (type $stream-error-type (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-type)))
    (export "output-stream" (type $output-stream (sub resource)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))))))
  (alias export $io-streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $stream)) (export "output-stream" (type $output-stream (eq $stream)))
    (export "get-stdout" (func (result (own $output-stream))))))
  (core module $memory-module (memory (export "memory") 1))
  (core instance $m (instantiate $memory-module))
  (core func $write (canon lower (func $io-streams "[method]output-stream.blocking-write-and-flush")
    (memory $m "memory")))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core module $main-module
    (import "m" "memory" (memory 1))
    (import "h" "write" (func $write (param i32 i32 i32 i32)))
    (import "h" "get-stdout" (func $get-stdout (result i32)))
    (data (i32.const 16) "hello\n")
    (func (export "run") (result i32)
      (call $write (call $get-stdout) (i32.const 16) (i32.const 6) (i32.const 0))
      (i32.load8_u (i32.const 0))))
  (core instance $main (instantiate $main-module
    (with "m" (instance $m))
    (with "h" (instance (export "write" (func $write)) (export "get-stdout" (func $get-stdout))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $cli-run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $cli-run)))
