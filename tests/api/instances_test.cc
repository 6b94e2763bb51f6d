// Calls between instances, with several memories: the same fuel in every tier and in portions of any size, answers to
// interrupts, and backtraces through both.
#include "tests/api/wat.h"

namespace ermine::instances_test {
namespace {

using test::must;
using test::wat;
using State = Execution::State;

constexpr std::string_view kLibrary = R"((module
  (memory (export "memory") 1 10)
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func $add (export "add") (param i32 i32) (result i32) (local $i i32)
    (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (i32.add (local.get 0) (local.get 1)))
  (func (export "tail") (param i32 i32) (result i32) (return_call $add (local.get 1) (local.get 0)))
  (global $enough (export "enough") (mut i32) (i32.const 0))
  (func $spin (export "spin") (param i32) (result i32)
    (loop $l (br_if $l (i32.eqz (global.get $enough)))) (local.get 0))
  (func (export "trap") (param i32) (result i32) (i32.load (local.get 0)))))";
constexpr std::string_view kUser = R"((module
  (import "library" "memory" (memory $theirs 1 10))
  (import "library" "store" (func $store (param i32 i32)))
  (import "library" "add" (func $add (param i32 i32) (result i32)))
  (import "library" "tail" (func $tail (param i32 i32) (result i32)))
  (import "library" "spin" (func $spin (param i32) (result i32)))
  (import "library" "trap" (func $trap (param i32) (result i32)))
  (memory $own 1)
  (func (export "work") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (call $store (i32.const 8) (local.get $n))
      (i32.store $own (i32.const 8) (i32.load $theirs (i32.const 8)))
      (local.set $s (call $add (local.get $s) (i32.load $own (i32.const 8))))
      (i32.store $theirs (i32.const 8) (call $tail (local.get $s) (i32.const 1)))
      (local.set $s (i32.load $theirs (i32.const 8)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "spin") (param i32) (result i32) (i32.add (call $spin (local.get 0)) (i32.load $own (i32.const 8))))
  (func $inner (param i32) (result i32) (i32.add (call $trap (local.get 0)) (i32.const 1)))
  (func (export "trap") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
  (func (export "outside") (param i32) (result i32)
    (i32.store $own (i32.const 8) (i32.const 1))
    (i32.load $theirs (local.get 0)))))";

struct Pair {
  explicit Pair(Tier tier, bool fuel) : engine(config_of(tier, fuel)), store(engine), linker(engine) {
    if (fuel) must(store.set_fuel(1'000'000));
    library.emplace(must(linker.instantiate(store, wat(engine, kLibrary))));
    must(linker.instance("library", *library));
    user.emplace(must(linker.instantiate(store, wat(engine, kUser))));
  }
  static Config config_of(Tier tier, bool fuel) {
    Config config;
    config.tier = tier;
    config.consume_fuel = fuel;
    config.enable_all_features();
    config.tier_up_calls = config.tier_up_rounds = 2;
    return config;
  }
  Func func(const char* name) { return *user->get_func(name); }
  Engine engine;
  Store store;
  Linker linker;
  std::optional<Instance> library, user;
};

constexpr Tier kTiers[] = {Tier::kInterp, Tier::kAuto, Tier::kBaseline};

TEST(Instances, FuelIsTheSameInEveryTierAndPortion) {
  uint64_t cost = 0;
  for (const Tier tier : kTiers) {
    Pair pair(tier, true);
    must(pair.store.set_fuel(1'000'000));
    EXPECT_EQ(must(pair.func("work").call({Val(20)}))[0].i32(), 230);
    const uint64_t used = 1'000'000 - *pair.store.fuel();
    if (cost == 0) cost = used;
    EXPECT_EQ(used, cost);
    for (const uint64_t portion : {uint64_t{1}, uint64_t{13}, uint64_t{500}}) {
      must(pair.store.set_fuel(0));
      Execution e = must(Execution::create(pair.func("work"), {Val(20)}));
      uint64_t given = 0;
      for (;;) {
        must(pair.store.set_fuel(*pair.store.fuel() + portion));
        given += portion;
        const State state = must(e.run());
        if (state == State::kReturned) break;
        ASSERT_EQ(state, State::kOutOfFuel);
      }
      EXPECT_EQ(given - *pair.store.fuel(), cost) << portion;
      EXPECT_EQ(e.results()[0].i32(), 230);
    }
  }
}

TEST(Instances, AnInterruptInTheCalleeIsAnswered) {
  for (const Tier tier : kTiers) {
    Pair pair(tier, false);
    must(pair.func("work").call({Val(5)}));
    Execution e = must(Execution::create(pair.func("spin"), {Val(7)}));
    for (int i = 0; i < 3; ++i) {
      pair.store.interrupt_handle().interrupt();
      ASSERT_EQ(must(e.run()), State::kInterrupted);
    }
    must(pair.library->get_global("enough")->set(Val(1)));
    ASSERT_EQ(must(e.run()), State::kReturned);
    EXPECT_EQ(e.results()[0].i32(), 8);
  }
}

TEST(Instances, BacktracesGoThroughBoth) {
  for (const Tier tier : kTiers) {
    Pair pair(tier, false);
    for (int i = 0; i < 5; ++i) {
      const auto result = pair.func("trap").call({Val(65536)});
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().trap_code(), TrapCode::kMemoryOutOfBounds);
      ASSERT_EQ(result.error().backtrace().size(), 3u);
      EXPECT_EQ(result.error().backtrace()[0].func_index, 4u);
      EXPECT_EQ(result.error().backtrace()[1].func_index, 7u);
      EXPECT_EQ(result.error().backtrace()[2].func_index, 8u);
    }
    for (int i = 0; i < 5; ++i) {
      const auto result = pair.func("outside").call({Val(65533)});
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().trap_code(), TrapCode::kMemoryOutOfBounds);
      EXPECT_EQ(result.error().backtrace().size(), 1u);
    }
    EXPECT_EQ(must(pair.func("work").call({Val(20)}))[0].i32(), 230);
  }
}

}  // namespace
}  // namespace ermine::instances_test
