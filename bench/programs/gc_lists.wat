;; GC: linked lists. One of 100000 nodes is built, reversed in place, searched and thinned again and again, while
;; short ones come and go: pointers followed one after the other, and references stored into objects of all ages.
(module
  ;; @include wasi.inc.wat
  (type $node (struct (field $next (mut (ref null $node))) (field $value (mut i32))))

  (func $build (param $n i32) (param $last (ref null $node)) (result (ref null $node))
    (loop $more
      (local.set $last (struct.new $node (local.get $last) (local.get $n)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $last))

  (func $reverse (param $at (ref null $node)) (result (ref null $node))
    (local $done (ref null $node)) (local $next (ref null $node))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $next (struct.get $node $next (local.get $at)))
        (struct.set $node $next (local.get $at) (local.get $done))
        (local.set $done (local.get $at))
        (local.set $at (local.get $next))
        (br $more)))
    (local.get $done))

  (func $sum (param $at (ref null $node)) (result i64) (local $sum i64)
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (struct.get $node $value (local.get $at)))))
        (local.set $at (struct.get $node $next (local.get $at)))
        (br $more)))
    (local.get $sum))

  ;; Each third node gives way to a new one.
  (func $renew (param $at (ref null $node)) (param $by i32)
    (local $third (ref null $node))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $at)))
        (br_if $end (ref.is_null (local.tee $third (struct.get $node $next (local.get $at)))))
        (br_if $end (ref.is_null (local.tee $third (struct.get $node $next (local.get $third)))))
        (struct.set $node $next
          (struct.get $node $next (local.get $at))
          (struct.new $node
            (struct.get $node $next (local.get $third))
            (i32.add (struct.get $node $value (local.get $third)) (local.get $by))))
        (local.set $at (struct.get $node $next (local.get $third)))
        (br $more))))

  (func $run (param $work i32) (result i64)
    (local $list (ref null $node)) (local $n i32) (local $i i32) (local $sum i64)
    (if (i32.eqz (local.get $work)) (then (return (i64.const 0))))
    (local.set $list (call $build (i32.const 100000) (ref.null $node)))
    (loop $rounds
      (local.set $list (call $reverse (local.get $list)))
      (call $renew (local.get $list) (local.get $n))
      (local.set $i (i32.const 400))
      (loop $short
        (local.set $sum (i64.add (local.get $sum) (call $sum (call $reverse (call $build (local.get $i) (ref.null $node))))))
        (br_if $short (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $sum (call $mix (local.get $sum) (call $sum (local.get $list))))
      (br_if $rounds (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $work))))
    (local.get $sum)))
