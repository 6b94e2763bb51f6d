// Calls that are suspended and continued: the results and the fuel are those of an uninterrupted call, whatever happens
// in the store in between, and nothing that a suspended call holds is lost or outlives it.
#include <thread>

#include "tests/api/wat.h"

namespace ermine::execution_test {
namespace {

using test::must;
using test::wat;
using namespace std::chrono_literals;
using State = Execution::State;

Engine fuel_engine() {
  Config config;
  config.consume_fuel = true;
  config.enable_all_features();
  return Engine(config);
}

// Loops, recursion, indirect calls, bulk instructions, objects, a host function that calls back, exceptions.
constexpr std::string_view kWork = R"((module
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (type $list (struct (field i32) (field (mut (ref null $list)))))
  (type $f (func (param i32) (result i32)))
  (memory 20) (tag $odd (param i32))
  (table 2 funcref) (elem (i32.const 0) $fib $throws)
  (global $found (mut f64) (f64.const 0))
  (func $fib (type $f)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 2)) (i32.const 0))))))
  (func $throws (type $f)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0))))
    (local.get 0))
  (func $add (export "add") (type $f) (call $fib (i32.rem_u (local.get 0) (i32.const 8))))
  (func (export "work") (param $n i32) (result i64 f64)
    (local $list (ref null $list)) (local $sum i64) (local $i i32)
    (loop $l
      (local.set $list (struct.new $list (local.get $i) (local.get $list)))
      (memory.fill (i32.const 100) (local.get $i) (i32.mul (local.get $i) (i32.const 50)))
      (memory.copy (i32.const 500) (i32.const 100) (i32.mul (local.get $i) (i32.const 20)))
      (local.set $sum (i64.add (local.get $sum) (i64.load (i32.add (i32.const 100) (local.get $i)))))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (call $twice (local.get $i)))))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u
        (block $caught (result i32)
          (try_table (result i32) (catch $odd $caught) (call_indirect (type $f) (local.get $i) (i32.const 1)))))))
      (global.set $found (f64.add (global.get $found) (f64.sqrt (f64.convert_i32_u (local.get $i)))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (loop $m
      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31))
                               (i64.extend_i32_u (struct.get $list 0 (local.get $list)))))
      (br_if $m (i32.eqz (ref.is_null (local.tee $list (struct.get $list 1 (local.get $list)))))))
    (local.get $sum) (global.get $found))
  (func (export "churn") (local $list (ref null $list)) (local $i i32)
    (loop $l (local.set $list (struct.new $list (i32.const -1) (local.get $list)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200)))))
  (global $enough (export "enough") (mut i32) (i32.const 0))
  (func (export "spin") (result i32) (loop $l (br_if $l (i32.eqz (global.get $enough)))) (i32.const 7))
  (func (export "past_the_end") (result i32) (drop (call $fib (i32.const 6))) (i32.load (i32.const -8)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func $endless (export "endless") (call $endless))))";

struct Fixture {
  explicit Fixture(Engine e) : engine(std::move(e)), store(engine), linker(engine) {
    must(linker.func_wrap("host", "twice", [](Caller& caller, int32_t n) -> Result<int32_t> {
      ERMINE_ASSIGN(auto add, caller.get_export("add")->func()->typed<int32_t(int32_t)>());
      ERMINE_ASSIGN(int32_t once, add(n));
      ERMINE_ASSIGN(int32_t again, add(n + 1));
      return once + again;
    }));
    if (store.fuel()) must(store.set_fuel(1'000'000'000));
    instance.emplace(must(linker.instantiate(store, wat(engine, kWork))));
  }
  Func func(const char* name) { return *instance->get_func(name); }
  Engine engine;
  Store store;
  Linker linker;
  std::optional<Instance> instance;
};

TEST(Execution, SmallPortionsOfFuelAddUpToTheSame) {
  Fixture whole(fuel_engine());
  must(whole.store.set_fuel(1'000'000'000));
  const std::vector<Val> expected = must(whole.func("work").call({Val(40)}));
  const uint64_t cost = 1'000'000'000 - *whole.store.fuel();
  EXPECT_GT(cost, 10'000u);
  for (const uint64_t portion : {uint64_t{1}, uint64_t{7}, uint64_t{100}, uint64_t{5000}, cost - 1, cost}) {
    Fixture fixture(fuel_engine());
    must(fixture.store.set_fuel(0));
    Execution e = must(Execution::create(fixture.func("work"), {Val(40)}));
    EXPECT_EQ(e.state(), State::kReady);
    uint64_t given = 0, stops = 0;
    for (;;) {
      must(fixture.store.set_fuel(*fixture.store.fuel() + portion));
      given += portion;
      const State state = must(e.run());
      if (state == State::kReturned) break;
      ASSERT_EQ(state, State::kOutOfFuel);
      ASSERT_EQ(*fixture.store.fuel(), 0u);
      ++stops;
    }
    EXPECT_EQ(stops, (cost - 1) / portion);
    EXPECT_EQ(given - *fixture.store.fuel(), cost) << portion;
    ASSERT_EQ(e.results().size(), 2u);
    EXPECT_EQ(e.results()[0].i64(), expected[0].i64());
    EXPECT_EQ(e.results()[1].f64_bits(), expected[1].f64_bits());
    EXPECT_EQ(e.run().error().kind(), ErrorKind::kUsage);
  }
}

// Executions suspended in any order, with other calls and collections in between, each on any thread.
TEST(Execution, OtherCallsRunInBetween) {
  Fixture alone(fuel_engine());
  must(alone.store.set_fuel(1'000'000'000));
  const int64_t expected = must(alone.func("work").call({Val(25)}))[0].i64();
  Fixture fixture(fuel_engine());
  std::vector<Execution> all;
  Module module = fixture.instance->module();
  for (int n = 0; n < 5; ++n) {
    Instance own = must(fixture.linker.instantiate(fixture.store, module));
    all.push_back(must(Execution::create(*own.get_func("work"), {Val(25)})));
  }
  auto add = must(fixture.instance->get_typed_func<int32_t(int32_t)>("add"));
  unsigned random = 1, running = 5, rounds = 0;
  while (running > 0) {
    random = random * 1664525 + 1013904223;
    Execution& e = all[(random >> 16) % 5];
    if (e.state() == State::kReturned) continue;
    must(fixture.store.set_fuel((random >> 8) % 900));
    if (++rounds % 16 == 0) std::thread([&] { running -= must(e.run()) == State::kReturned; }).join();
    else running -= must(e.run()) == State::kReturned;
    must(fixture.store.set_fuel(1'000'000));
    if (rounds % 8 == 0) {
      EXPECT_EQ(must(add(7)), 13);
      must(fixture.func("churn").call({}));
      fixture.store.collect_garbage();
    }
  }
  EXPECT_GT(rounds, 100u);
  for (const Execution& e : all) EXPECT_EQ(e.results()[0].i64(), expected);
}

TEST(Execution, LocalsOfASuspendedFrameAreRoots) {
  Engine engine = fuel_engine();
  Store store(engine);
  must(store.set_fuel(1000));
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (type $box (struct (field i32)))
    (func (export "keep") (param i32) (result i32) (local (ref null $box)) (local i32)
      (local.set 1 (struct.new $box (local.get 0)))
      (loop $l (br_if $l (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 1000))))
      (struct.get $box 0 (local.get 1)))
    (func (export "make") (loop $l (drop (struct.new $box (i32.const -1))) (br $l)))))")));
  std::vector<Execution> keepers;
  for (int n = 0; n < 20; ++n) {
    keepers.push_back(must(Execution::create(*i.get_func("keep"), {Val(n)})));
    must(store.set_fuel(500));
    EXPECT_EQ(must(keepers.back().run()), State::kOutOfFuel);
  }
  must(store.set_fuel(200'000));
  EXPECT_FALSE(i.get_func("make")->call({}));
  store.collect_garbage();
  must(store.set_fuel(200'000));
  EXPECT_FALSE(i.get_func("make")->call({}));
  for (int n = 0; n < 20; ++n) {
    must(store.set_fuel(100'000));
    EXPECT_EQ(must(keepers[static_cast<size_t>(n)].run()), State::kReturned);
    EXPECT_EQ(keepers[static_cast<size_t>(n)].results()[0].i32(), n);
  }
}

TEST(Execution, DeadlinesAndInterrupts) {
  Fixture fixture{Engine()};
  Execution e = must(Execution::create(fixture.func("spin"), {}));
  fixture.store.set_timeout(5ms);
  ASSERT_EQ(must(e.run()), State::kInterrupted);
  // Before the deadline is moved it is suspended immediately.
  ASSERT_EQ(must(e.run()), State::kInterrupted);
  EXPECT_EQ(fixture.func("deep").call({Val(3)}).error().trap_code(), TrapCode::kInterrupted);
  fixture.store.clear_deadline();
  EXPECT_EQ(must(fixture.func("deep").call({Val(3)}))[0].i32(), 3);
  InterruptHandle handle = fixture.store.interrupt_handle();
  std::thread other([handle] {
    std::this_thread::sleep_for(5ms);
    handle.interrupt();
  });
  const State state = must(e.run());
  other.join();
  ASSERT_EQ(state, State::kInterrupted);
  for (int stops = 0; stops < 3; ++stops) {
    fixture.store.set_timeout(3ms);
    ASSERT_EQ(must(e.run()), State::kInterrupted);
  }
  fixture.store.clear_deadline();
  must(fixture.instance->get_global("enough")->set(Val(1)));
  ASSERT_EQ(must(e.run()), State::kReturned);
  EXPECT_EQ(e.results()[0].i32(), 7);
}

TEST(Execution, TrapsAndStackLimits) {
  Fixture fixture{Engine()};
  auto failure = [&](const char* name, std::initializer_list<Val> args) {
    Execution e = must(Execution::create(fixture.func(name), args));
    auto r = e.run();
    EXPECT_FALSE(r);
    EXPECT_EQ(e.state(), State::kFailed);
    return r ? TrapCode::kNone : r.error().trap_code();
  };
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(failure("past_the_end", {}), TrapCode::kMemoryOutOfBounds);
    EXPECT_EQ(failure("endless", {}), TrapCode::kCallStackExhausted);
  }
  Execution deep = must(Execution::create(fixture.func("deep"), {Val(10000)}));
  EXPECT_EQ(must(deep.run()), State::kReturned);
  EXPECT_EQ(deep.results()[0].i32(), 10000);
  EXPECT_EQ(Execution::create(fixture.func("deep"), {}).error().kind(), ErrorKind::kUsage);
  EXPECT_EQ(Execution::create(fixture.func("deep"), {Val(1.0)}).error().kind(), ErrorKind::kUsage);
}

// Its native stack is as large as the value stack requires.
TEST(Execution, CallsAsDeepAsTheStackAllows) {
  for (const TierName& tier : Config::tiers()) {
    Config config;
    config.tier = tier.tier;
    config.max_wasm_stack = 64 << 20;
    Engine engine(config);
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
      (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 0))))))")));
    Execution e = must(Execution::create(*i.get_func("deep"), {int32_t{900'000}}));
    ASSERT_EQ(must(e.run()), Execution::State::kReturned) << tier.name;
    EXPECT_EQ(e.results()[0].i32(), 900'000);
  }
}

// A host function in the middle of a suspended call is left through its own code.
TEST(Execution, EndsWhenItIsDestroyed) {
  Engine engine = fuel_engine();
  Store store(engine);
  Linker linker(engine);
  int inside = 0, failures = 0;
  bool by_time = false;
  struct Inside {
    int& count;
    explicit Inside(int& c) : count(c) { ++count; }
    ~Inside() { --count; }
  };
  must(linker.func_wrap("", "host", [&](Caller& caller) -> Result<void> {
    Inside here(inside);
    if (by_time) caller.store().set_timeout(5ms);
    Func loop = *caller.get_export("loop")->func();
    // Tries again while it is being ended.
    for (int n = 0; n < 3; ++n)
      if (!loop.call({})) ++failures;
    return Error(ErrorKind::kIo, "given up");
  }));
  Instance i = must(linker.instantiate(store, wat(engine, R"((module (import "" "host" (func $host))
    (func (export "loop") (loop $l (br $l))) (func (export "run") (call $host))))")));
  for (const bool by_fuel : {true, false}) {
    {
      Execution e = must(Execution::create(*i.get_func("run"), {}));
      must(store.set_fuel(by_fuel ? 1000 : uint64_t{1} << 60));
      by_time = !by_fuel;
      EXPECT_EQ(must(e.run()), by_fuel ? State::kOutOfFuel : State::kInterrupted);
      EXPECT_EQ(must(e.run()), by_fuel ? State::kOutOfFuel : State::kInterrupted);
      EXPECT_EQ(inside, 1);
      EXPECT_EQ(failures, 0);
    }
    EXPECT_EQ(inside, 0);
    EXPECT_EQ(failures, 3);
    failures = 0;
    store.clear_deadline();
    EXPECT_FALSE(store.interrupt_requested());
    // The store continues as before.
    must(store.set_fuel(100));
    EXPECT_EQ(i.get_func("loop")->call({}).error().trap_code(), TrapCode::kOutOfFuel);
  }
}

TEST(Execution, WithinItself) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  Execution* self = nullptr;
  must(linker.func_wrap("", "host", [&]() -> Result<int32_t> {
    EXPECT_EQ(self->state(), State::kRunning);
    EXPECT_EQ(self->run().error().kind(), ErrorKind::kUsage);
    return 5;
  }));
  Instance i = must(linker.instantiate(store, wat(engine, R"((module (import "" "host" (func $host (result i32)))
    (func (export "run") (result i32) (call $host))))")));
  Execution e = must(Execution::create(*i.get_func("run"), {}));
  self = &e;
  EXPECT_EQ(must(e.run()), State::kReturned);
  EXPECT_EQ(e.results()[0].i32(), 5);
}

TEST(Fuel, BulkInstructionsCostInProportion) {
  Engine engine = fuel_engine();
  Store store(engine);
  must(store.set_fuel(1'000'000));
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (memory 10) (table 1000 20000 funcref) (type $a (array (mut i8))) (data $d "0123456789abcdef0123456789abcdef")
    (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
    (func (export "copy") (param i32) (memory.copy (i32.const 0) (i32.const 9) (local.get 0)))
    (func (export "table") (param i32) (table.fill (i32.const 0) (ref.null func) (local.get 0)))
    (func (export "grow") (param i32) (drop (table.grow (ref.null func) (local.get 0))))
    (func (export "array") (param i32) (drop (array.new $a (i32.const 1) (local.get 0))))
    (func (export "zeros") (param i32) (drop (array.new_default $a (local.get 0))))))")));
  auto cost = [&](const char* name, int32_t n) {
    must(store.set_fuel(1'000'000));
    must(i.get_func(name)->call({Val(n)}));
    return 1'000'000 - *store.fuel();
  };
  for (const char* name : {"fill", "copy", "table", "grow", "array", "zeros"}) {
    const uint64_t none = cost(name, 0), some = cost(name, 320), more = cost(name, 960);
    EXPECT_LT(none, 20u) << name;
    EXPECT_EQ(more - none, 3 * (some - none)) << name;
    EXPECT_GE(some - none, 20u) << name;
  }
  // One that does not fit traps, and costs no more than one that does.
  must(store.set_fuel(100'000));
  EXPECT_EQ(i.get_func("fill")->call({Val(-1)}).error().trap_code(), TrapCode::kMemoryOutOfBounds);
  EXPECT_GT(*store.fuel(), 50'000u);
  must(store.set_fuel(100));
  EXPECT_EQ(i.get_func("fill")->call({Val(100'000)}).error().trap_code(), TrapCode::kOutOfFuel);
}

}  // namespace
}  // namespace ermine::execution_test
