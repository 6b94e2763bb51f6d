// From one tier of machine code to the next, in the middle of a loop too. The next tier is the baseline compiler again:
// its code counts if another level follows, and does not if none does.
#include <gtest/gtest.h>

#include <thread>

#include "baseline/tier.h"
#include "engine/engine.h"
#include "engine/instantiate.h"
#include "interp/tier.h"
#include "runtime/call.h"
#include "text/text.h"
#include "tiering/background.h"
#include "tiering/code_arena.h"

namespace ermine::engine {
namespace {

constexpr std::string_view kModule = R"((module
  (memory 1)
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "sum") (param i32) (result i32) (local i32 i64)
    (loop $l
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (local.set 2 (i64.add (local.get 2) (i64.extend_i32_u (i32.load8_u (i32.and (local.get 0) (i32.const 255))))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.add (local.get 1) (i32.wrap_i64 (local.get 2))))
  (func (export "calls") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (call $add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "many_locals") (param i32) (result i32)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (i32.add (local.get 0) (i32.wrap_i64 (local.get 70))))))";

class Levels : public testing::TestWithParam<bool> {
 protected:
  Levels() : engine_(Engine::create(config())), store_(engine_->store_options()) {
    const bool in_background = GetParam();
    engine_->use_tiers({.interpreter = &interp::interpreter(),
                        .compiled = {baseline::tier(), baseline::tier()},
                        .arena = tiering::CodeArena::get(),
                        .background = in_background ? &background_ : nullptr});
    auto bytes = text::parse(kModule, {.features = wasm::FeatureSet::all()});
    auto owner = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
    module_ = *CompiledModule::compile(engine_, std::span<const uint8_t>(*owner), owner, "levels");
    instance_ = *instantiate(store_, *module_, {});
  }
  static Config config() {
    Config c;
    c.tier_up_calls = c.tier_up_rounds = 1;
    c.optimize_after = 1000;  // to the second level
    c.verify_code = true;
    c.report_bug = [](void*, std::string_view message) { ADD_FAILURE() << message; };
    return c;
  }
  uint32_t call(std::string_view name, uint32_t a, uint32_t b = 0) {
    runtime::Slot slots[2] = {a, b};
    EXPECT_TRUE(runtime::call(&store_, find_export(*instance_, name)->func, slots));
    return static_cast<uint32_t>(slots[0]);
  }
  tiering::Level level(std::string_view name) {
    const auto& code = static_cast<const tiering::TieredCode&>(instance_->code());
    const runtime::FuncCode* func = find_export(*instance_, name)->func->code;
    const auto at = code.find(func->entry.load());
    return at.function != nullptr ? at.function->level.load() : tiering::kInterpreted;
  }
  uint64_t compiled() const { return engine_->code_counts().compiled; }

  tiering::BackgroundCompiler background_;
  std::shared_ptr<Engine> engine_;
  runtime::Store store_;
  std::shared_ptr<const CompiledModule> module_;
  runtime::Instance* instance_ = nullptr;
};

TEST_P(Levels, InTheMiddleOfALoop) {
  // One call: the interpreter, then counting code, then the last level.
  EXPECT_EQ(call("sum", 3'000'000), 3'000'000u / 2 * 3'000'001u);
  while (compiled() < 2) std::this_thread::yield();  // in the background it may take longer
  EXPECT_EQ(level("sum"), 2);
  EXPECT_EQ(call("sum", 10), 55u);
  EXPECT_EQ(compiled(), 2u);
}

TEST_P(Levels, ByCalls) {
  for (uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(call("add", i, 7), i + 7);
  while (compiled() < 2) std::this_thread::yield();
  EXPECT_EQ(level("add"), 2);
  for (uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(call("many_locals", i), i);
  while (compiled() < 4) std::this_thread::yield();
  EXPECT_EQ(level("many_locals"), 2);
}

// A caller and a callee, both hot: each switches where it is, and calls reach the best code.
TEST_P(Levels, CallersAndCallees) {
  for (int round = 0; round < 3; ++round) EXPECT_EQ(call("calls", 1'000'000), 1'000'000u / 2 * 1'000'001u);
  while (compiled() < 4) std::this_thread::yield();
  EXPECT_EQ(level("calls"), 2);
  EXPECT_EQ(level("add"), 2);
}

INSTANTIATE_TEST_SUITE_P(Threads, Levels, testing::Bool());

}  // namespace
}  // namespace ermine::engine
