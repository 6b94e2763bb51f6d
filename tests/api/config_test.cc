// The engine follows its Config, also if a value is out of range or little space is left. Settings of the whole process
// are tested in a process of their own.
#include <string>

#include "tests/api/wat.h"

namespace ermine::config_test {
namespace {

using test::must;
using test::wat;
using test::wat_bytes;

constexpr std::string_view kDeep = R"((module
  (func $deep (export "deep") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
      (else (i32.const 0))))))";

Result<int32_t> deep(const Config& config, int32_t depth) {
  Engine engine(config);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kDeep)));
  return must(i.get_typed_func<int32_t(int32_t)>("deep"))(depth);
}

TEST(Config, StackIsBroughtIntoItsRange) {
  Config config;
  config.tier = Tier::kInterp;
  config.max_wasm_stack = 0;
  EXPECT_EQ(Engine(config).config().max_wasm_stack, 64u << 10);
  EXPECT_EQ(must(deep(config, 100)), 100);
  EXPECT_EQ(deep(config, 10'000).error().trap_code(), TrapCode::kCallStackExhausted);
  config.max_wasm_stack = ~uint64_t{0};
  EXPECT_EQ(Engine(config).config().max_wasm_stack, 1u << 30);
  EXPECT_EQ(must(deep(config, 20'000)), 20'000);
}

TEST(Config, ReservationAndGuardAreBroughtIntoTheirRange) {
  for (const uint64_t figure : {uint64_t{0}, ~uint64_t{0}}) {
    Config config;
    config.memory_reservation = config.memory_guard = figure;
    Engine engine(config);
    EXPECT_LE(engine.config().memory_reservation, uint64_t{1} << 40);
    EXPECT_LE(engine.config().memory_guard, uint64_t{1} << 36);
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module (memory 1 3)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))))")));
    auto load = must(i.get_typed_func<int32_t(int32_t)>("load"));
    auto grow = must(i.get_typed_func<int32_t(int32_t)>("grow"));
    EXPECT_EQ(must(load(65532)), 0);
    EXPECT_EQ(load(65533).error().trap_code(), TrapCode::kMemoryOutOfBounds);
    EXPECT_EQ(load(-1).error().trap_code(), TrapCode::kMemoryOutOfBounds);
    EXPECT_EQ(must(grow(2)), 1);
    EXPECT_EQ(must(load(3 * 65536 - 4)), 0);
    EXPECT_EQ(load(3 * 65536 - 3).error().trap_code(), TrapCode::kMemoryOutOfBounds);
    EXPECT_EQ(must(grow(1)), -1);
  }
}

TEST(Config, LevelOfOptimisationIsBroughtIntoItsRange) {
  Config config;
  EXPECT_EQ(Engine(config).config().opt_level, 2u);
  config.opt_level = 9;
  EXPECT_EQ(Engine(config).config().opt_level, 2u);
}

TEST(Config, CollectedHeapIsBroughtIntoItsRange) {
  // Keeps `n` arrays of a kilobyte alive.
  constexpr std::string_view kKeep = R"((module
    (type $bytes (array (mut i8))) (type $list (struct (field (ref $bytes)) (field (ref null $list))))
    (func (export "keep") (param $n i32) (local $l (ref null $list))
      (loop $again
        (local.set $l (struct.new $list (array.new_default $bytes (i32.const 1000)) (local.get $l)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))";
  Config config;
  config.max_gc_heap = ~uint64_t{0};
  EXPECT_EQ(Engine(config).config().max_gc_heap, uint64_t{4} << 30);
  config.max_gc_heap = 0;
  Engine engine(config);
  EXPECT_EQ(engine.config().max_gc_heap, 64u << 10);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kKeep)));
  auto keep = must(i.get_typed_func<void(int32_t)>("keep"));
  must(keep(20));
  auto too_much = keep(200);
  ASSERT_FALSE(too_much);
  EXPECT_NE(too_much.error().message().find("65536"), std::string::npos) << too_much.error().message();
}

// A module with many errors is refused for the first of them, whichever thread validates which function.
TEST(Config, ParallelismChangesNoAnswer) {
  std::vector<uint8_t> good, bad;
  {
    std::string text = "(module";
    for (int i = 0; i < 3000; ++i)
      text += "(func (param i32) (result i32) " + std::string(i < 1200 ? "" : "nop ") +
              "(i32.add (local.get 0) (i32.mul (local.get 0) (i32.const " + std::to_string(i) + "))))";
    good = wat_bytes(text + ")");
  }
  bad = good;
  // local.get 0 becomes local.get 9 in a thousand functions after the first thousand.
  size_t seen = 0, changed = 0, first = 0;
  for (size_t at = 0; at + 1 < bad.size(); ++at) {
    if (bad[at] != 0x20 || bad[at + 1] != 0 || ++seen < 2000 || seen > 4000) continue;
    bad[at + 1] = 9;
    if (changed++ == 0) first = at;
  }
  ASSERT_GT(changed, 1000u);
  std::string message;
  for (const unsigned threads : {1u, 0u, 2u, 7u, 256u, 100'000u}) {
    Config config;
    config.parallelism = threads;
    Engine engine(config);
    EXPECT_LE(engine.config().parallelism, 256u);
    EXPECT_TRUE(Module::compile(engine, good));
    auto refused = Module::compile(engine, bad);
    ASSERT_FALSE(refused);
    if (message.empty()) message = refused.error().to_string();
    EXPECT_EQ(refused.error().to_string(), message) << threads << " threads";
    EXPECT_EQ(refused.error().offset(), first);
  }
}

TEST(Config, EnginesHaveTheirOwnTiers) {
  Config interp, baseline;
  interp.tier = Tier::kInterp;
  baseline.tier = Tier::kBaseline;
  Engine first(interp), second(baseline), third(interp);
  const bool compiles = second.code_counts().available;
  for (int round = 0; round < 2; ++round) {
    for (const Engine* engine : {&first, &second, &third}) {
      Store store(*engine);
      Instance i = must(Linker(*engine).instantiate(store, wat(*engine, kDeep)));
      EXPECT_EQ(must(must(i.get_typed_func<int32_t(int32_t)>("deep"))(1000)), 1000);
    }
  }
  EXPECT_EQ(first.code_counts().compiled, 0u);
  EXPECT_EQ(third.code_counts().compiled, 0u);
  EXPECT_EQ(second.code_counts().compiled, compiles ? 2u : 0u);
  EXPECT_EQ(second.code_counts().failed, 0u);
}

TEST(Config, InstancesShareCode) {
  Config config;
  config.tier = Tier::kBaseline;
  Engine engine(config);
  const Module module = wat(engine, kDeep);
  for (int n = 0; n < 3; ++n) {
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, module));
    EXPECT_EQ(must(must(i.get_typed_func<int32_t(int32_t)>("deep"))(10)), 10);
  }
  EXPECT_EQ(engine.code_counts().compiled, engine.code_counts().available ? 1u : 0u);
}

#ifdef ERMINE_BASELINE

#define CHECK_HERE(condition)                                      \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      _exit(1);                                                    \
    }                                                              \
  } while (false)

// 400 functions "f0" …, each of which calls the previous one: f(n, x) = x + n + 1 + f(n - 1, x), with a loop.
std::string chain() {
  std::string text = "(module";
  for (int i = 0; i < 400; ++i) {
    const std::string n = std::to_string(i);
    text += "(func $f" + n + " (export \"f" + n + "\") (param $x i64) (result i64) (local $i i64)";
    text += "(loop $l (local.set $i (i64.add (local.get $i) (i64.const 1)))";
    text += "(br_if $l (i64.le_u (local.get $i) (i64.const " + n + "))))";
    text += "(i64.add (i64.add (local.get $x) (local.get $i)) ";
    text += i == 0 ? "(i64.const 0)" : "(call $f" + std::to_string(i - 1) + " (local.get $x))";
    text += "))";
  }
  return text + ")";
}
int64_t chained(int64_t n, int64_t x) { return (n + 1) * x + (n + 1) * (n + 2) / 2; }

// Calls every function in turn.
bool chain_is_right(const Engine& engine) {
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, chain())));
  for (int n = 0; n < 400; ++n) {
    auto f = must(i.get_typed_func<int64_t(int64_t)>("f" + std::to_string(n)));
    if (must(f(n)) != chained(n, n)) return false;
  }
  return true;
}

// Space runs out in the middle of a run: compiled and interpreted functions call each other.
void run_out_of_room(Tier tier) {
  Config config;
  config.tier = tier;
  config.tier_up_calls = 2;
  config.tier_up_rounds = 5;
  config.code_cache_size = 64 << 10;
  Engine engine(config);
  CHECK_HERE(chain_is_right(engine));
  const CodeCounts counts = engine.code_counts();
  if (!counts.available) _exit(0);
  CHECK_HERE(counts.compiled > 20 && counts.failed > 20 && counts.refused == 0);
  CHECK_HERE(counts.compiled + counts.failed == 400);  // each is tried once
  _exit(0);
}
TEST(CodeCache, EndsInTheMiddleOfARun) {
  EXPECT_EXIT(run_out_of_room(Tier::kBaseline), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run_out_of_room(Tier::kAuto), testing::ExitedWithCode(0), "");
}

TEST(CodeCache, TheSmallestLimitHolds) {
  auto run = [] {
    Config config;
    config.tier = Tier::kBaseline;
    Engine generous(config);
    CHECK_HERE(chain_is_right(generous));
    if (!generous.code_counts().available) _exit(0);
    CHECK_HERE(generous.code_counts().compiled == 400 && generous.code_counts().failed == 0);
    config.code_cache_size = 0;
    Engine mean(config);
    CHECK_HERE(chain_is_right(mean));
    CHECK_HERE(mean.code_counts().compiled == 0 && mean.code_counts().failed == 400);
    // All share one cache, so the limit applies to the first as well from now on.
    CHECK_HERE(chain_is_right(generous));
    CHECK_HERE(generous.code_counts().compiled == 400 && generous.code_counts().failed == 400);
    // A larger one has no effect.
    config.code_cache_size = 1 << 30;
    Engine late(config);
    CHECK_HERE(chain_is_right(late) && late.code_counts().compiled == 0);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(CodeCache, IsReturnedByModules) {
  auto run = [] {
    Config config;
    config.tier = Tier::kBaseline;
    config.code_cache_size = 1 << 20;
    Engine engine(config);
    for (int n = 1; n <= 20; ++n) {  // more than a megabyte together
      CHECK_HERE(chain_is_right(engine));
      if (!engine.code_counts().available) _exit(0);
      CHECK_HERE(engine.code_counts().compiled == 400u * static_cast<unsigned>(n) && engine.code_counts().failed == 0);
    }
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

// A function for which there is no space has a loop that calls compiled functions, and is called by them.
TEST(CodeCache, ALargeFunctionStaysInterpreted) {
  auto run = [](Tier tier) {
    std::string large = R"((module
      (func $small (param $x i64) (result i64) (i64.add (local.get $x) (i64.const 1)))
      (func $back (export "back") (param $x i64) (result i64)
        (if (result i64) (i64.eqz (local.get $x))
          (then (i64.const 0))
          (else (call $large (i64.sub (local.get $x) (i64.const 1)) (i32.const 3)))))
      (func $large (export "large") (param $x i64) (param $rounds i32) (result i64) (local $sum i64)
        (loop $l (local.set $sum (call $small (local.get $sum)))
          (br_if $l (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))";
    for (int n = 0; n < 60'000; ++n) large += "(local.set $sum (i64.xor (local.get $sum) (local.get $x)))";
    large += "(i64.add (local.get $sum) (call $back (local.get $x)))))";
    Config config;
    config.tier = tier;
    config.tier_up_calls = 2;
    config.tier_up_rounds = 5;
    config.code_cache_size = 64 << 10;
    Engine engine(config);
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, wat(engine, large)));
    auto call = must(i.get_typed_func<int64_t(int64_t, int32_t)>("large"));
    for (int n = 0; n < 10; ++n) {
      CHECK_HERE(must(call(0, 1000)) == 1000);
      CHECK_HERE(must(call(10, 1000)) == 1030);
    }
    const CodeCounts counts = engine.code_counts();
    CHECK_HERE(!counts.available || (counts.compiled == 2 && counts.failed == 1));
    _exit(0);
  };
  EXPECT_EXIT(run(Tier::kBaseline), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run(Tier::kAuto), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace ermine::config_test
