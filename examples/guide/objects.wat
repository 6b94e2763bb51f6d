(module
  (type $point (struct (field $x i32) (field $y (mut i32))))
  (tag $invalid (export "invalid") (param i32))
  (func (export "point") (param $x i32) (param $y i32) (result (ref $point))
    (if (i32.lt_s (local.get $x) (i32.const 0)) (then (throw $invalid (local.get $x))))
    (struct.new $point (local.get $x) (local.get $y)))
  (func (export "sum") (param $p (ref $point)) (result i32)
    (i32.add (struct.get $point $x (local.get $p)) (struct.get $point $y (local.get $p)))))
