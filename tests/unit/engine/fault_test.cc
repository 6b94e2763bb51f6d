// Faults in generated code: traps if the address is one that an out-of-bounds access of the running instance's memory
// can have, and bugs of the engine anywhere else. The bugs are made here, by changing the base of memory that code
// uses.
#include <gtest/gtest.h>
#include <signal.h>

#include "engine/engine.h"
#include "engine/instantiate.h"
#include "runtime/call.h"
#include "runtime/memory_slots.h"
#include "text/text.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ERMINE_NO_GUARDED_MEMORY 1  // all accesses are checked in code
#endif
#endif

namespace ermine::engine {
namespace {

#ifndef ERMINE_NO_GUARDED_MEMORY

constexpr std::string_view kFaulty = R"((module $faulty (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32) (i32.store offset=4294967292 (local.get 0) (i32.const 1)))))";

struct FaultyInstance {
  explicit FaultyInstance(Tier tier) : engine(Engine::create(config(tier))), store(engine->store_options()) {
    auto bytes = text::parse(kFaulty, {.features = wasm::FeatureSet::all(), .emit_names = true});
    auto owner = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
    module = *CompiledModule::compile(engine, std::span<const uint8_t>(*owner), owner, "faulty\x1b.wasm");
  }
  static Config config(Tier tier) {
    Config c;
    c.tier = tier;
    return c;
  }
  runtime::Instance* make() { return *instantiate(store, *module, {}); }

  // Calls with an argument: returns the trap, or kNone.
  TrapCode call(runtime::Instance* instance, std::string_view name, uint32_t argument) {
    runtime::Slot slots[1] = {argument};
    if (runtime::call(&store, find_export(*instance, name)->func, slots)) return TrapCode::kNone;
    return runtime::take_error(&store).trap_code();
  }

  std::shared_ptr<Engine> engine;
  runtime::Store store;
  std::shared_ptr<const CompiledModule> module;
};

class Fault : public testing::TestWithParam<Tier> {};

TEST_P(Fault, OutOfBoundsIsATrap) {
  FaultyInstance w(GetParam());
  runtime::Instance *a = w.make(), *b = w.make();
  ASSERT_TRUE(a->memory(0)->guarded());
  for (runtime::Instance* i : {a, b}) {
    EXPECT_EQ(w.call(i, "load", 65532), TrapCode::kNone);
    for (uint32_t at : {65533u, 65536u, 1u << 31, ~0u}) {
      EXPECT_EQ(w.call(i, "load", at), TrapCode::kMemoryOutOfBounds) << at;
      EXPECT_EQ(w.call(i, "store", at), TrapCode::kMemoryOutOfBounds) << at;
    }
  }
}

// An access at `distance` from the correct base is reported as a bug, and the fault's signal ends the process.
void expect_bug(Tier tier, int64_t distance) {
  auto run = [=] {
    FaultyInstance w(tier);
    runtime::Instance* a = w.make();
    EXPECT_EQ(w.call(a, "load", 0), TrapCode::kNone);
    a->ctx()->memory0_base += distance;
    (void)w.call(a, "load", 0);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGSEGV), "internal error(.|\n)*bug of Ermine(.|\n)*function 0, at offset")
      << distance;
}

TEST_P(Fault, BelowAMemoryIsABug) {
  for (int64_t below : {int64_t{1} << 16, int64_t{2} << 30, int64_t{4} << 30, (int64_t{8} << 30) - 65536})
    expect_bug(GetParam(), -below);
}

TEST_P(Fault, AboveAllReachableAddressesIsABug) { expect_bug(GetParam(), int64_t{8} << 30 | 1 << 20); }

TEST_P(Fault, AnotherMemoryIsABug) {
  auto run = [] {
    FaultyInstance w(GetParam());
    runtime::Instance *a = w.make(), *b = w.make();
    EXPECT_EQ(w.call(a, "load", 0), TrapCode::kNone);
    a->ctx()->memory0_base = b->memory(0)->base();
    (void)w.call(a, "load", 1 << 30);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGSEGV), "bug of Ermine");
}

TEST_P(Fault, NamesInReportsAreEscaped) {
  auto run = [] {
    FaultyInstance w(GetParam());
    runtime::Instance* a = w.make();
    a->ctx()->memory0_base = nullptr;
    (void)w.call(a, "load", 0);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGSEGV), "of the module faulty\\\\1b.wasm\n");
}

std::vector<Tier> tiers() {
  std::vector<Tier> list;
  for (const TierName& t : Config::tiers())
    if (t.tier != Tier::kAuto) list.push_back(t.tier);
  return list;
}
INSTANTIATE_TEST_SUITE_P(Tiers, Fault, testing::ValuesIn(tiers()));

#endif

}  // namespace
}  // namespace ermine::engine
