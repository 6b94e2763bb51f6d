// Typed functions with 64-bit memories where arguments, results and elements of streams are in memory: asynchronous
// calls in both directions, and streams. (Types: component_typed_test.cc.)
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "ermine/ermine.h"

namespace ermine::component_address_test {
namespace {

using component::CopyResult;
using component::EventLoop;
using component::make_stream;
using component::Reply;
using component::StreamReader;

// Imports f, whose parameters are more core values than an asynchronous call passes directly, and exports:
// - `sync` and `async`, which call it with "above" and "below", 7 and their own argument, and wait for the result
// - `lengths`: the lengths of the strings of a stream, together
// - `words`: a stream of two strings, one of them empty
// What the host writes begins behind 4 GiB, of which only the pages that are used exist.
constexpr std::string_view kGuest = R"((component
  (import "f" (func $f async (param "a" string) (param "b" string) (param "c" u8) (param "d" string) (result string)))
  (core module $Memory
    (memory (export "memory") i64 65538)
    (global $next (mut i64) (i64.const 0x1_0000_0000))
    (func (export "realloc") (param i64 i64 i64 i64) (result i64)
      (global.get $next)
      (global.set $next (i64.and (i64.add (i64.add (global.get $next) (local.get 3)) (i64.const 7)) (i64.const -8)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (type $s (stream string))
  (canon lower (func $f) (memory $mem) (realloc $realloc) (core func $sync))
  (canon lower (func $f) async (memory $mem) (realloc $realloc) (core func $async))
  (canon task.return (result string) (memory $mem) (core func $return))
  (canon task.return (result $s) (core func $return-stream))
  (canon waitable-set.new (core func $new-set))
  (canon waitable-set.wait (memory $mem) (core func $wait))
  (canon waitable.join (core func $join))
  (canon subtask.drop (core func $drop))
  (canon stream.new $s (core func $new))
  (canon stream.read $s (memory $mem) (realloc $realloc) (core func $read))
  (canon stream.write $s (memory $mem) (core func $write))
  (canon stream.drop-readable $s (core func $drop-r))
  (canon stream.drop-writable $s (core func $drop-w))
  (core module $M
    (import "" "memory" (memory i64 65538))
    (import "" "sync" (func $sync (param i64 i64 i64 i64 i32 i64 i64 i64)))
    (import "" "async" (func $async (param i64 i64) (result i32)))
    (import "" "return" (func $return (param i64 i64)))
    (import "" "return-stream" (func $return-stream (param i32)))
    (import "" "new-set" (func $new-set (result i32)))
    (import "" "wait" (func $wait (param i32 i64) (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i64 i64) (result i64)))
    (import "" "write" (func $write (param i32 i64 i64) (result i64)))
    (import "" "drop-r" (func $drop-r (param i32)))
    (import "" "drop-w" (func $drop-w (param i32)))
    (data (i64.const 1024) "abovebelow")
    (func $reply (call $return (i64.load (i64.const 16)) (i64.load (i64.const 24))))
    (func (export "sync") (param $at i64) (param $n i64)
      (call $sync (i64.const 1024) (i64.const 5) (i64.const 1029) (i64.const 5) (i32.const 7) (local.get $at) (local.get $n)
        (i64.const 16))
      (call $reply))
    (func (export "async") (param $at i64) (param $n i64)
      (local $state i32) (local $set i32)
      (i64.store (i64.const 128) (i64.const 1024)) (i64.store (i64.const 136) (i64.const 5))
      (i64.store (i64.const 144) (i64.const 1029)) (i64.store (i64.const 152) (i64.const 5))
      (i32.store8 (i64.const 160) (i32.const 7))
      (i64.store (i64.const 168) (local.get $at)) (i64.store (i64.const 176) (local.get $n))
      (local.set $state (call $async (i64.const 128) (i64.const 16)))
      (if (i32.ne (local.get $state) (i32.const 2))
        (then
          (local.set $state (i32.shr_u (local.get $state) (i32.const 4)))
          (local.set $set (call $new-set))
          (call $join (local.get $state) (local.get $set))
          (drop (call $wait (local.get $set) (i64.const 32)))
          (if (i32.ne (i32.load (i64.const 32)) (local.get $state)) (then unreachable))
          (if (i32.ne (i32.load (i64.const 36)) (i32.const 2)) (then unreachable))
          (call $drop (local.get $state))))
      (call $reply))
    (func (export "lengths") (param $s i32) (result i64)
      (local $code i64) (local $sum i64) (local $i i64)
      (loop $again
        (local.set $code (call $read (local.get $s) (i64.const 2048) (i64.const 16)))
        (local.set $i (i64.shr_u (local.get $code) (i64.const 4)))
        (loop $each
          (if (i64.ne (local.get $i) (i64.const 0))
            (then
              (local.set $i (i64.sub (local.get $i) (i64.const 1)))
              (local.set $sum (i64.add (local.get $sum) (i64.load offset=2056 (i64.mul (local.get $i) (i64.const 16)))))
              (br $each))))
        (br_if $again (i64.eqz (i64.and (local.get $code) (i64.const 15)))))
      (call $drop-r (local.get $s))
      (local.get $sum))
    (func (export "words")
      (local $both i64) (local $end i32)
      (local.set $both (call $new))
      (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
      (call $return-stream (i32.wrap_i64 (local.get $both)))
      (i64.store (i64.const 256) (i64.const 1025)) (i64.store (i64.const 264) (i64.const 4))
      (i64.store (i64.const 272) (i64.const 0)) (i64.store (i64.const 280) (i64.const 0))
      (drop (call $write (local.get $end) (i64.const 256) (i64.const 2)))
      (call $drop-w (local.get $end))))
  (core instance $m (instantiate $M (with "" (instance
    (export "memory" (memory $mem)) (export "sync" (func $sync)) (export "async" (func $async))
    (export "return" (func $return)) (export "return-stream" (func $return-stream)) (export "new-set" (func $new-set))
    (export "wait" (func $wait)) (export "join" (func $join)) (export "drop" (func $drop)) (export "new" (func $new))
    (export "read" (func $read)) (export "write" (func $write)) (export "drop-r" (func $drop-r))
    (export "drop-w" (func $drop-w))))))
  (func (export "sync") async (param "d" string) (result string)
    (canon lift (core func $m "sync") async (memory $mem) (realloc $realloc)))
  (func (export "async") async (param "d" string) (result string)
    (canon lift (core func $m "async") async (memory $mem) (realloc $realloc)))
  (func (export "lengths") async (param "s" $s) (result u64) (canon lift (core func $m "lengths")))
  (func (export "words") async (result $s) (canon lift (core func $m "words") async))))";

class Component64 : public testing::Test {
 protected:
  static Engine engine() {
    Config config;
    config.enable_all_features();
    return Engine(config);
  }
  void instantiate() {
    auto compiled = Component::from_text(engine_, kGuest);
    ASSERT_TRUE(compiled) << compiled.error().to_string();
    auto made = linker_.instantiate(store_, *compiled);
    ASSERT_TRUE(made) << made.error().to_string();
    instance_.emplace(*std::move(made));
  }
  template <class Signature>
  TypedComponentFunc<Signature> func(const char* name) {
    auto found = instance_->get_typed_func<Signature>(name);
    EXPECT_TRUE(found) << found.error().to_string();
    return *std::move(found);
  }

  Engine engine_ = engine();
  Store store_{engine_};
  ComponentLinker linker_{engine_};
  std::optional<ComponentInstance> instance_;
};

TEST_F(Component64, FunctionsThatAnswerAtOnce) {
  ASSERT_TRUE(linker_.func_wrap("", "f", [](std::string_view a, std::string b, uint8_t c, std::string_view d) {
    return std::string(a) + b + std::to_string(c) + std::string(d);
  }));
  instantiate();
  for (const char* name : {"sync", "async"}) {
    const auto result = func<std::string(std::string_view)>(name)("xyz");
    ASSERT_TRUE(result) << name << ": " << result.error().to_string();
    EXPECT_EQ(*result, "abovebelow7xyz");
  }
}

TEST_F(Component64, FunctionsThatAnswerLater) {
  std::string seen;
  std::optional<Reply<std::string>> reply;
  ASSERT_TRUE(linker_.func_wrap_async(
      "", "f", [&](Reply<std::string> r, std::string_view a, std::string b, uint8_t c, std::string_view d) {
        seen = std::string(a) + b + std::to_string(c) + std::string(d);
        reply = r;
      }));
  instantiate();
  for (const char* name : {"sync", "async"}) {
    auto call = func<std::string(std::string_view)>(name).call_async("xyz");
    ASSERT_TRUE(call) << call.error().to_string();
    EXPECT_FALSE(call->done());
    EXPECT_EQ(seen, "abovebelow7xyz");
    reply->complete("later");
    const auto result = call->wait();
    ASSERT_TRUE(result) << name << ": " << result.error().to_string();
    EXPECT_EQ(*result, "later");
  }
}

TEST_F(Component64, Streams) {
  ASSERT_TRUE(linker_.func_wrap("", "f", [](std::string, std::string, uint8_t, std::string) { return std::string(); }));
  instantiate();
  auto [writer, reader] = make_stream<std::string>(store_);
  auto call = func<uint64_t(StreamReader<std::string>)>("lengths").call_async(std::move(reader));
  ASSERT_TRUE(call) << call.error().to_string();
  ASSERT_TRUE(writer.write({"one", "", "three"}, [writer = writer](CopyResult, size_t) mutable { writer.close(); }));
  EXPECT_EQ(*call->wait(), 8u);
  auto words = func<StreamReader<std::string>()>("words")();
  ASSERT_TRUE(words) << words.error().to_string();
  std::optional<std::vector<std::string>> seen;
  ASSERT_TRUE(words->read_all(10, [&](CopyResult, std::vector<std::string> all) { seen = std::move(all); }));
  const EventLoop loop(store_);
  for (;;) {
    const Result<bool> ran = loop.run_some();
    if (!ran || !*ran) break;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"bove", ""}));
}

}  // namespace
}  // namespace ermine::component_address_test
