// Single instructions and host calls that work on gigabytes: they cost fuel in proportion, the same in every tier, and
// are suspended in the middle, with the same results as uninterrupted ones.
#include "tests/api/wat.h"

namespace ermine::metering_test {
namespace {

using test::must;
using test::wat;
using namespace std::chrono_literals;
using State = Execution::State;

Config config_of(Tier tier, bool fuel) {
  Config config;
  config.tier = tier;
  config.consume_fuel = fuel;
  config.enable_all_features();
  config.tier_up_calls = config.tier_up_rounds = 2;
  return config;
}

// Each export works on `n` elements, immediately after a host call that requests an interrupt: there is no other place
// in between where code checks for one.
constexpr std::string_view kBulk = R"((module
  (import "host" "interrupt" (func $interrupt))
  (type $bytes (array (mut i8))) (type $longs (array (mut i64))) (type $wide (array (mut v128)))
  (type $refs (array (mut (ref null i31))))
  (memory $m 1) (memory $other 1)
  (table $t 2000000 2000000 (ref null i31)) (table $u 2000000 2000000 (ref null i31))
  (global $array (mut (ref null $bytes)) (ref.null $bytes))
  (global $longs (mut (ref null $longs)) (ref.null $longs))
  (func (export "set_up") (param i32)
    (drop (memory.grow $m (i32.const 300))) (drop (memory.grow $other (i32.const 300)))
    (global.set $array (array.new $bytes (i32.const 7) (local.get 0)))
    (global.set $longs (array.new $longs (i64.const -7) (local.get 0))))
  (func (export "grow") (drop (memory.grow $m (i32.const 1))) (drop (memory.grow $other (i32.const 1))))
  (func (export "junk") (param i32) (local i32)
    (loop $l (drop (array.new $refs (ref.i31 (local.get 0)) (i32.const 3000)))
      (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 50)))))
  (func (export "memory.fill") (param i32) (result i64) (call $interrupt)
    (memory.fill $m (i32.const 5) (i32.const 0x5a) (local.get 0)) (i64.load $m (i32.add (local.get 0) (i32.const -8))))
  (func (export "memory.copy") (param i32) (result i64) (call $interrupt)
    (memory.copy $m $m (i32.const 1000) (i32.const 3) (local.get 0)) (i64.load $m (local.get 0)))
  (func (export "memory.copy between") (param i32) (result i64) (call $interrupt)
    (memory.copy $other $m (i32.const 1) (i32.const 3) (local.get 0)) (i64.load $other (i32.const 4)))
  (func (export "table.fill") (param i32) (result i64) (call $interrupt)
    (table.fill $t (i32.const 2) (ref.i31 (local.get 0)) (local.get 0))
    (i64.extend_i32_u (i31.get_u (table.get $t (i32.add (local.get 0) (i32.const 1))))))
  (func (export "table.copy") (param i32) (result i64) (call $interrupt)
    (table.copy $t $t (i32.const 5) (i32.const 2) (local.get 0))
    (i64.extend_i32_u (i31.get_u (table.get $t (i32.add (local.get 0) (i32.const 4))))))
  (func (export "table.copy between") (param i32) (result i64) (call $interrupt)
    (table.copy $u $t (i32.const 0) (i32.const 2) (local.get 0))
    (i64.extend_i32_u (i31.get_u (table.get $u (i32.add (local.get 0) (i32.const -1))))))
  (func (export "array.new") (param i32) (result i64) (local (ref $longs)) (call $interrupt)
    (local.set 1 (array.new $longs (i64.const 0x123456789a) (local.get 0)))
    (i64.add (array.get $longs (local.get 1) (i32.const 0))
      (array.get $longs (local.get 1) (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "array.new of references") (param i32) (result i64) (local (ref $refs)) (call $interrupt)
    (local.set 1 (array.new $refs (ref.i31 (i32.const 77)) (local.get 0)))
    (i64.extend_i32_u (i31.get_u (array.get $refs (local.get 1) (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "array.new of vectors") (param i32) (result i64) (local (ref $wide)) (call $interrupt)
    (local.set 1 (array.new $wide (v128.const i64x2 3 4) (local.get 0)))
    (i64x2.extract_lane 1 (array.get $wide (local.get 1) (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "array.new_default") (param i32) (result i64) (local (ref $longs)) (call $interrupt)
    (local.set 1 (array.new_default $longs (local.get 0)))
    (i64.add (array.get $longs (local.get 1) (i32.const 0))
      (array.get $longs (local.get 1) (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "array.fill") (param i32) (result i64) (call $interrupt)
    (array.fill $longs (global.get $longs) (i32.const 0) (i64.const 99) (local.get 0))
    (array.get $longs (global.get $longs) (i32.sub (local.get 0) (i32.const 1))))
  (func (export "array.copy") (param i32) (result i64) (call $interrupt)
    (array.set $bytes (global.get $array) (i32.const 0) (i32.const 55))
    (array.set $bytes (global.get $array) (i32.const 1) (i32.const 7))
    (array.copy $bytes $bytes (global.get $array) (i32.const 1) (global.get $array) (i32.const 0)
      (i32.sub (local.get 0) (i32.const 1)))
    (i64.or (i64.shl (i64.extend_i32_u (array.get_u $bytes (global.get $array) (i32.const 1))) (i64.const 8))
      (i64.extend_i32_u (array.get_u $bytes (global.get $array) (i32.const 2)))))))";

struct Program {
  explicit Program(const Config& config, std::string_view text = kBulk)
      : engine(config), store(engine), linker(engine) {
    must(linker.func_wrap("host", "interrupt", [this] {
      if (interrupts) store.interrupt_handle().interrupt();
    }));
    if (config.consume_fuel) must(store.set_fuel(kMuch));
    instance.emplace(must(linker.instantiate(store, wat(engine, text))));
  }
  Func func(std::string_view name) { return *instance->get_func(name); }
  int64_t call(std::string_view name, int32_t n) { return must(func(name).call({Val(n)}))[0].i64(); }
  uint64_t cost(std::string_view name, int32_t n) {
    must(store.set_fuel(kMuch));
    (void)func(name).call({Val(n)});
    return kMuch - *store.fuel();
  }
  static constexpr uint64_t kMuch = uint64_t{1} << 60;
  Engine engine;
  Store store;
  Linker linker;
  bool interrupts = false;
  std::optional<Instance> instance;
};

struct Bulk {
  const char* name;
  int32_t n;  // a few pieces
  unsigned per_unit;  // elements per unit of fuel
};
constexpr int32_t kBytes = 14 << 20, kSome = 7 << 18;
constexpr Bulk kBulkWork[] = {{"memory.fill", kBytes, 16},
                              {"memory.copy", kBytes, 16},
                              {"memory.copy between", kBytes, 16},
                              {"table.fill", kSome, 1},
                              {"table.copy", kSome, 1},
                              {"table.copy between", kSome, 1},
                              {"array.new", kSome, 2},
                              {"array.fill", kSome, 2},
                              {"array.new of references", kSome, 2},
                              {"array.new of vectors", kSome, 2},
                              {"array.copy", kSome, 2},
                              {"array.new_default", kSome, 2}};

// Suspended between any two pieces, while other code collects, allocates and calls.
TEST(Metering, StoppedInTheMiddle) {
  for (const auto& [tier_name, tier] : Config::tiers()) {
    for (const bool moving : {false, true}) {
      Config config = config_of(tier, false);
      if (moving) config.memory_reservation = 0;
      Program whole(config), parts(config);
      for (Program* p : {&whole, &parts}) must(p->func("set_up").call({Val(kSome)}));
      for (const Bulk& work : kBulkWork) {
        SCOPED_TRACE(std::string(tier_name) + " " + work.name + (moving ? ", memories move" : ""));
        const int64_t expected = whole.call(work.name, work.n);
        parts.interrupts = true;
        Execution e = must(Execution::create(parts.func(work.name), {Val(work.n)}));
        int stops = 0;
        while (must(e.run()) == State::kInterrupted) {
          ++stops;
          parts.interrupts = false;
          must(parts.func("junk").call({Val(stops)}));
          if (stops % 3 == 0) parts.store.collect_garbage();
          must(parts.func("grow").call({}));
          parts.store.interrupt_handle().interrupt();
        }
        ASSERT_EQ(e.state(), State::kReturned);
        EXPECT_EQ(e.results()[0].i64(), expected);
        EXPECT_GE(stops, 3);
        // Not an Execution: the program ends there.
        if (parts.store.interrupt_requested()) EXPECT_FALSE(parts.func("junk").call({Val(0)}));
        parts.interrupts = true;
        auto r = parts.func(work.name).call({Val(work.n)});
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << r.error().to_string();
        parts.interrupts = false;
        EXPECT_EQ(parts.call(work.name, work.n), expected);
      }
    }
  }
}

TEST(Metering, CostsTheSameInEveryTier) {
  std::vector<uint64_t> first;
  for (const auto& [tier_name, tier] : Config::tiers()) {
    Program p(config_of(tier, true));
    must(p.func("set_up").call({Val(kSome)}));
    std::vector<uint64_t> costs;
    for (const Bulk& work : kBulkWork) {
      SCOPED_TRACE(std::string(tier_name) + " " + work.name);
      const uint64_t none = p.cost(work.name, 32), all = p.cost(work.name, work.n), again = p.cost(work.name, work.n);
      EXPECT_EQ(all - none, (static_cast<uint64_t>(work.n) - 32) / work.per_unit);
      EXPECT_LT(none, 64u);
      EXPECT_EQ(all, again);
      costs.insert(costs.end(), {none, all});
    }
    if (first.empty()) first = costs;
    EXPECT_EQ(costs, first) << tier_name;
  }
}

constexpr std::string_view kEdges = R"((module
  (type $bytes (array (mut i8))) (type $funcs (array (mut funcref))) (type $big (array i64))
  (type $wide (struct (field i64) (field i64) (field i64) (field i64) (field i64) (field i64) (field i64) (field i64)))
  (memory 1 200) (table $t 10 1000 funcref)
  (data $d "0123456789abcdef0123456789abcdef")
  (elem $e func $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f)
  (global $a (mut (ref null $bytes)) (ref.null $bytes)) (global $g (mut (ref null $funcs)) (ref.null $funcs))
  (func $f)
  (func (export "set_up") (param i32)
    (global.set $a (array.new_default $bytes (local.get 0)))
    (global.set $g (array.new_default $funcs (local.get 0))))
  (func (export "new_data") (param i32) (drop (array.new_data $bytes $d (i32.const 0) (local.get 0))))
  (func (export "new_elem") (param i32) (drop (array.new_elem $funcs $e (i32.const 0) (local.get 0))))
  (func (export "init_data") (param i32)
    (array.init_data $bytes $d (global.get $a) (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "init_elem") (param i32)
    (array.init_elem $funcs $e (global.get $g) (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "new") (param i32) (drop (array.new $big (i64.const 1) (local.get 0))))
  (func (export "new_default") (param i32) (drop (array.new_default $big (local.get 0))))
  (func (export "fill") (param i32)
    (array.fill $bytes (global.get $a) (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "copy") (param i32)
    (array.copy $bytes $bytes (global.get $a) (i32.const 0) (global.get $a) (i32.const 0) (local.get 0)))
  (func (export "memory.init") (param i32) (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "table.init") (param i32) (table.init $t $e (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "memory.grow") (param i32) (drop (memory.grow (local.get 0))))
  (func (export "table.grow") (param i32) (drop (table.grow $t (ref.null func) (local.get 0))))
  (func (export "fixed 0") (param i32) (drop (array.new_fixed $big 0)))
  (func (export "fixed 8") (param i32) (drop (array.new_fixed $big 8 (i64.const 1) (i64.const 1) (i64.const 1)
    (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))))
  (func (export "struct") (param i32) (drop (struct.new_default $wide)))
  (func (export "nothing") (param i32) (drop (i32.const 0)))))";

TEST(Metering, BoundsComeFirstAndRefusalsAreFree) {
  for (const auto& [tier_name, tier] : Config::tiers()) {
    SCOPED_TRACE(std::string(tier_name));
    Program p(config_of(tier, true), kEdges);
    must(p.func("set_up").call({Val(1000)}));
    for (int round = 0; round < 4; ++round) {
      for (const char* name :
           {"new_data", "new_elem", "init_data", "init_elem", "fill", "copy", "new", "new_default"}) {
        const uint64_t none = p.cost(name, 0);
        EXPECT_EQ(p.cost(name, 20) - none, 10u) << name;
        must(p.store.set_fuel(none));  // only enough for the instructions themselves
        auto r = p.func(name).call({Val(-1)});
        ASSERT_FALSE(r) << name;
        EXPECT_NE(r.error().trap_code(), TrapCode::kOutOfFuel) << name;
        EXPECT_EQ(*p.store.fuel(), 0u) << name;
        must(p.store.set_fuel(none + 9));
        r = p.func(name).call({Val(20)});
        ASSERT_FALSE(r) << name;
        EXPECT_EQ(r.error().trap_code(), TrapCode::kOutOfFuel) << name;
      }
      EXPECT_EQ(p.cost("memory.init", 32) - p.cost("memory.init", 0), 2u);
      EXPECT_EQ(p.cost("table.init", 10) - p.cost("table.init", 0), 10u);
      EXPECT_EQ(p.cost("memory.grow", 3) - p.cost("memory.grow", 0), 3u * 65536 / 16);
      EXPECT_EQ(p.cost("table.grow", 30) - p.cost("table.grow", 0), 30u);
      for (const char* name : {"memory.grow", "table.grow"}) EXPECT_EQ(p.cost(name, -1), p.cost(name, 0)) << name;
      EXPECT_EQ(p.cost("fixed 0", 0), p.cost("nothing", 0));
      EXPECT_EQ(p.cost("fixed 8", 0) - p.cost("fixed 0", 0), 8u + 4);
      EXPECT_EQ(p.cost("struct", 0) - p.cost("nothing", 0), 4u);
    }
  }
}

// Segments that are dropped while an instruction that reads them is suspended.
TEST(Metering, SegmentsAreReadToTheEnd) {
  std::string text = R"((module (import "host" "interrupt" (func $interrupt))
    (type $refs (array (mut (ref null i31)))) (table $t 700000 (ref null i31)) (elem $e (ref null i31) )";
  constexpr int32_t kCount = 700000;
  for (int32_t n = 0; n < kCount; ++n) text += "(ref.i31 (i32.const 5))";
  text += R"()
    (func (export "drop") (elem.drop $e))
    (func (export "table") (param i32) (result i64) (call $interrupt)
      (table.init $t $e (i32.const 0) (i32.const 0) (local.get 0))
      (i64.extend_i32_u (i31.get_u (table.get $t (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "array") (param i32) (result i64) (local (ref $refs)) (call $interrupt)
      (local.set 1 (array.new_elem $refs $e (i32.const 0) (local.get 0)))
      (i64.extend_i32_u (i31.get_u (array.get $refs (local.get 1) (i32.sub (local.get 0) (i32.const 1)))))))
    )";
  for (const char* name : {"table", "array"}) {
    Program p(config_of(Tier::kAuto, false), text);
    p.interrupts = true;
    Execution e = must(Execution::create(p.func(name), {Val(kCount)}));
    ASSERT_EQ(must(e.run()), State::kInterrupted) << name;
    must(p.func("drop").call({}));
    p.store.collect_garbage();
    ASSERT_EQ(must(e.run()), State::kReturned) << name;
    EXPECT_EQ(e.results()[0].i64(), 5) << name;
    p.interrupts = false;
    EXPECT_FALSE(p.func(name).call({Val(kCount)})) << name;
  }
}

// --- Host functions

constexpr std::string_view kHost = R"((module
  (import "host" "work" (func $work (param i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param i64) (result i32) (call $work (local.get 0)))
  (func (export "grow") (drop (memory.grow (i32.const 1))))))";

TEST(Metering, HostFunctionsTakeFuel) {
  for (const auto& [tier_name, tier] : Config::tiers()) {
    SCOPED_TRACE(std::string(tier_name));
    Engine engine(config_of(tier, true));
    Store store(engine);
    Linker linker(engine);
    must(linker.func_wrap("host", "work", [](Caller& caller, uint64_t units) -> Result<int32_t> {
      ERMINE_TRY(caller.consume_fuel(units));
      return 7;
    }));
    must(store.set_fuel(1000));
    Instance i = must(linker.instantiate(store, wat(engine, kHost)));
    Func run = *i.get_func("run");
    const auto cost = [&](uint64_t units) {
      must(store.set_fuel(100'000));
      EXPECT_EQ(must(run.call({Val(static_cast<int64_t>(units))}))[0].i32(), 7);
      return 100'000 - *store.fuel();
    };
    for (int round = 0; round < 5; ++round) {
      const uint64_t none = cost(0);
      EXPECT_EQ(cost(5000), none + 5000);
      must(store.set_fuel(none + 99));
      auto r = run.call({Val(int64_t{100})});
      ASSERT_FALSE(r);
      EXPECT_EQ(r.error().trap_code(), TrapCode::kOutOfFuel);
      EXPECT_EQ(*store.fuel(), 0u);
      must(store.set_fuel(none + 100));
      EXPECT_TRUE(run.call({Val(int64_t{100})}));
      // More than exists.
      must(store.set_fuel(1000));
      EXPECT_EQ(run.call({Val(int64_t{-1})}).error().trap_code(), TrapCode::kOutOfFuel);
      // The callback gives more.
      int asked = 0;
      must(store.set_fuel(none));
      store.on_out_of_fuel([&](StoreRef) { return ++asked <= 3 ? 40 : 0; });
      EXPECT_EQ(must(run.call({Val(int64_t{100})}))[0].i32(), 7);
      EXPECT_EQ(asked, 3);
      EXPECT_EQ(*store.fuel(), 20u);
      store.on_out_of_fuel(nullptr);
      // An execution is suspended in the middle of the host function, and its debt is paid first.
      must(store.set_fuel(none + 60));
      Execution e = must(Execution::create(run, {Val(int64_t{100})}));
      ASSERT_EQ(must(e.run()), State::kOutOfFuel);
      EXPECT_EQ(*store.fuel(), 0u);
      EXPECT_EQ(i.get_func("grow")->call({}).error().trap_code(), TrapCode::kOutOfFuel);
      must(store.set_fuel(39));
      ASSERT_EQ(must(e.run()), State::kOutOfFuel);
      must(store.set_fuel(5));
      ASSERT_EQ(must(e.run()), State::kReturned);
      EXPECT_EQ(e.results()[0].i32(), 7);
      EXPECT_EQ(*store.fuel(), 4u);
    }
  }
}

TEST(Metering, WithoutFuelHostFunctionsTakeNone) {
  Engine engine;
  Store store(engine);
  must(store.consume_fuel(~uint64_t{0}));
  EXPECT_FALSE(store.fuel());
}

// A host function that is called only by the host.
TEST(Metering, HostFunctionsOfTheHost) {
  Engine engine(config_of(Tier::kAuto, true));
  Store store(engine);
  Func f = Func::wrap(store, [](Caller& caller, uint64_t units) { return caller.consume_fuel(units); });
  must(store.set_fuel(100));
  must(f.call({Val(int64_t{60})}));
  EXPECT_EQ(*store.fuel(), 40u);
  EXPECT_EQ(f.call({Val(int64_t{60})}).error().trap_code(), TrapCode::kOutOfFuel);
}

}  // namespace
}  // namespace ermine::metering_test
