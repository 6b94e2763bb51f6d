// Guests that run until there is optimised code for them. Code is made in the background, so nothing here depends on
// time: guests ask the host in every round of an outer loop whether there is another one, and the host ends them a
// certain number of rounds after there is the code. The interpreter is then given the same number of rounds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "tests/api/wat.h"

namespace ermine::optimizing_test {

using test::must;
using test::wat;
using namespace std::chrono_literals;

inline Config config_of(Tier tier) {
  Config config;
  config.tier = tier;
  config.optimize = tier == Tier::kAuto;
  config.enable_all_features();
  config.max_gc_heap = 64 << 20;  // there are several at once, and under emulation there is little address space
  config.tier_up_calls = config.tier_up_rounds = 1;
  config.optimize_after = 1;  // after the first sample
  return config;
}

// Waits until the engine has compiled this many codes. False: it did not within a minute.
inline bool wait_for_codes(const Engine& engine, uint64_t wanted) {
  for (int n = 0; n < 60'000; ++n) {
    if (engine.code_counts().compiled >= wanted) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

inline constexpr int kRoundsAfter = 10;  // each of more rounds of inner loops than lie between samples

struct Program {
  // `library`: another module, whose exports the guest can import as `lib`; none if it is empty.
  Program(const Config& config, std::string_view text, std::string_view library = "")
      : engine(config), store(engine), linker(engine) {
    must(linker.func_wrap("host", "next", [this]() -> int32_t { return next(); }));
    must(linker.func_wrap("host", "mix", [](int32_t a, float b, double c, int64_t d) {
      return a + static_cast<double>(b) * 2 + c * 4 + static_cast<double>(d) * 8;
    }));
    if (!library.empty())
      must(linker.instance("lib", must(linker.instantiate(store, wat(engine, library, "library")))));
    instance.emplace(must(linker.instantiate(store, wat(engine, text, "guest"))));
  }
  // Whether there is another round: until there are `codes` codes, and kRoundsAfter more; or `limit` rounds.
  int32_t next() {
    ++rounds;
    if (limit != 0) return rounds < limit;
    if (after == 0 && engine.code_counts().compiled < codes) {
      std::this_thread::sleep_for(1ms);
      if (rounds < 60'000) return 1;
      ADD_FAILURE() << "only " << engine.code_counts().compiled << " codes were made of " << codes << "; "
                    << engine.code_counts().failed << " failed";
      return 0;
    }
    return ++after < kRoundsAfter;
  }
  Result<std::vector<Val>> call(std::string_view name, uint64_t until_codes, int rounds_at_most = 0) {
    codes = until_codes, limit = rounds_at_most, rounds = after = 0;
    return instance->get_func(name)->call({});
  }
  Engine engine;
  Store store;
  Linker linker;
  std::optional<Instance> instance;
  uint64_t codes = 0;
  int limit = 0, rounds = 0, after = 0;
};

inline std::string shown(const Result<std::vector<Val>>& r) {
  if (!r) return r.error().to_string();
  std::string text;
  for (const Val& v : *r) {
    switch (v.type().kind()) {
      case ValKind::kI32: text += std::to_string(v.i32()); break;
      case ValKind::kI64: text += std::to_string(v.i64()); break;
      case ValKind::kF32: text += std::to_string(v.f32_bits()); break;
      case ValKind::kF64: text += std::to_string(v.f64_bits()); break;
      default:
        for (const uint8_t byte : v.v128().bytes) text += std::to_string(byte) + ".";
    }
    text += ' ';
  }
  return text;
}

// Statements of trapping() that trap if $x is 1, each in another way, and do nothing else that can be seen if it is 0.
inline constexpr std::string_view kTrappingStatements[] = {
    "(drop (i32.load (i32.mul (local.get $x) (i32.const 65533))))",
    "(drop (i64.load $large (i64.mul (i64.extend_i32_u (local.get $x)) (i64.const 65529))))",
    "(global.set $g (i32.const 4)) (i64.store offset=65000 (i32.mul (local.get $x) (i32.const 1000)) (i64.const 5))",
    "(drop (i32.div_u (i32.const 7) (i32.eqz (local.get $x))))",
    "(if (local.get $x) (then unreachable))",
    "(if (local.get $x) (then (call_indirect (type $nothing) (i32.const 2))))",
    "(if (local.get $x) (then (throw $tag (local.get $x))))",
    "(memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get $x) (i32.const 65537)))",
    "(drop (i32.trunc_f64_s (f64.mul (call $mix (local.get $x) (f32.const 0) (f64.const 0) (i64.const 0)) "
    "(f64.const 1e10))))",
};

// Parts of modules: $middle, which leads to the statement by a function that is small enough to be inlined; and what
// calls $middle, once, and in a loop until $next is false.
inline std::string trapping(std::string_view statement) {
  return R"((import "host" "next" (func $next (result i32)))
    (import "host" "mix" (func $mix (param i32 f32 f64 i64) (result f64)))
    (memory 1) (memory $large i64 1) (table 4 funcref) (global $g (mut i32) (i32.const 0)) (tag $tag (param i32))
    (type $nothing (func))
    (func $leaf (param $x i32) )" +
         std::string(statement) + R"()
    (func $middle (param $x i32) (call $leaf (i32.const 0)) (call $leaf (local.get $x))))";
}
inline constexpr std::string_view kTrappingRuns = R"(
  (func $outer (param $x i32) (result i32) (call $middle (local.get $x)) (i32.const 1))
  (func (export "once") (param $x i32) (result i32) (i32.add (i32.const 1) (call $outer (local.get $x))))
  (func (export "run") (result i32) (local $i i32) (local $x i32)
    (loop $l
      (local.set $x (i32.eqz (call $next)))
      (local.set $i (i32.const 0))
      (loop $inner
        (drop (call $outer (local.get $x)))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1200))))
      (br $l))
    (i32.const 0)))";

inline void expect_same_error(const Result<std::vector<Val>>& found, const Result<std::vector<Val>>& expected,
                              size_t frames) {
  ASSERT_FALSE(found);
  ASSERT_FALSE(expected);
  EXPECT_EQ(found.error().to_string(), expected.error().to_string());
  EXPECT_EQ(found.error().trap_code(), expected.error().trap_code());
  ASSERT_EQ(found.error().backtrace().size(), frames);
  ASSERT_EQ(expected.error().backtrace().size(), frames);
  for (size_t i = 0; i < frames; ++i) {
    EXPECT_EQ(found.error().backtrace()[i].func_index, expected.error().backtrace()[i].func_index) << i;
    EXPECT_EQ(found.error().backtrace()[i].offset, expected.error().backtrace()[i].offset) << i;
  }
}

// How many functions a call compiles by the baseline compiler: more codes than that are optimised ones.
inline uint64_t baseline_codes(std::string_view text, std::string_view name, std::string_view library = "") {
  Config config = config_of(Tier::kAuto);
  config.optimize = false;
  Program p(config, text, library);
  (void)p.call(name, 0, 3);
  return p.engine.code_counts().compiled;
}

class Optimizing : public testing::Test {
 protected:
  void SetUp() override {
    for (const TierName& t : Config::tiers())
      if (t.tier == Tier::kOptimized) return;
    GTEST_SKIP() << "this build has no optimising tier";
  }
  // A call in which loops become optimised, and the same call in the interpreter. `more`: the number of optimised codes
  // that are made before the end.
  static void expect_same(std::string_view text, std::string_view name, uint64_t more = 1) {
    Program optimized(config_of(Tier::kAuto), text), interpreted(config_of(Tier::kInterp), text);
    const auto result = optimized.call(name, baseline_codes(text, name) + more);
    const std::string found = shown(result);
    EXPECT_TRUE(result) << found;
    EXPECT_EQ(found, shown(interpreted.call(name, 0, optimized.rounds))) << name;
    EXPECT_EQ(optimized.engine.code_counts().failed, 0u);
  }
};

// Loops with values of all types and memory.
inline constexpr std::string_view kNest = R"((module (import "host" "next" (func $next (result i32))) (memory 1)
  (func (export "work") (result i32 i64 f32 f64 v128 i64)
    (local $i i32) (local $j i32) (local $k i64) (local $sum i64) (local $f f32) (local $d f64) (local $v v128)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $middle
        (local.set $k (i64.const 0))
        (loop $inner
          (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.xor (local.get $k)
            (i64.load (i32.and (i32.add (i32.wrap_i64 (local.get $k)) (local.get $j)) (i32.const 0xff))))))
          (i64.store offset=3 (i32.wrap_i64 (i64.and (local.get $sum) (i64.const 0xff))) (local.get $sum))
          (local.set $f (f32.add (f32.mul (local.get $f) (f32.const 0.75)) (f32.convert_i64_s (local.get $k))))
          (local.set $d (f64.sqrt (f64.add (local.get $d) (f64.promote_f32 (local.get $f)))))
          (local.set $v (i32x4.add (local.get $v) (i32x4.splat (i32.wrap_i64 (local.get $sum)))))
          (br_if $inner (i64.lt_s (local.tee $k (i64.add (local.get $k) (i64.const 1))) (i64.const 61))))
        (local.set $v (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0 (local.get $v) (local.get $v)))
        (v128.store offset=512 (i32.shl (local.get $j) (i32.const 4)) (local.get $v))
        (br_if $middle (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 20))))
      (local.set $i (i32.add (local.get $i) (local.get $j)))
      (br_if $outer (call $next)))
    (local.get $i) (local.get $sum) (local.get $f) (local.get $d) (local.get $v) (i64.load (i32.const 520)))))";

}  // namespace ermine::optimizing_test
