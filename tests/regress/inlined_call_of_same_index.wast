;; A function of another instance is inlined that calls the function with the index that the outer one has in its own
;; module: which is another function.
(module
  (func (export "unused") (param i32) (result i32) (i32.const 1))
  (func $calls (export "calls") (param i32) (result i32)
    (i32.add (call $third (local.get 0)) (call $third (i32.const 5))))
  ;; Not inlined, because it catches.
  (func $third (param $n i32) (result i32)
    (block $caught (try_table (catch_all $caught) (return (i32.mul (local.get $n) (i32.const 2)))))
    (i32.const 0)))
(register "lib")
(module
  (import "lib" "calls" (func $calls (param i32) (result i32)))
  (import "lib" "unused" (func (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (if (i32.gt_u (local.get 0) (i32.const 100)) (then (return (i32.const -1))))
    (call $calls (i32.add (local.get 0) (i32.const 90)))))
(assert_return (invoke "run" (i32.const 20)) (i32.const 230))
