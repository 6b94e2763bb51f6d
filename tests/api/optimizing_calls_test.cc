// The optimising tier: calls between its code and that of the other tiers, the end of the stack, and threads.
#include <atomic>
#include <thread>

#include "tests/api/optimizing_guest.h"

namespace ermine::optimizing_test {
namespace {

// --- The stack

TEST_F(Optimizing, EndlessRecursionTraps) {
  constexpr std::string_view kText = R"((module
    (type $t (func (param f64) (result f64))) (table funcref (elem $indirect))
    (func $one (export "one") (result i32) (i32.add (i32.const 1) (call $one)))
    (func $floats (param f64) (result f64) (f64.add (local.get 0) (call $floats (f64.mul (local.get 0) (f64.const 2)))))
    (func (export "floats") (result f64) (call $floats (f64.const 3)))
    (func $vectors (param v128) (result v128) (i32x4.add (local.get 0) (call $vectors (local.get 0))))
    (func (export "vectors") (drop (call $vectors (v128.const i32x4 1 2 3 4))))
    (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32)
      (call $many (local.get 8) (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2)
        (local.get 1) (local.get 0)) (i32.add) (local.get 0))
    (func (export "many") (result i32 i32) (call $many (i32.const 1) (i32.const 1) (i32.const 1) (i32.const 1)
      (i32.const 1) (i32.const 1) (i32.const 1) (i32.const 1) (i32.const 1)))
    (func $indirect (type $t) (f64.sqrt (call_indirect (type $t) (local.get 0) (i32.const 0))))
    (func (export "indirect") (result f64) (call $indirect (f64.const 3)))
    (func $fine (export "fine") (param i32) (result i32) (if (result i32) (local.get 0)
      (then (i32.add (i32.const 2) (call $fine (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 1))))))";
  for (const Tier tier : {Tier::kAuto, Tier::kOptimized}) {
    for (const uint64_t stack : {uint64_t{64} << 10, uint64_t{8} << 20}) {
      Config config = config_of(tier);
      config.max_wasm_stack = stack;
      Program p(config, kText);
      for (const char* name : {"one", "floats", "vectors", "many", "indirect"}) {
        for (int n = 0; n < 2; ++n) {
          const auto r = p.call(name, 0);
          ASSERT_FALSE(r) << name;
          EXPECT_EQ(r.error().trap_code(), TrapCode::kCallStackExhausted) << name;
          Execution e = must(Execution::create(*p.instance->get_func(name), {}));
          const auto state = e.run();
          ASSERT_FALSE(state) << name;
          EXPECT_EQ(state.error().trap_code(), TrapCode::kCallStackExhausted) << name;
          EXPECT_EQ(must(p.instance->get_func("fine")->call({Val(500)}))[0].i32(), 1001);
        }
      }
    }
  }
}

// --- Inlined functions

TEST_F(Optimizing, InlinedFunctionsAreInBacktraces) {
  for (const std::string_view statement : kTrappingStatements) {
    SCOPED_TRACE(std::string(statement));
    const std::string text = "(module " + trapping(statement) + std::string(kTrappingRuns) + ")";
    Program interpreted(config_of(Tier::kInterp), text);
    Program forced(config_of(Tier::kOptimized), text);
    const auto once = [](Program& p) { return p.instance->get_func("once")->call({Val(1)}); };
    expect_same_error(once(forced), once(interpreted), 4);
    Program running(config_of(Tier::kAuto), text);
    const auto found = running.call("run", baseline_codes(text, "run") + 1);
    expect_same_error(found, interpreted.call("run", 0, running.rounds), 4);
  }
}

// The lower tiers have seen one callee; the others come when the code is made already.
TEST_F(Optimizing, IndirectCallsAreInlinedBehindAGuard) {
  expect_same(R"((module (import "host" "next" (func $next (result i32))) (memory 1)
    (type $int (func (param i32) (result i32))) (type $many (func (param f64 i32) (result v128 f64 i64)))
    (global $g (mut i32) (i32.const 0))
    (table $t 8 funcref) (elem (table $t) (i32.const 0) func $add $mul $swap $other)
    (elem declare func $add $mul)
    (func $add (type $int) (i32.add (local.get 0) (i32.const 3)))
    (func $mul (type $int) (global.set $g (i32.add (global.get $g) (i32.const 1))) (i32.mul (local.get 0) (i32.const 5)))
    (func $swap (type $many) (i64x2.splat (i64.extend_i32_u (local.get 1))) (f64.add (local.get 0) (f64.const 0.5))
      (i64.reinterpret_f64 (local.get 0)))
    (func $other (type $many) (f64x2.splat (local.get 0)) (f64.neg (local.get 0)) (i64.extend_i32_s (local.get 1)))
    (func $twice (param $which i32) (param $x i32) (result i32)
      (call_indirect (type $int) (call_indirect (type $int) (local.get $x) (local.get $which)) (local.get $which)))
    (func (export "work") (result i32 f64 i64 i64 i32)
      (local $j i32) (local $s i32) (local $d f64) (local $k i64) (local $v v128) (local $late i32)
      (loop $outer
        (local.set $j (i32.const 0))
        (loop $inner
          (local.set $late (i32.gt_u (local.get $j) (i32.const 1000)))
          (local.set $s (call $twice (local.get $late) (local.get $s)))
          (local.set $s (call_ref $int (local.get $s)
            (select (result (ref $int)) (ref.func $mul) (ref.func $add) (local.get $late))))
          (call_indirect (type $many) (local.get $d) (local.get $j) (i32.add (i32.const 2) (local.get $late)))
          (local.set $k (i64.add (local.get $k)))
          (local.set $d (f64.mul (f64.const 0.5)))
          (local.set $v (v128.xor (local.get $v)))
          (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 1200))))
        (br_if $outer (call $next)))
      (local.get $s) (local.get $d) (local.get $k) (i64x2.extract_lane 1 (local.get $v)) (global.get $g))))",
              "work", 2);
}

TEST_F(Optimizing, IndirectCallsTrapBesideTheGuard) {
  for (const std::string_view last : {"(i32.const 4)", "(i32.const 2)", "(i32.const 9)", "(i32.const 3)"}) {
    SCOPED_TRACE(std::string(last));
    const std::string text = R"((module (import "host" "next" (func $next (result i32)))
      (type $int (func (param i32) (result i32)))
      (table $t 8 funcref) (elem (table $t) (i32.const 0) func $add $mul $float $traps)
      (func $add (type $int) (i32.add (local.get 0) (i32.const 3)))
      (func $mul (type $int) (i32.mul (local.get 0) (i32.const 5)))
      (func $float (param f32))
      (func $traps (type $int) (i32.div_u (local.get 0) (i32.const 0)))
      (func $calls (param $which i32) (param $x i32) (result i32)
        (call_indirect (type $int) (local.get $x) (local.get $which)))
      (func (export "work") (result i32) (local $j i32) (local $s i32) (local $which i32)
        (loop $outer
          (if (i32.eqz (call $next)) (then (local.set $which )" +
                             std::string(last) + R"()))
          (local.set $j (i32.const 0))
          (loop $inner
            (local.set $s (call $calls (local.get $which) (local.get $s)))
            (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 1200))))
          (br $outer))
        (unreachable))))";
    Program optimized(config_of(Tier::kAuto), text), interpreted(config_of(Tier::kInterp), text);
    const auto found = optimized.call("work", baseline_codes(text, "work") + 1);
    const size_t frames = last == "(i32.const 3)" ? 3 : 2;
    expect_same_error(found, interpreted.call("work", 0, optimized.rounds), frames);
  }
}

// The function of the expected index, but of another instance.
TEST_F(Optimizing, AnotherInstancesFunctionIsNotTheExpectedOne) {
  constexpr std::string_view kText = R"((module (import "host" "next" (func $next (result i32)))
    (type $int (func (param i32) (result i32)))
    (table $t (export "table") 2 funcref) (elem (table $t) (i32.const 0) func $count)
    (global $g (export "global") (mut i32) (i32.const 0))
    (func $count (export "count") (type $int)
      (global.set $g (i32.add (global.get $g) (local.get 0))) (global.get $g))
    (func $calls (param $which i32) (param $x i32) (result i32)
      (call_indirect (type $int) (local.get $x) (local.get $which)))
    (func (export "work") (result i32 i32) (local $j i32) (local $s i32)
      (loop $outer
        (local.set $j (i32.const 0))
        (loop $inner
          (local.set $s (i32.add (local.get $s) (call $calls (i32.gt_u (local.get $j) (i32.const 1100)) (local.get $j))))
          (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 1200))))
        (br_if $outer (call $next)))
      (local.get $s) (global.get $g))))";
  int rounds = 0;
  std::string results[2];
  for (const Tier tier : {Tier::kAuto, Tier::kInterp}) {
    Program p(config_of(tier), kText);
    const Instance other = must(p.linker.instantiate(p.store, wat(p.engine, kText, "guest")));
    must(p.instance->get_table("table")->set(1, Val(*other.get_func("count"))));
    const bool is_first = tier == Tier::kAuto;
    const auto r = is_first ? p.call("work", 5) : p.call("work", 0, rounds);
    if (is_first) rounds = p.rounds;
    results[is_first ? 0 : 1] = shown(r) + " " + std::to_string(other.get_global("global")->get().i32());
  }
  EXPECT_EQ(results[0], results[1]);
}

// --- Calls

// More arguments than registers, all types of values, several results, imports, tables, tail calls. $cold is called
// once in 128 rounds, so with Tier::kAuto it has no optimised code yet when its callers have; with Tier::kOptimized,
// none of them has any before its first call.
constexpr std::string_view kCalls = R"((module (import "host" "next" (func $next (result i32)))
  (import "host" "mix" (func $mix (param i32 f32 f64 i64) (result f64)))
  (type $unary (func (param i32) (result i32))) (type $float (func (param f32) (result f32)))
  (type $pair (func (param i32) (result i32 i64)))
  (table funcref (elem $twice $half $swap $cold $loose))
  (func $many (param i32 i64 f32 f64 v128 i32 i64 f32 f64 i32 i64 i32 i64 f64 f64 f64 f64 f64 f64 f64) (result i64)
    (i64.add (i64.add (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1))
        (i64.add (i64.trunc_sat_f32_s (f32.add (local.get 2) (local.get 7))) (i64x2.extract_lane 1 (local.get 4))))
      (i64.add (i64.sub (i64.mul (i64.extend_i32_u (local.get 5)) (local.get 6)) (i64.extend_i32_u (local.get 9)))
        (i64.add (i64.mul (i64.extend_i32_u (local.get 11)) (i64.sub (local.get 10) (local.get 12)))
          (i64.trunc_sat_f64_s (f64.add (f64.mul (local.get 3) (local.get 8))
            (f64.sub (f64.add (local.get 13) (local.get 14)) (f64.mul (f64.div (local.get 15) (local.get 16))
              (f64.add (local.get 17) (f64.sub (local.get 18) (local.get 19)))))))))))
  (func $ints (param i32 i32 i64 i32 i64) (result i64)
    (i64.add (i64.mul (local.get 2) (i64.extend_i32_s (i32.sub (local.get 0) (local.get 1))))
      (i64.sub (i64.extend_i32_s (local.get 3)) (local.get 4))))
  (func $floats (param f32 f64 f32 f64) (result f32)
    (f32.add (f32.sub (local.get 0) (local.get 2)) (f32.demote_f64 (f64.sub (local.get 1) (local.get 3)))))
  (func $vector (param v128 i32) (result v128) (i32x4.add (local.get 0) (i32x4.splat (local.get 1))))
  (func $two (param i32 f64) (result f64 i32)
    (f64.mul (local.get 1) (f64.const 0.5)) (i32.add (local.get 0) (i32.const 9)))
  (func $three (param v128) (result v128 f32 i64)
    (i64x2.neg (local.get 0)) (f32x4.extract_lane 0 (f32x4.convert_i32x4_s (local.get 0)))
    (i64x2.extract_lane 0 (local.get 0)))
  (func $twice (type $unary) (i32.shl (local.get 0) (i32.const 1)))
  (func $half (type $float) (f32.mul (local.get 0) (f32.const 0.5)))
  (func $swap (type $pair) (i32.sub (i32.const 5) (local.get 0)) (i64.extend_i32_s (local.get 0)))
  (func $cold (type $unary) (i32.xor (call $twice (local.get 0)) (i32.wrap_i64 (call $ints (local.get 0) (i32.const 1)
    (i64.const 2) (i32.const 3) (i64.const 4)))))
  (func $loose (type $unary) (return_call $down (local.get 0) (i64.const 0) (f64.const 1)))
  (func $down (param i32 i64 f64) (result i32)
    (if (i32.eqz (local.get 0))
      (then (return (i32.add (i32.wrap_i64 (local.get 1)) (i32.trunc_sat_f64_s (local.get 2))))))
    (return_call_indirect $tails (type $up_t) (i32.sub (local.get 0) (i32.const 1)) (local.get 2)
      (i64.add (local.get 1) (i64.const 7)) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 0)
      (i32.sub (table.size $tails) (i32.const 1))))
  (type $up_t (func (param i32 f64 i64 i32 i32 i32 i32 i32) (result i32)))
  (table $tails 1 funcref) (elem (table $tails) (i32.const 0) func $up)
  (func $up (type $up_t) (return_call $down (local.get 0) (i64.add (local.get 2) (i64.extend_i32_u (local.get 6)))
    (f64.add (local.get 1) (f64.const 1.5))))
  (func $round (param $i i32) (result i64) (local $s i64) (local $d f64) (local $f f32) (local $v v128) (local $n i32)
    (local $j i32)
    (local.set $d (f64.convert_i32_s (local.get $i)))
    (local.set $f (f32.convert_i32_s (local.get $i)))
    (loop $inner
      (local.set $s (i64.add (local.get $s) (call $many (local.get $i) (local.get $s) (local.get $f) (local.get $d)
        (local.get $v) (local.get $n) (i64.const 3) (f32.const 1.5) (f64.const 2.5) (local.get $j) (i64.const 77)
        (i32.const 5) (i64.const 99) (f64.const 1) (f64.const 2) (f64.const 3) (local.get $d) (f64.const 5)
        (f64.const 6) (f64.const 7))))
      (local.set $s (i64.xor (local.get $s) (call $ints (local.get $n) (local.get $j) (local.get $s) (local.get $i)
        (i64.const 12345))))
      (local.set $f (f32.mul (f32.const 0.25) (call $floats (local.get $f) (local.get $d) (f32.const 3) (f64.const 4))))
      (local.set $v (call $vector (local.get $v) (local.get $n)))
      (call $two (local.get $n) (local.get $d)) (local.set $n) (local.set $d)
      (call $three (local.get $v))
      (local.set $s (i64.add (local.get $s)))
      (local.set $f (f32.sub (f32.mul (f32.const 0.001)) (local.get $f))) (local.set $v)
      (local.set $d (f64.mul (f64.const 0.0625) (call $mix (local.get $j) (local.get $f) (local.get $d)
        (i64.const 11))))
      (local.set $n (i32.add (local.get $n) (call_indirect (type $unary) (local.get $n)
        (select (i32.const 4) (i32.const 0) (i32.and (local.get $j) (i32.const 1))))))
      (local.set $f (call_indirect (type $float) (local.get $f) (i32.const 1)))
      (call_indirect (type $pair) (local.get $n) (i32.const 2))
      (local.set $s (i64.sub (local.get $s))) (local.set $n (i32.and (i32.const 0x1f)))
      (if (i32.eqz (i32.and (local.get $j) (i32.const 127)))
        (then (local.set $n (i32.add (local.get $n) (call $cold (local.get $n))))))
      (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 1100))))
    (i64.add (i64.add (local.get $s) (i64.reinterpret_f64 (local.get $d)))
      (i64.add (i64.extend_i32_u (i32.reinterpret_f32 (local.get $f))) (i64x2.extract_lane 1 (local.get $v)))))
  (func (export "work") (result i64) (local $s i64) (local $i i32)
    (loop $outer
      (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 3)) (call $round (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $outer (call $next)))
    (local.get $s))))";

TEST_F(Optimizing, CallsBetweenAllTiers) {
  constexpr uint64_t kFunctions = 15;
  expect_same(kCalls, "work");
  // With several codes that are made one after another while it runs.
  expect_same(kCalls, "work", 5);
  for (const uint32_t level : {1u, 2u}) {  // calls, and inlined ones
    Config config = config_of(Tier::kOptimized);
    config.opt_level = level;
    Program optimized(config, kCalls), interpreted(config_of(Tier::kInterp), kCalls);
    EXPECT_EQ(shown(optimized.call("work", 0, 3)), shown(interpreted.call("work", 0, 3)));
    if (level == 1) EXPECT_EQ(optimized.engine.code_counts().compiled, kFunctions);
    else EXPECT_LT(optimized.engine.code_counts().compiled, kFunctions);
  }
}

// A function that is too large to be optimised is interpreted, and then has baseline code.
TEST_F(Optimizing, CallsOfFunctionsThatAreTooLarge) {
  std::string text = R"((module (import "host" "next" (func $next (result i32)))
    (func $add (param i32 f64) (result f64) (f64.add (f64.convert_i32_s (local.get 0)) (local.get 1)))
    (func $large (param $a i32) (param $b f64) (result f64) (local $c i32) )";
  for (int n = 0; n < 6000; ++n)
    text += "(local.set $c (i32.add (local.get $a) (i32.mul (local.get $c) (i32.const " + std::to_string(n) + "))))\n";
  text += R"((call $add (local.get $c) (f64.mul (local.get $b) (f64.const 0.5))))
    (func (export "work") (result f64) (local $d f64) (local $i i32)
      (loop $l
        (local.set $d (call $large (local.get $i) (call $add (local.get $i) (local.get $d))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (call $next)))
      (local.get $d))))";
  Program optimized(config_of(Tier::kOptimized), text), interpreted(config_of(Tier::kInterp), text);
  for (const int rounds : {1, 20})
    EXPECT_EQ(shown(optimized.call("work", 0, rounds)), shown(interpreted.call("work", 0, rounds)));
  EXPECT_EQ(optimized.engine.code_counts().failed, 1u);
  EXPECT_EQ(optimized.engine.code_counts().compiled, 3u);
}

// --- Threads

// Several stores run one module while its functions and loops are optimised.
TEST_F(Optimizing, ThreadsShareCodeThatIsMade) {
  constexpr int kThreads = 4, kCallsEach = 3;
  Engine engine(config_of(Tier::kAuto));
  const Module nest = wat(engine, kNest), calls = wat(engine, kCalls);
  const auto run = [](const Engine& e, const Module& module, int rounds_at_most) {
    Store store(e);
    Linker linker(e);
    int rounds = 0;
    must(linker.func_wrap("host", "next", [&]() -> int32_t { return ++rounds < rounds_at_most; }));
    must(linker.func_wrap("host", "mix", [](int32_t a, float b, double c, int64_t d) {
      return a + static_cast<double>(b) + c + static_cast<double>(d);
    }));
    Instance i = must(linker.instantiate(store, module));
    return shown(i.get_func("work")->call({}));
  };
  Engine plain(config_of(Tier::kInterp));
  const std::string expected_nest = run(plain, wat(plain, kNest), 12),
                    expected_calls = run(plain, wat(plain, kCalls), 5);
  std::atomic<bool> made = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int n = 0; n < kCallsEach || !made; ++n) {
        EXPECT_EQ(run(engine, nest, 12), expected_nest);
        EXPECT_EQ(run(engine, calls, 5), expected_calls);
      }
    });
  EXPECT_TRUE(wait_for_codes(engine, 1 + 15 + 6));  // the functions of both, and some of them again
  made = true;
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(engine.code_counts().failed, 0u);
}

}  // namespace
}  // namespace ermine::optimizing_test
