// The optimising tier: loops are entered in the middle while they run, and results, traps, exceptions and fuel are the
// interpreter's.
#include "tests/api/optimizing_guest.h"

namespace ermine::optimizing_test {
namespace {

using State = Execution::State;

// --- Loops

TEST_F(Optimizing, ARunningNestOfLoopsIsEntered) {
  const uint64_t baseline = baseline_codes(kNest, "work");
  Program p(config_of(Tier::kAuto), kNest);
  const auto expected = [&] { return shown(Program(config_of(Tier::kInterp), kNest).call("work", 0, p.rounds)); };
  // Each loop gets code: the one that is sampled, and then those around it.
  EXPECT_EQ(shown(p.call("work", baseline + 3)), expected());
  // Memory has other contents now, so later calls have other results: the interpreter makes the same calls.
  Program interpreted(config_of(Tier::kInterp), kNest);
  must(interpreted.call("work", 0, p.rounds));
  // The function is called again and sampled, and gets code of its own. That is entered by the next call.
  for (int n = 0; n < 3; ++n) {
    const std::string found = shown(p.call("work", baseline + 4));
    EXPECT_EQ(found, shown(interpreted.call("work", 0, p.rounds)));
  }
  EXPECT_EQ(p.rounds, kRoundsAfter);
  EXPECT_EQ(p.engine.code_counts().compiled, baseline + 4);
}

// Blocks, branches over several loops and tables of branches, out of a loop that is entered in the middle.
TEST_F(Optimizing, LoopsAreLeftInManyWays) {
  expect_same(R"((module (import "host" "next" (func $next (result i32)))
    (func (export "work") (result i32 i32) (local $n i32) (local $s i32) (local $t i32)
      (block $all
        (loop $outer
          (br_if $all (i32.eqz (call $next)))
          (block $c (block $b (block $a
            (loop $inner
              (local.set $n (i32.add (local.get $n) (i32.const 1)))
              (loop $nested  ;; leaves for $inner but once in about 1000 rounds
                (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 1103515245)) (i32.const 12345)))
                (local.set $t (i32.xor (local.get $t) (i32.shr_u (local.get $s) (i32.const 13))))
                (br_if $inner (i32.and (local.get $t) (i32.const 0x3ff)))
                (br_table $a $b $c $nested $inner (i32.and (i32.shr_u (local.get $s) (i32.const 21)) (i32.const 7))))))
            (local.set $s (i32.rotl (local.get $s) (i32.const 3))) (br $outer))
            (local.set $t (i32.add (local.get $t) (i32.const 17))) (br $outer))
          (br_if $outer (local.tee $n (i32.add (local.get $n) (i32.const 3))))))
      (local.get $s) (local.get $t))))",
              "work");
}

// --- Traps

// $x is 1 in the last round, and the statement traps in some round of the inner loop then.
std::string trapping(std::string_view statement) {
  return std::string(R"((module (import "host" "next" (func $next (result i32)))
    (type $struct (struct (field i32))) (type $nothing (func))
    (memory 1) (table 20 funcref) (elem (i32.const 0) )") +
         std::string("$nothing $nothing $nothing $nothing $nothing $nothing $nothing $nothing $nothing $nothing") + R"()
    (func $nothing)
    (func $work (param $from i32) (result i32) (local $i i32) (local $x i32) (local $s (ref null $struct))
      (local.set $s (struct.new_default $struct))
      (loop $outer
        (local.set $x (i32.eqz (call $next)))
        (local.set $i (local.get $from))
        (loop $inner
          )" +
         std::string(statement) + R"(
          (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1200))))
        (br $outer))
      (i32.const 0))
    (func $between (param i32) (result i32) (i32.add (i32.const 1) (call $work (local.get 0))))
    (func (export "run") (result i32) (i32.add (i32.const 1) (call $between (i32.const 0))))))";
}

TEST_F(Optimizing, TrapsAreTheInterpreters) {
  const std::string_view statements[] = {
      "(drop (i32.load (i32.add (i32.mul (local.get $x) (i32.const 65000)) (local.get $i))))",
      "(i64.store offset=64000 (i32.shl (local.get $i) (local.get $x)) (i64.const 5))",
      "(drop (i32.rem_u (i32.const 7) (i32.sub (local.get $i) (select (i32.const 30) (i32.const -1) (local.get $x)))))",
      "(drop (i64.div_s (i64.const 0x8000000000000000) (select (i64.const -1) (i64.const 1) (local.get $x))))",
      "(drop (i32.trunc_f64_s (f64.mul (f64.convert_i32_s (local.get $i)) (select (f64.const 1e8) (f64.const 1) "
      "(local.get $x)))))",
      "(call_indirect (type $nothing) (i32.mul (local.get $x) (local.get $i)))",
      "(if (i32.gt_u (i32.mul (local.get $x) (local.get $i)) (i32.const 40)) (then unreachable))",
      "(if (local.get $x) (then (local.set $s (ref.null $struct)))) (drop (struct.get $struct 0 (local.get $s)))",
  };
  for (const std::string_view statement : statements) {
    SCOPED_TRACE(std::string(statement));
    const std::string text = trapping(statement);
    Program optimized(config_of(Tier::kAuto), text), interpreted(config_of(Tier::kInterp), text);
    const auto found = optimized.call("run", baseline_codes(text, "run") + 1);
    const auto expected = interpreted.call("run", 0, optimized.rounds);
    ASSERT_FALSE(found);
    ASSERT_FALSE(expected);
    EXPECT_EQ(found.error().to_string(), expected.error().to_string());
    EXPECT_EQ(found.error().trap_code(), expected.error().trap_code());
    ASSERT_EQ(found.error().backtrace().size(), 3u);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_EQ(found.error().backtrace()[i].offset, expected.error().backtrace()[i].offset) << i;
  }
}

// --- Exceptions

TEST_F(Optimizing, ExceptionsAreCaughtInALoop) {
  expect_same(R"((module (import "host" "next" (func $next (result i32)))
    (tag $odd (param i32 f64)) (tag $even (param i64))
    (func $throws (param $n i32) (result i32)
      (if (i32.eq (i32.rem_u (local.get $n) (i32.const 7)) (i32.const 3))
        (then (throw $odd (local.get $n) (f64.convert_i32_u (local.get $n)))))
      (if (i32.eq (i32.rem_u (local.get $n) (i32.const 11)) (i32.const 5))
        (then (throw $even (i64.extend_i32_u (local.get $n)))))
      (i32.add (local.get $n) (i32.const 1)))
    (func $passes (param i32) (result i32) (local i64)
      (block $even (result i64)
        (return (i32.mul (i32.const 3) (try_table (result i32) (catch $even $even) (call $throws (local.get 0))))))
      (local.set 1)
      (i32.wrap_i64 (i64.sub (i64.const 0) (local.get 1))))
    (func (export "work") (result i32 f64) (local $i i32) (local $s i32) (local $d f64) (local $before i32)
      (loop $outer
        (local.set $i (i32.const 0))
        (loop $inner
          (block $done
            (block $odd (result i32 f64)
              (try_table (catch $odd $odd)
                (local.set $before (i32.add (local.get $before) (local.get $i)))
                (local.set $s (i32.add (local.get $s) (call $passes (local.get $i))))
                (local.set $before (i32.mul (local.get $before) (i32.const 3))))
              (br $done))
            (local.set $d (f64.add (local.get $d)))
            (local.set $s (i32.xor (local.get $before))))
          (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1200))))
        (br_if $outer (call $next)))
      (i32.xor (local.get $s) (local.get $before)) (local.get $d))))",
              "work");
}

// --- Interrupts and fuel

constexpr std::string_view kEndless = R"((module
  (func (export "endless") (local $i i64)
    (loop $outer
      (loop $inner
        (br_if $inner
          (i64.ne (i64.and (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 0xff)) (i64.const 0))))
      (br $outer)))))";

TEST_F(Optimizing, EndlessLoopsAreInterrupted) {
  for (const Tier tier : {Tier::kAuto, Tier::kOptimized}) {
    Program p(config_of(tier), kEndless);
    std::thread other([&, handle = p.store.interrupt_handle()] {
      EXPECT_TRUE(wait_for_codes(p.engine, tier == Tier::kAuto ? 2 : 1));
      std::this_thread::sleep_for(5ms);  // it is entered
      handle.interrupt();
    });
    const auto r = p.call("endless", 0);
    other.join();
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted);
    // An Execution is suspended, in optimised code, and continues there.
    Execution e = must(Execution::create(*p.instance->get_func("endless"), {}));
    for (int n = 0; n < 3; ++n) {
      p.store.interrupt_handle().interrupt();
      EXPECT_EQ(must(e.run()), State::kInterrupted);
    }
  }
}

// Small loops are unrolled and have fewer polls then; loops of few rounds have none.
TEST_F(Optimizing, SmallEndlessLoopsAreInterrupted) {
  for (const std::string_view loop :
       {"(loop $l (br $l))",
        "(loop $l (i32.store (i32.const 4) (local.tee $n (i32.add (local.get $n) (i32.const 3)))) (br $l))",
        "(loop $l (br_if $l (i32.eqz (i32.load (i32.const 0)))))",
        "(loop $l (br_if $l (i32.eqz (i32.load8_u (i32.and (local.tee $n (i32.add (local.get $n) (i32.const 1))) "
        "(i32.const 255))))))",
        R"((loop $l (local.set $n (i32.const 100))
             (loop $few (i32.store (local.get $n) (i32.const 0))
               (br_if $few (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
             (br $l)))"}) {
    Program p(config_of(Tier::kOptimized),
              std::string("(module (memory 1) (func (export \"endless\") (local $n i32) ") + std::string(loop) + "))");
    std::thread other([&, handle = p.store.interrupt_handle()] {
      EXPECT_TRUE(wait_for_codes(p.engine, 1));
      std::this_thread::sleep_for(5ms);  // it is entered
      handle.interrupt();
    });
    const auto r = p.call("endless", 0);
    other.join();
    ASSERT_FALSE(r) << loop;
    EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << loop;
  }
}

constexpr std::string_view kMetered = R"((module (memory 1) (table 1 funcref) (elem (i32.const 0) $half)
  (type $f (func (param i32) (result i32)))
  (func $half (type $f) (i32.shr_u (local.get 0) (i32.const 1)))
  (func $odd (param i64) (result i64) (if (result i64) (i64.eqz (i64.and (local.get 0) (i64.const 1)))
    (then (local.get 0)) (else (i64.mul (local.get 0) (i64.const 3)))))
  (func (export "work") (param $n i32) (result i64) (local $i i32) (local $s i64)
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $inner
        (local.set $s (i64.add (local.get $s) (call $odd (i64.extend_i32_u (local.get $i)))))
        (if (i32.eqz (i32.and (local.get $i) (i32.const 63)))
          (then (memory.fill (i32.const 8) (local.get $i) (i32.shl (local.get $i) (i32.const 2)))))
        (local.set $s (i64.xor (local.get $s) (i64.load (call_indirect (type $f) (local.get $i) (i32.const 0)))))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))))";

// A call is suspended whenever a portion is used up; other code is made meanwhile, and it continues in that.
TEST_F(Optimizing, PortionsOfFuelAddUpToTheSame) {
  constexpr uint64_t kMuch = 1'000'000'000;
  constexpr int32_t kRounds = 40;
  Config config = config_of(Tier::kInterp);
  config.consume_fuel = true;
  Program interpreted(config, kMetered);
  must(interpreted.store.set_fuel(kMuch));
  const int64_t expected = must(interpreted.instance->get_func("work")->call({Val(kRounds)}))[0].i64();
  const uint64_t cost = kMuch - *interpreted.store.fuel();
  for (const Tier tier : {Tier::kAuto, Tier::kOptimized}) {
    for (const uint64_t portion : {uint64_t{997}, uint64_t{20'000}, cost - 1}) {
      Config fuelled = config_of(tier);
      fuelled.consume_fuel = true;
      Program p(fuelled, kMetered);
      must(p.store.set_fuel(0));
      Execution e = must(Execution::create(*p.instance->get_func("work"), {Val(kRounds)}));
      uint64_t given = 0;
      for (;;) {
        must(p.store.set_fuel(*p.store.fuel() + portion));
        given += portion;
        const State state = must(e.run());
        if (state == State::kReturned) break;
        ASSERT_EQ(state, State::kOutOfFuel);
        ASSERT_EQ(*p.store.fuel(), 0u);
        // Three functions have baseline code when the loop is sampled, which is before a quarter of the rounds. If the
        // tier is forced, two of them are inlined.
        if (given >= cost / 4) ASSERT_TRUE(wait_for_codes(p.engine, tier == Tier::kAuto ? 4 : 1));
      }
      EXPECT_EQ(given - *p.store.fuel(), cost) << portion;
      EXPECT_EQ(e.results()[0].i64(), expected) << portion;
    }
  }
}

}  // namespace
}  // namespace ermine::optimizing_test
