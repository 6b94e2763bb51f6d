(component $c
  (core module $m (memory (export "m") 1) (func (export "f") (param i32 i32) (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (type $t (record (field "a" u8) (field "b" (list string))))
  (func $f (export "f") (param "x" $t) (result (option u8))
    (canon lift (core func $i "f") (memory (core memory $i "m")) string-encoding=utf8))
  (component $d (import "g" (func (param "x" $t))) (alias outer $c $m (core module $n)))
  (instance $e (instantiate $d (with "g" (func $f))))
  (export "e" (instance $e)))
