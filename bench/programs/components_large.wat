;; As components.wat, for a function that is too large to be inlined: "calls" calls it in another component, "core-calls" the
;; same function in another core instance. What makes it large is in a branch that is not taken.
(component
  (component $callee
    (core module $module
      (func (export "add") (param i32 i32) (result i32)
        (if (i32.eqz (local.get 1)) (then
          ;; @include large.inc.wat
        ))
        (i32.add (local.get 0) (local.get 1))))
    (core instance $core (instantiate $module))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $core "add"))))

  (component $caller
    (import "callee" (instance $callee (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
    (core module $library
      (func (export "add") (param i32 i32) (result i32)
        (if (i32.eqz (local.get 1)) (then
          ;; @include large.inc.wat
        ))
        (i32.add (local.get 0) (local.get 1))))
    (core instance $library (instantiate $library))
    (core func $add (canon lower (func $callee "add")))
    (core module $main
      (import "core" "add" (func $core-add (param i32 i32) (result i32)))
      (import "callee" "add" (func $add (param i32 i32) (result i32)))
      (func (export "core-calls") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $core-add (local.get $sum) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "calls") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $add (local.get $sum) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))
    (core instance $main (instantiate $main
      (with "core" (instance $library)) (with "callee" (instance (export "add" (func $add))))))
    (func (export "core-calls") (param "n" u32) (result u32) (canon lift (core func $main "core-calls")))
    (func (export "calls") (param "n" u32) (result u32) (canon lift (core func $main "calls"))))

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (export "core-calls" (func $caller "core-calls"))
  (export "calls" (func $caller "calls")))
