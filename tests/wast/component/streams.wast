;; Streams and futures whose elements are no numbers: they are lifted from the writer's memory and lowered into the
;; reader's, in parts, and with handles in them.

(component definition $Strings
  ;; Writes three strings, as many at a time as are read.
  (component $Writer
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "onetwothree")
      ;; pointers and lengths
      (data (i32.const 128) "\40\00\00\00\03\00\00\00\43\00\00\00\03\00\00\00\46\00\00\00\05\00\00\00"))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (type $s (stream string))
    (canon stream.new $s (core func $new))
    (canon stream.write $s async (memory $mem) (core func $write))
    (canon stream.drop-writable $s (core func $drop))
    (canon task.return (result $s) (core func $return))
    (canon waitable-set.new (core func $set))
    (canon waitable.join (core func $join))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (global $end (mut i32) (i32.const 0))
      (global $events (mut i32) (i32.const 0))
      (global $written (mut i32) (i32.const 0))
      (func $go-on (result i32)
        (local $code i32)
        (loop $again
          (if (i32.eq (global.get $written) (i32.const 3))
            (then
              (call $drop (global.get $end))
              (return (i32.const 0))))
          (local.set $code (call $write (global.get $end)
            (i32.add (i32.const 128) (i32.mul (global.get $written) (i32.const 8)))
            (i32.sub (i32.const 3) (global.get $written))))
          (if (i32.ne (local.get $code) (i32.const -1))
            (then
              (global.set $written (i32.add (global.get $written) (i32.shr_u (local.get $code) (i32.const 4))))
              (br $again))))
        (i32.or (i32.const 2) (i32.shl (global.get $events) (i32.const 4))))
      (func (export "get") (result i32)
        (local $both i64)
        (local.set $both (call $new))
        (global.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
        (global.set $events (call $set))
        (call $join (global.get $end) (global.get $events))
        (call $return (i32.wrap_i64 (local.get $both)))
        (call $go-on))
      (func (export "cb") (param $event i32) (param $index i32) (param $payload i32) (result i32)
        (if (i32.ne (local.get $event) (i32.const 3)) (then unreachable))
        (if (i32.ne (local.get $index) (global.get $end)) (then unreachable))
        (global.set $written (i32.add (global.get $written) (i32.shr_u (local.get $payload) (i32.const 4))))
        (call $go-on)))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "new" (func $new)) (export "write" (func $write))
      (export "drop" (func $drop)) (export "return" (func $return)) (export "set" (func $set))
      (export "join" (func $join))))))
    (func (export "get") async (result $s) (canon lift (core func $m "get") async (callback (core func $m "cb")))))

  ;; Reads them `n` at a time; the sum of the lengths, and in the higher bytes the number of reads.
  (component $Reader
    (type $s (stream string))
    (import "get" (func $get async (result $s)))
    (core module $Memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3)))))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (alias core export $memory "realloc" (core func $realloc))
    (canon lower (func $get) (core func $get'))
    (canon stream.read $s (memory $mem) (realloc $realloc) (core func $read))
    (canon stream.drop-readable $s (core func $drop))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "get" (func $get (result i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param $n i32) (result i32)
        (local $end i32) (local $code i32) (local $sum i32) (local $at i32) (local $i i32)
        (local.set $end (call $get))
        (loop $again
          (local.set $code (call $read (local.get $end) (i32.const 64) (local.get $n)))
          (local.set $sum (i32.add (local.get $sum) (i32.const 256)))
          (local.set $i (i32.shr_u (local.get $code) (i32.const 4)))
          (local.set $at (i32.const 64))
          (loop $each
            (if (local.get $i)
              (then
                (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br $each))))
          (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15)))))
        (call $drop (local.get $end))
        ;; the last string that came first in the buffer, for its first letter
        (i32.or (local.get $sum) (i32.shl (i32.load8_u (i32.load (i32.const 64))) (i32.const 16)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "get" (func $get')) (export "read" (func $read))
      (export "drop" (func $drop))))))
    (func (export "run") async (param "n" u32) (result u32) (canon lift (core func $m "run"))))

  (instance $writer (instantiate $Writer))
  (instance $reader (instantiate $Reader (with "get" (func $writer "get"))))
  (export "run" (func $reader "run")))

;; 11 letters; the reads that find something, and one that finds the end: which may come with the last elements
(component instance $s1 $Strings)
(assert_return (invoke "run" (u32.const 3)) (either (u32.const 0x6f020b) (u32.const 0x6f010b)))
(component instance $s2 $Strings)
(assert_return (invoke "run" (u32.const 2)) (either (u32.const 0x74030b) (u32.const 0x74020b)))
(component instance $s3 $Strings)
(assert_return (invoke "run" (u32.const 1)) (either (u32.const 0x74040b) (u32.const 0x74030b)))

;; ---- Resources in a stream: owned handles move with their elements

(component definition $Handles
  (component $A
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (type $r (resource (rep i32)))
    (export $r' "r" (type $r))
    (type $s (stream (own $r')))
    (canon resource.new $r (core func $make))
    (canon resource.rep $r (core func $rep))
    (canon stream.new $s (core func $new))
    (canon stream.write $s async (memory $mem) (core func $write))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (global $end (mut i32) (i32.const 0))
      (func (export "start") (result i32)
        (local $both i64)
        (local.set $both (call $new))
        (global.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
        (i32.store (i32.const 16) (call $make (i32.const 100)))
        (i32.store (i32.const 20) (call $make (i32.const 101)))
        (drop (call $write (global.get $end) (i32.const 16) (i32.const 2)))
        (i32.wrap_i64 (local.get $both)))
      ;; the first one was read, so that it is unknown here
      (func (export "use") (param i32) (result i32)
        (call $rep (i32.load (i32.add (i32.const 16) (i32.mul (local.get 0) (i32.const 4))))))
      (func (export "value") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "make" (func $make)) (export "rep" (func $rep))
      (export "new" (func $new)) (export "write" (func $write))))))
    (func (export "start") (result $s) (canon lift (core func $m "start")))
    (func (export "use") (param "i" u32) (result u32) (canon lift (core func $m "use")))
    (func (export "value") (param "r" (borrow $r')) (result u32) (canon lift (core func $m "value"))))
  (component $B
    (import "a" (instance $a
      (export "r" (type $r (sub resource)))
      (export "start" (func (result (stream (own $r)))))
      (export "value" (func (param "r" (borrow $r)) (result u32)))))
    (alias export $a "r" (type $r))
    (type $s (stream (own $r)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (canon lower (func $a "start") (core func $start))
    (canon lower (func $a "value") (core func $value))
    (canon stream.read $s async (memory $mem) (core func $read))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "start" (func $start (result i32)))
      (import "" "value" (func $value (param i32) (result i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (func (export "run") (result i32)
        (if (i32.ne (call $read (call $start) (i32.const 16) (i32.const 1)) (i32.const 0x10)) (then unreachable))
        (call $value (i32.load (i32.const 16)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "start" (func $start)) (export "value" (func $value))
      (export "read" (func $read))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "a" (instance $a))))
  (export "run" (func $b "run"))
  (export "use" (func $a "use")))

(component instance $h $Handles)
(assert_return (invoke "run") (u32.const 100))
(assert_return (invoke "use" (u32.const 1)) (u32.const 101))
(assert_trap (invoke "use" (u32.const 0)) "unknown handle index")
