;; Calls between a host and a component, with two integers, a text of 1,000 bytes or a list of 1,000 records: the host
;; calls add, text, records and make-text, or one of the functions that call the host n times. What is passed is checked
;; by what it sums up to.
(component
  (import "bench:host/calls" (instance $host
    (type $item-type (record (field "id" u32) (field "size" u64) (field "kind" u8) (field "weight" f64)))
    (export "item" (type $item (eq $item-type)))
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "text" (func (param "text" string) (result u32)))
    (export "records" (func (param "items" (list $item)) (result u32)))))
  (alias export $host "item" (type $item))
  (core module $library
    (memory (export "memory") 2)
    ;; What a call passes is read before the next call, so each gets the same bytes.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536)))
  (core instance $library (instantiate $library))
  (core func $add (canon lower (func $host "add")))
  (core func $text (canon lower (func $host "text") (memory $library "memory")))
  (core func $records (canon lower (func $host "records") (memory $library "memory")))
  (core module $main
    (import "library" "memory" (memory 2))
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (import "host" "text" (func $text (param i32 i32) (result i32)))
    (import "host" "records" (func $records (param i32 i32) (result i32)))
    (func $make-text (memory.fill (i32.const 0) (i32.const 0x61) (i32.const 1000)))
    (func $make-records (local $i i32)
      (loop $next
        (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 32))) (local.get $i))
        (i64.store offset=8 (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 32))) (i64.const 5))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    ;; The length, and the last byte.
    (func (export "text") (param $at i32) (param $size i32) (result i32)
      (i32.add (local.get $size)
        (i32.load8_u (i32.sub (i32.add (local.get $at) (local.get $size)) (i32.const 1)))))
    ;; The length, and the first field of the last record.
    (func (export "records") (param $at i32) (param $count i32) (result i32)
      (i32.add (local.get $count)
        (i32.load (i32.sub (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 32))) (i32.const 32)))))
    (func (export "make-text") (result i32)
      (call $make-text)
      (i32.store (i32.const 1024) (i32.const 0))
      (i32.store (i32.const 1028) (i32.const 1000))
      (i32.const 1024))
    (func (export "out-calls") (param $n i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (call $add (local.get $sum) (local.get $n)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func (export "out-texts") (param $n i32) (result i32) (local $sum i32)
      (call $make-text)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $text (i32.const 0) (i32.const 1000))))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func (export "out-lists") (param $n i32) (result i32) (local $sum i32)
      (call $make-records)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $records (i32.const 1024) (i32.const 1000))))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))
  (core instance $main (instantiate $main
    (with "library" (instance $library))
    (with "host" (instance
      (export "add" (func $add))
      (export "text" (func $text))
      (export "records" (func $records))))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $main "add")))
  (func (export "text") (param "text" string) (result u32)
    (canon lift (core func $main "text") (memory $library "memory") (realloc (func $library "realloc"))))
  (func (export "make-text") (result string) (canon lift (core func $main "make-text") (memory $library "memory")))
  (func (export "records") (param "items" (list $item)) (result u32)
    (canon lift (core func $main "records") (memory $library "memory") (realloc (func $library "realloc"))))
  (func (export "out-calls") (param "n" u32) (result u32) (canon lift (core func $main "out-calls")))
  (func (export "out-texts") (param "n" u32) (result u32) (canon lift (core func $main "out-texts")))
  (func (export "out-lists") (param "n" u32) (result u32) (canon lift (core func $main "out-lists"))))
