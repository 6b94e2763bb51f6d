;; Components that import the exports of other instances by name, with resources and their destructors.

(component $files
  (core module $M
    (import "" "drop" (func $drop (param i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (global $closed (mut i32) (i32.const 0))
    (func (export "open") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "number") (param i32) (result i32) (local.get 0))
    (func (export "close") (param i32) (call $drop (local.get 0)))
    (func (export "closed") (result i32) (global.get $closed))
    (func (export "note") (param i32) (global.set $closed (i32.add (global.get $closed) (local.get 0)))))
  (core module $Table
    (table (export "t") 1 funcref)
    (type $dtor (func (param i32)))
    (func (export "dtor") (param i32) (call_indirect (type $dtor) (local.get 0) (i32.const 0))))
  (core module $Fill
    (import "" "t" (table 1 funcref))
    (import "" "note" (func $note (param i32)))
    (elem (i32.const 0) func $note))
  (core instance $table (instantiate $Table))
  (type $file' (resource (rep i32) (dtor (core func $table "dtor"))))
  (canon resource.new $file' (core func $new))
  (canon resource.drop $file' (core func $drop))
  (core instance $m (instantiate $M (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (core instance (instantiate $Fill (with "" (instance (export "t" (table $table "t")) (export "note" (func $m "note"))))))
  (export $file "file" (type $file'))
  (func (export "open") (param "n" u32) (result (own $file)) (canon lift (core func $m "open")))
  (func (export "number") (param "f" (borrow $file)) (result u32) (canon lift (core func $m "number")))
  (func (export "close") (param "f" (own $file)) (canon lift (core func $m "close")))
  (func (export "closed") (result u32) (canon lift (core func $m "closed"))))

(component definition $User
  (import "files" (instance $files
    (export "file" (type $file (sub resource)))
    (export "open" (func (param "n" u32) (result (own $file))))
    (export "number" (func (param "f" (borrow $file)) (result u32)))
    (export "close" (func (param "f" (own $file))))))
  (alias export $files "file" (type $file))
  (canon resource.drop $file (core func $drop))
  (canon lower (func $files "open") (core func $open))
  (canon lower (func $files "number") (core func $number))
  (canon lower (func $files "close") (core func $close))
  (core module $M
    (import "" "open" (func $open (param i32) (result i32)))
    (import "" "number" (func $number (param i32) (result i32)))
    (import "" "close" (func $close (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32)
      (local $a i32) (local $b i32)
      (local.set $a (call $open (i32.const 5)))
      (local.set $b (call $open (i32.const 100)))
      (call $number (local.get $a))
      (i32.add (call $number (local.get $b)))
      (call $drop (local.get $a))
      (call $close (local.get $b)))
    (func (export "twice")
      (local $a i32)
      (local.set $a (call $open (i32.const 1)))
      (call $close (local.get $a))
      (call $close (local.get $a))))
  (core instance $m (instantiate $M (with "" (instance
    (export "open" (func $open)) (export "number" (func $number)) (export "close" (func $close))
    (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $m "run")))
  (func (export "twice") (canon lift (core func $m "twice"))))

(component instance $user $User)
(assert_return (invoke "run") (u32.const 105))
(assert_return (invoke $files "closed") (u32.const 105))
;; The index that was freed last is used first.
(assert_trap (invoke "twice") "unknown handle index 2")
;; The instance that was called has not trapped.
(assert_return (invoke $files "closed") (u32.const 106))
(assert_trap (invoke $user "run") "cannot enter component instance")

;; A component's own instance under another name.
(register "other" $files)
(component
  (import "other" (instance $o (export "closed" (func (result u32)))))
  (export "closed" (func $o "closed")))
(assert_return (invoke "closed") (u32.const 106))

(assert_unlinkable (component (import "none" (func (result u32)))) "unknown import `none`")
(assert_unlinkable
  (component (import "other" (instance (export "closed" (func (result u64))))))
  "incompatible import type for `closed` of `other`")

;; A handle that is left at the end of the call that it was lent for.
(component
  (component $A
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (canon resource.new $r' (core func $new))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 3))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $m "make"))))
  (component $B
    (import "r" (type $r (sub resource)))
    (core module $M (func (export "keep") (param i32)))
    (core instance $m (instantiate $M))
    (func (export "keep") (param "v" (borrow $r)) (canon lift (core func $m "keep"))))
  (component $C
    (import "r" (type $r (sub resource)))
    (import "make" (func $make (result (own $r))))
    (import "keep" (func $keep (param "v" (borrow $r))))
    (canon lower (func $make) (core func $make'))
    (canon lower (func $keep) (core func $keep'))
    (core module $M
      (import "" "make" (func $make (result i32)))
      (import "" "keep" (func $keep (param i32)))
      (func (export "run") (call $keep (call $make))))
    (core instance $m (instantiate $M (with "" (instance (export "make" (func $make')) (export "keep" (func $keep'))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "r" (type $a "r"))))
  (instance $c (instantiate $C (with "r" (type $a "r")) (with "make" (func $a "make")) (with "keep" (func $b "keep"))))
  (export "run" (func $c "run")))
(assert_trap (invoke "run") "borrow handles still remain at the end of the call")
