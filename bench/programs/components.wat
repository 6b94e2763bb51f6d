;; Calls between components, of which a host runs one function a measurement: each calls the other component n times, with
;; two integers, a text of 1,000 bytes, or a list of 1,000 records. core-calls is the same as calls with a core function
;; of another core instance. The arguments are checked by what they sum up to.
(component
  (component $callee
    (core module $module
      (memory (export "memory") 2)
      ;; What a call passes is read before the next call, so each gets the same bytes.
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      ;; The length, and the last byte.
      (func (export "text") (param $at i32) (param $size i32) (result i32)
        (i32.add (local.get $size)
          (i32.load8_u (i32.sub (i32.add (local.get $at) (local.get $size)) (i32.const 1)))))
      ;; The length, and the first field of the last record.
      (func (export "records") (param $at i32) (param $count i32) (result i32)
        (i32.add (local.get $count)
          (i32.load (i32.sub (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 32))) (i32.const 32))))))
    (core instance $core (instantiate $module))
    (type $item-type (record (field "id" u32) (field "size" u64) (field "kind" u8) (field "weight" f64)))
    (export $item "item" (type $item-type))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $core "add")))
    (func (export "text") (param "text" string) (result u32)
      (canon lift (core func $core "text") (memory $core "memory") (realloc (func $core "realloc"))))
    (func (export "records") (param "items" (list $item)) (result u32)
      (canon lift (core func $core "records") (memory $core "memory") (realloc (func $core "realloc")))))

  (component $caller
    (import "callee" (instance $callee
      (type $item-type (record (field "id" u32) (field "size" u64) (field "kind" u8) (field "weight" f64)))
      (export "item" (type $item (eq $item-type)))
      (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
      (export "text" (func (param "text" string) (result u32)))
      (export "records" (func (param "items" (list $item)) (result u32)))))
    (core module $library
      (memory (export "memory") 2)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      ;; Makes what is passed: not when it is instantiated, which is measured as well.
      (func (export "make-text") (memory.fill (i32.const 0) (i32.const 0x61) (i32.const 1000)))
      (func (export "make-records") (local $i i32)
        (loop $next
          (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 32))) (local.get $i))
          (i64.store offset=8 (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 32))) (i64.const 5))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))))
    (core instance $library (instantiate $library))
    (core func $add (canon lower (func $callee "add")))
    (core func $text (canon lower (func $callee "text") (memory $library "memory")))
    (core func $records (canon lower (func $callee "records") (memory $library "memory")))
    (core module $main
      (import "core" "add" (func $core-add (param i32 i32) (result i32)))
      (import "core" "make-text" (func $make-text))
      (import "core" "make-records" (func $make-records))
      (import "callee" "add" (func $add (param i32 i32) (result i32)))
      (import "callee" "text" (func $text (param i32 i32) (result i32)))
      (import "callee" "records" (func $records (param i32 i32) (result i32)))
      (func (export "core-calls") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $core-add (local.get $sum) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "calls") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $add (local.get $sum) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "texts") (param $n i32) (result i32) (local $sum i32)
        (call $make-text)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $text (i32.const 0) (i32.const 1000))))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "lists") (param $n i32) (result i32) (local $sum i32)
        (call $make-records)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $records (i32.const 1024) (i32.const 1000))))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))
    (core instance $main (instantiate $main
      (with "core" (instance $library))
      (with "callee" (instance
        (export "add" (func $add))
        (export "text" (func $text))
        (export "records" (func $records))))))
    (func (export "core-calls") (param "n" u32) (result u32) (canon lift (core func $main "core-calls")))
    (func (export "calls") (param "n" u32) (result u32) (canon lift (core func $main "calls")))
    (func (export "texts") (param "n" u32) (result u32) (canon lift (core func $main "texts")))
    (func (export "lists") (param "n" u32) (result u32) (canon lift (core func $main "lists"))))

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (export "core-calls" (func $caller "core-calls"))
  (export "calls" (func $caller "calls"))
  (export "texts" (func $caller "texts"))
  (export "lists" (func $caller "lists")))
