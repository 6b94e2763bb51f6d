;; Threads that share memories: wait and notify, updates that are not lost, and the directives thread and wait.

(module $Mem
  (memory (export "shared") 1 2 shared)
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))

;; One waits for the other. The waiter sets 8 just before; the notifier tries until one woke up.
(thread $waiter (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (import "mem" "shared" (memory 1 2 shared))
    (func (export "wait") (result i32)
      (i32.atomic.store (i32.const 8) (i32.const 1))
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0)))

(thread $notifier (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (import "mem" "shared" (memory 1 2 shared))
    (func (export "notify") (result i32) (local $woken i32)
      (loop $l (br_if $l (i32.eqz (i32.atomic.load (i32.const 8)))))
      (loop $l
        (atomic.fence)
        (br_if $l (i32.eqz (local.tee $woken (memory.atomic.notify (i32.const 0) (i32.const 10))))))
      (local.get $woken)))
  (assert_return (invoke "notify") (i32.const 1)))

(wait $waiter)
(wait $notifier)
(assert_return (invoke $Mem "load" (i32.const 8)) (i32.const 1))

;; Four times 10000 additions.
(thread $1 (shared (module $Mem))
  (register "mem" $Mem)
  (module (import "mem" "shared" (memory 1 2 shared))
    (func (export "add") (param i32)
      (loop $l
        (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (assert_return (invoke "add" (i32.const 10000))))
(thread $2 (shared (module $Mem))
  (register "mem" $Mem)
  (module (import "mem" "shared" (memory 1 2 shared))
    (func (export "add") (param i32) (local $old i32)
      (loop $l
        (local.set $old (i32.atomic.load (i32.const 16)))
        (br_if $l (i32.ne (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 16) (local.get $old) (i32.add (local.get $old) (i32.const 1)))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (assert_return (invoke "add" (i32.const 10000))))
(thread $3 (shared (module $Mem))
  (register "mem" $Mem)
  (module (import "mem" "shared" (memory 1 2 shared))
    (func (export "add") (param i32)
      (loop $l
        (drop (i32.atomic.rmw.sub (i32.const 16) (i32.const -1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (assert_return (invoke "add" (i32.const 10000))))
(thread $4 (shared (module $Mem))
  (register "mem" $Mem)
  (module (import "mem" "shared" (memory 1 2 shared))
    (func (export "add") (param i32)
      (loop $l
        (drop (i64.atomic.rmw32.add_u (i32.const 16) (i64.const 1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    ;; One grows, all see it.
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))
  (assert_return (invoke "add" (i32.const 10000)))
  (assert_return (invoke "grow") (i32.const 1)))
(wait $1)
(wait $2)
(wait $3)
(wait $4)
(assert_return (invoke $Mem "load" (i32.const 16)) (i32.const 40000))
(assert_return (invoke $Mem "load" (i32.const 131068)) (i32.const 0))
(assert_return (invoke $Mem "grow") (i32.const -1))

;; A trap in one thread affects no other.
(thread $traps (shared (module $Mem))
  (module (func (export "f") unreachable))
  (assert_trap (invoke "f") "unreachable"))
(wait $traps)
;; Unshared items are not visible.
(thread $stranger
  (assert_unlinkable (module (import "mem" "shared" (memory 1 2 shared))) "unknown import"))
(wait $stranger)
(assert_invalid (module (memory 1 shared)) "shared memory must have maximum")
(assert_unlinkable (module (import "spectest" "memory" (memory 1 2 shared))) "incompatible import type")
