;; options: counting
;; Calls and rounds are counted, until the function is compiled.
(module
  (func $straight (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))
  (func $loops (param $n i32)
    (loop $outer
      (loop $inner
        (br_if $inner (i32.lt_u (local.get $n) (i32.const 5)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $outer (i32.lt_u (local.get $n) (i32.const 50)))))))
