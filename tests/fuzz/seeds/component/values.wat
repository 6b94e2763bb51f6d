(component
  (import "v" (value $v string))
  (import "n" (value $n (list u8)))
  (import "f" (func $f (param "x" string) (result (option u8))))
  (start $f (value $v) (result (value $r)))
  (export "r" (value $r))
  (export "n2" (value $n)))
