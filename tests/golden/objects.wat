;; Objects: fields and elements with their operands in any location, objects made in place, tests fused with branches.
(module
  (type $node (sub (struct (field $next (mut (ref null $node))) (field $value (mut i32)))))
  (type $big (sub final $node (struct (field (mut (ref null $node))) (field (mut i32)) (field i8) (field f64))))
  (type $array (array (mut i16)))

  (func $list (param $n i32) (result (ref null $node)) (local $head (ref null $node))
    (loop $more
      (local.set $head (struct.new $node (local.get $head) (local.get $n)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $head))

  (func $sum (param $at (ref null $node)) (result i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (ref.is_null (local.get $at)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $node $value (local.get $at))))
        (local.set $at (struct.get $node $next (local.get $at)))
        (br $next)))
    (local.get $sum))

  (func $make (result (ref $big))
    (struct.new $big (ref.null $node) (i32.const 7) (i32.const 255) (f64.const 1.5)))

  (func $elements (param $a (ref $array)) (param $i i32) (result i32)
    (array.set $array (local.get $a) (local.get $i) (i32.const -1))
    (array.set $array (local.get $a) (i32.const 3) (array.len (local.get $a)))
    (i32.add (array.get_s $array (local.get $a) (local.get $i))
             (array.get_u $array (local.get $a) (i32.add (local.get $i) (i32.const 1)))))

  (func $tests (param $x anyref) (result i32)
    (if (ref.test (ref i31) (local.get $x))
      (then (return (i31.get_s (ref.cast (ref i31) (local.get $x))))))
    (if (i32.eqz (ref.test (ref $big) (local.get $x))) (then (return (i32.const -1))))
    (struct.get $node 1 (ref.cast (ref $node) (local.get $x)))))
