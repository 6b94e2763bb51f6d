(component
  (core module $m
    (memory (export "mem") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
    (func (export "run") (param i32 i32) (result i32) i32.const 8))
  (core instance $i (instantiate $m))
  (alias core export $i "mem" (core memory $mem))
  (func $run (param "s" string) (result string)
    (canon lift (core func $i "run") (memory $mem) (realloc (func $i "realloc"))))
  (component $c
    (import "f" (func $f (param "s" string) (result string)))
    (export "g" (func $f)))
  (instance $j (instantiate $c (with "f" (func $run))))
  (export "run" (func $j "g"))
  (core func $lowered (canon lower (func $run) (memory $mem) (realloc (func $i "realloc"))))
  (core instance (export "x" (func $lowered))))
