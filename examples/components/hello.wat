;; A program of WASI 0.2: it exports wasi:cli/run, and writes to the standard output.
;;   ermine run examples/components/hello.wat
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $error (type $e)) (export "error" (type $error (eq $e)))
    (type $s (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $s)))
    (export "output-stream" (type $out (sub resource)))
    (export "[method]output-stream.blocking-write-and-flush" (func (param "self" (borrow $out))
      (param "contents" (list u8)) (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $out))
  (import "wasi:cli/stdout@0.2.12" (instance $stdout
    (alias outer 1 $out (type $o)) (export "output-stream" (type $output-stream (eq $o)))
    (export "get-stdout" (func (result (own $output-stream))))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 16) "hello\n"))
  (core instance $m (instantiate $memory))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $m "memory")))
  (core module $main
    (import "" "get" (func $get (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $write (call $get) (i32.const 16) (i32.const 6) (i32.const 0))
      (i32.const 0)))
  (core instance $i (instantiate $main (with "" (instance (export "get" (func $get)) (export "write" (func $write))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $exported)))
