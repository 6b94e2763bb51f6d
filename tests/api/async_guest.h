// Components in text for tests of asynchronous calls and streams.
#pragma once

#include <string>
#include <string_view>

namespace ermine::test {

// A component that imports `f` and exports `run`, which calls it with its argument and adds 1. `run` is lifted with the
// given options, and calls with those.
inline std::string async_caller(std::string_view run) {
  return R"((component
    (import "f" (func $f async (param "v" u32) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (canon lower (func $f) (core func $sync))
    (canon lower (func $f) async (memory $mem) (core func $async))
    (canon task.return (result u32) (core func $return))
    (canon task.cancel (core func $cancel))
    (canon waitable-set.new (core func $new))
    (canon waitable.join (core func $join))
    (canon subtask.drop (core func $drop))
    (canon subtask.cancel async (core func $stop))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "sync" (func $sync (param i32) (result i32)))
      (import "" "async" (func $async (param i32 i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "cancel" (func $cancel))
      (import "" "new" (func $new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "stop" (func $stop (param i32) (result i32)))
      (global $next (mut i32) (i32.const 64))
      (func (export "sync") (param i32) (result i32) (i32.add (call $sync (local.get 0)) (i32.const 1)))
      (func $wait (param $subtask i32) (result i32)
        (local $set i32)
        (local.set $set (call $new))
        (call $join (local.get $subtask) (local.get $set))
        (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
      (func (export "async") (param i32) (result i32)
        (local $state i32)
        (local.set $state (call $async (local.get 0) (i32.const 16)))
        (if (i32.eq (local.get $state) (i32.const 2))
          (then
            (call $return (i32.add (i32.load (i32.const 16)) (i32.const 1)))
            (return (i32.const 0))))
        (i32.store (i32.const 32) (i32.shr_u (local.get $state) (i32.const 4)))
        (call $wait (i32.shr_u (local.get $state) (i32.const 4))))
      (func (export "cb") (param $event i32) (param $index i32) (param $payload i32) (result i32)
        (if (i32.eq (local.get $event) (i32.const 6))
          (then
            ;; asked to cancel: the subtask as well
            (drop (call $stop (i32.load (i32.const 32))))
            (return (call $wait (i32.load (i32.const 32))))))
        (if (i32.eq (local.get $payload) (i32.const 4))
          (then
            (call $drop (local.get $index))
            (call $cancel)
            (return (i32.const 0))))
        (if (i32.ne (local.get $payload) (i32.const 2)) (then unreachable))
        (call $drop (local.get $index))
        (call $return (i32.add (i32.load (i32.const 16)) (i32.const 1)))
        (i32.const 0)))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "sync" (func $sync)) (export "async" (func $async))
      (export "return" (func $return)) (export "cancel" (func $cancel)) (export "new" (func $new))
      (export "join" (func $join)) (export "drop" (func $drop)) (export "stop" (func $stop))))))
    (func (export "run") async (param "v" u32) (result u32) (canon lift )" +
         std::string(run) + ")))";
}
inline constexpr std::string_view kSync = R"((core func $m "sync"))";
inline constexpr std::string_view kAsync = R"((core func $m "async") async (callback (core func $m "cb")))";

// A component with `sum`, which reads a stream to its end, and `count`, which writes numbers into a new one. Both wait
// for the other end, one element at a time if there is no more.
inline std::string stream_guest(std::string_view element, std::string_view realloc, unsigned size) {
  const std::string n = std::to_string(size);
  return R"((component
    (core module $Memory
      (memory (export "memory") 2)
      (global $next (mut i32) (i32.const 65536))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3)))))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (alias core export $memory "realloc" (core func $realloc))
    (type $s (stream )" +
         std::string(element) + R"())
    (canon stream.new $s (core func $new))
    (canon stream.read $s (memory $mem) )" +
         std::string(realloc) + R"( (core func $read))
    (canon stream.write $s (memory $mem) (core func $write))
    (canon stream.drop-readable $s (core func $drop-r))
    (canon stream.drop-writable $s (core func $drop-w))
    (canon task.return (result $s) (core func $return))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "new" (func $new (result i64)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "drop-r" (func $drop-r (param i32)))
      (import "" "drop-w" (func $drop-w (param i32)))
      (import "" "return" (func $return (param i32)))
      ;; the sum of the first bytes of the elements
      (func (export "sum") (param $s i32) (result i32)
        (local $code i32) (local $sum i32) (local $i i32) (local $at i32)
        (loop $again
          (local.set $code (call $read (local.get $s) (i32.const 64) (i32.const 16)))
          (local.set $i (i32.shr_u (local.get $code) (i32.const 4)))
          (local.set $at (i32.const 64))
          (loop $each
            (if (local.get $i)
              (then
                (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const )" +
         n + R"()))
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br $each))))
          (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15)))))
        (call $drop-r (local.get $s))
        (local.get $sum))
      ;; 0 to n - 1
      (func (export "count") (param $n i32)
        (local $both i64) (local $end i32) (local $i i32) (local $code i32)
        (local.set $both (call $new))
        (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
        (loop $fill
          (i32.store8 (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const )" +
         n + R"())) (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $fill (i32.lt_u (local.get $i) (local.get $n))))
        (call $return (i32.wrap_i64 (local.get $both)))
        (local.set $i (i32.const 0))
        (loop $again
          (local.set $code
            (call $write (local.get $end) (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const )" +
         n + R"()))
              (i32.sub (local.get $n) (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.shr_u (local.get $code) (i32.const 4))))
          (br_if $again (i32.and (i32.lt_u (local.get $i) (local.get $n))
            (i32.eqz (i32.and (local.get $code) (i32.const 15))))))
        (call $drop-w (local.get $end))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "new" (func $new)) (export "read" (func $read))
      (export "write" (func $write)) (export "drop-r" (func $drop-r)) (export "drop-w" (func $drop-w))
      (export "return" (func $return))))))
    (func (export "sum") async (param "s" $s) (result u32) (canon lift (core func $m "sum")))
    (func (export "count") async (param "n" u32) (result $s) (canon lift (core func $m "count") async))))";
}

// A component with `sink`, which reads a stream of bytes in chunks of the given size and returns their number and sum,
// and `source`, which writes the given number of bytes, 0 to 250 again and again, in chunks. Both end when the other
// end is closed.
inline constexpr std::string_view kBytesGuest = R"((component
  (core module $Memory (memory (export "memory") 8))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (type $s (stream u8))
  (canon stream.new $s (core func $new))
  (canon stream.read $s (memory $mem) (core func $read))
  (canon stream.write $s (memory $mem) (core func $write))
  (canon stream.drop-readable $s (core func $drop-r))
  (canon stream.drop-writable $s (core func $drop-w))
  (canon task.return (result $s) (core func $return))
  (canon task.return (result u64) (core func $return-u64))
  (core module $M
    (import "" "memory" (memory 8))
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "drop-r" (func $drop-r (param i32)))
    (import "" "drop-w" (func $drop-w (param i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "return-u64" (func $return-u64 (param i64)))
    (func (export "sink") (param $s i32) (param $chunk i32)
      (local $code i32) (local $i i32) (local $n i64) (local $sum i64)
      (loop $again
        (local.set $code (call $read (local.get $s) (i32.const 65536) (local.get $chunk)))
        (local.set $n (i64.add (local.get $n) (i64.extend_i32_u (i32.shr_u (local.get $code) (i32.const 4)))))
        (local.set $i (i32.const 0))
        (block $none
          (loop $each
            (br_if $none (i32.ge_u (local.get $i) (i32.shr_u (local.get $code) (i32.const 4))))
            (local.set $sum (i64.add (local.get $sum) (i64.load8_u offset=65536 (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $each)))
        (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15)))))
      (call $drop-r (local.get $s))
      (call $return-u64 (i64.or (i64.shl (local.get $n) (i64.const 32)) (local.get $sum))))
    ;; returns after one read of at most this size
    (func (export "part") (param $s i32) (param $n i32)
      (call $return-u64 (i64.extend_i32_u
        (i32.shr_u (call $read (local.get $s) (i32.const 65536) (local.get $n)) (i32.const 4))))
      (call $drop-r (local.get $s)))
    (func (export "source") (param $total i32) (param $chunk i32)
      (local $both i64) (local $end i32) (local $i i32) (local $code i32) (local $at i32) (local $n i32)
      (local.set $both (call $new))
      (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
      (call $return (i32.wrap_i64 (local.get $both)))
      (block $over
        (loop $again
          (br_if $over (i32.ge_u (local.get $at) (local.get $total)))
          (local.set $n (i32.sub (local.get $total) (local.get $at)))
          (if (i32.gt_u (local.get $n) (local.get $chunk)) (then (local.set $n (local.get $chunk))))
          (local.set $i (i32.const 0))
          (loop $fill
            (i32.store8 offset=65536 (local.get $i)
              (i32.rem_u (i32.add (local.get $at) (local.get $i)) (i32.const 251)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $fill (i32.lt_u (local.get $i) (local.get $n))))
          (local.set $code (call $write (local.get $end) (i32.const 65536) (local.get $n)))
          (local.set $at (i32.add (local.get $at) (i32.shr_u (local.get $code) (i32.const 4))))
          (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15))))))
      (call $drop-w (local.get $end))))
  (core instance $m (instantiate $M (with "" (instance
    (export "memory" (memory $mem)) (export "new" (func $new)) (export "read" (func $read))
    (export "write" (func $write)) (export "drop-r" (func $drop-r)) (export "drop-w" (func $drop-w))
    (export "return" (func $return)) (export "return-u64" (func $return-u64))))))
  (func (export "sink") async (param "s" $s) (param "chunk" u32) (result u64) (canon lift (core func $m "sink") async))
  (func (export "part") async (param "s" $s) (param "n" u32) (result u64) (canon lift (core func $m "part") async))
  (func (export "source") async (param "total" u32) (param "chunk" u32) (result $s)
    (canon lift (core func $m "source") async))))";

}  // namespace ermine::test
