;; A component with one function, greet: func(name: string) -> string.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "Hello, ")
    (global $free (mut i32) (i32.const 1024))
    ;; Where the caller may put an argument: a component would use its allocator.
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get $size))))
    (func (export "greet") (param $name i32) (param $size i32) (result i32)
      (memory.copy (i32.const 512) (i32.const 16) (i32.const 7))
      (memory.copy (i32.const 519) (local.get $name) (local.get $size))
      (i32.store (i32.const 0) (i32.const 512))
      (i32.store (i32.const 4) (i32.add (local.get $size) (i32.const 7)))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $i "greet") (memory $i "memory") (realloc (func $i "realloc")))))
