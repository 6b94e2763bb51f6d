;; A thread inside a thread may name a module that was handed to the outer thread.
(module $Memory (memory (export "memory") 1 1 shared))
(thread $outer (shared (module $Memory))
  (thread $inner (shared (module $Memory))
    (register "host" $Memory)
    (module
      (memory (import "host" "memory") 1 1 shared)
      (func (export "store") (i32.store (i32.const 8) (i32.const 77))))
    (invoke "store"))
  (wait $inner))
(wait $outer)
(register "host" $Memory)
(module
  (memory (import "host" "memory") 1 1 shared)
  (func (export "load") (result i32) (i32.load (i32.const 8))))
(assert_return (invoke "load") (i32.const 77))
