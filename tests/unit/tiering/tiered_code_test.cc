// The storage of code, with a tier that makes none: it "compiles" to an address.
#include "tiering/tiered_code.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <semaphore>
#include <thread>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "interp/tier.h"
#include "ir/encoding.h"
#include "text/text.h"
#include "tiering/background.h"
#include "tiering/machine_tiers.h"
#include "wasm/type_registry.h"

namespace ermine::tiering {
namespace {

constexpr const char* kModule = R"((module
  (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func)))";

std::shared_ptr<const wasm::Module> module_of(const char* text) {
  static std::vector<std::unique_ptr<std::vector<uint8_t>>> kept;
  auto bytes = text::parse(text, {.features = wasm::FeatureSet::all(), .emit_names = false, .file_name = "test"});
  EXPECT_TRUE(bytes);
  kept.push_back(std::make_unique<std::vector<uint8_t>>(*std::move(bytes)));
  auto module = binary::decode(*kept.back(), nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all());
  EXPECT_TRUE(module && binary::validate(**module, {}));
  return *module;
}

struct FakeTier final : NativeTier {
  std::string_view name() const override { return "fake"; }
  bool enters_loops() const override { return true; }
  std::unique_ptr<NativeModule> open(const ModuleParts& parts) const override {
    struct Module final : NativeModule {
      Module(const FakeTier& tier, const ModuleParts& parts) : tier(tier), parts(parts) {}
      std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode& code, uint32_t,
                                                 const CellOf&) override {
        ++tier.begun;
        if (tier.blocks) tier.go.acquire();
        if (tier.fails || parts.space.call_table().empty()) return nullptr;
        static uint8_t bytes[16][32];
        static const runtime::Code unit{};
        auto made = std::make_unique<MachineCode>();
        made->code = bytes[func_index];
        made->code_size = 16, made->total_size = 32;
        made->entry = &unit;
        made->entries = {{0, &unit}};
        made->table_entry =
            parts.space.call_table().data() + (func_index - parts.module.imported_functions) * sizeof(void*);
        ++tier.made;
        return made;
      }
      uint32_t position(const MachineCode& machine, const ir::FunctionCode&, const void* address) const override {
        return static_cast<uint32_t>(static_cast<const uint8_t*>(address) - machine.code);
      }
      CodeLayout layout(const MachineCode&, const ir::FunctionCode&) const override { return {}; }
      const FakeTier& tier;
      const ModuleParts parts;
    };
    return std::make_unique<Module>(*this, parts);
  }
  mutable std::atomic<int> begun = 0, made = 0;
  bool blocks = false, fails = false;
  mutable std::counting_semaphore<> go{0};
};

class Tiering : public testing::Test {
 protected:
  std::unique_ptr<TieredCode> code(Policy policy) {
    return std::make_unique<TieredCode>(module_, "test", options_, tiers_, std::move(policy));
  }
  static Policy after(uint32_t calls, CompileThread thread = CompileThread::kCaller) {
    return {.first = kInterpreted, .steps = {{kInterpreted, 1, calls, 10 * calls, thread}}};
  }
  static const runtime::Code* entry(const TieredCode& code, uint32_t i) {
    return code.func_codes()[i].entry.load(std::memory_order_acquire);
  }
  static const runtime::Code* translated(TieredCode& code, uint32_t i) {
    EXPECT_TRUE(code.translate(&code.func_codes()[i]));
    return entry(code, i);
  }
  static runtime::Code counter(const runtime::Code* pc) { return pc[ir::kEnterCounter]; }

  FakeTier fake_;
  BackgroundCompiler background_;
  std::shared_ptr<const wasm::Module> module_ = module_of(kModule);
  runtime::CodeOptions options_;
  Tiers tiers_{&interp::interpreter(), {&fake_}, CodeArena::get(), &background_};
};

TEST_F(Tiering, PolicyFollowsTheOptions) {
  options_.tier_up_calls = 7, options_.tier_up_rounds = 9;
  options_.tier = ermine::Tier::kInterp;
  EXPECT_TRUE(Policy::of(options_, 1).steps.empty());
  options_.tier = ermine::Tier::kAuto;
  EXPECT_TRUE(Policy::of(options_, 0).steps.empty());
  const Policy automatic = Policy::of(options_, 1);
  EXPECT_EQ(automatic.first, kInterpreted);
  ASSERT_NE(automatic.from(kInterpreted), nullptr);
  EXPECT_EQ(automatic.from(kInterpreted)->calls, 7u);
  EXPECT_EQ(automatic.from(kInterpreted)->rounds, 9u);
  EXPECT_EQ(automatic.from(1), nullptr);
  options_.tier = ermine::Tier::kBaseline;
  EXPECT_EQ(Policy::of(options_, 1).first, 1);
}

TEST_F(Tiering, TiersUpOnRequest) {
  auto c = code(after(5));
  const runtime::Code* pc = translated(*c, 0);
  EXPECT_EQ(fake_.begun, 0);
  EXPECT_EQ(counter(pc), 5u);
  const runtime::Code* up = c->tier_up(pc);
  EXPECT_EQ(fake_.made, 1);
  EXPECT_NE(up, pc);
  EXPECT_EQ(entry(*c, 0), up);
  EXPECT_EQ(c->tier_up(pc), up);  // a frame that is still in the register code
  EXPECT_EQ(fake_.made, 1);
}

TEST_F(Tiering, CompiledFromTheFirstCall) {
  auto c = code({.first = 1, .steps = after(5).steps});
  const runtime::Code* up = translated(*c, 0);
  EXPECT_EQ(fake_.made, 1);
  EXPECT_EQ(c->find(up).function, nullptr);  // here, the unit of an entry is elsewhere
}

TEST_F(Tiering, AddressesOfEveryTierAreFound) {
  auto c = code(after(5));
  const runtime::Code* pc = translated(*c, 1);
  EXPECT_EQ(c->find(pc + 1).index, 1u);
  EXPECT_EQ(c->find(pc + 1).function->func_index, 1u);
  c->tier_up(pc);
  const MachineCode& machine = *c->find(pc).function->machine.load();
  auto at = [&](unsigned offset) { return c->find(reinterpret_cast<const runtime::Code*>(machine.code + offset)); };
  EXPECT_EQ(at(0).function, c->find(pc).function);
  EXPECT_EQ(at(31).index, 31u);
  EXPECT_EQ(at(32).function, nullptr);
  EXPECT_EQ(c->find(nullptr).function, nullptr);
}

TEST_F(Tiering, FailedFunctionsAreNotCompiledAgain) {
  fake_.fails = true;
  auto c = code(after(5));
  const runtime::Code* pc = translated(*c, 0);
  EXPECT_EQ(c->tier_up(pc), pc);
  EXPECT_EQ(counter(pc), ~runtime::Code{0});
  EXPECT_EQ(c->tier_up(pc), pc);
  EXPECT_EQ(fake_.begun, 1);
}

TEST_F(Tiering, CallsDoNotWaitForACompiler) {
  fake_.blocks = true;
  auto c = code(after(5));
  const runtime::Code* pc = translated(*c, 0);
  std::thread compiling([&] { c->tier_up(pc); });
  while (fake_.begun == 0) std::this_thread::yield();
  // The function continues as it is, and asks again later.
  const_cast<runtime::Code*>(pc)[ir::kEnterCounter] = 0;
  EXPECT_EQ(c->tier_up(pc), pc);
  EXPECT_EQ(counter(pc), 5u);
  EXPECT_EQ(fake_.begun, 1);
  // Backtraces, other functions.
  EXPECT_EQ(c->find(pc).index, 0u);
  EXPECT_NE(translated(*c, 1), pc);
  fake_.go.release();
  compiling.join();
  EXPECT_NE(c->tier_up(pc), pc);
  EXPECT_EQ(fake_.made, 1);
}

TEST_F(Tiering, ThreadsAgreeOnAFunctionsCode) {
  for (int round = 0; round < 20; ++round) {
    auto c = code(after(1));
    constexpr int kThreads = 4;
    std::latch start(kThreads);
    std::vector<const runtime::Code*> seen(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        start.arrive_and_wait();
        for (uint32_t i = 0; i < 3; ++i) {
          ASSERT_TRUE(c->translate(&c->func_codes()[i]));
          const runtime::Code* pc = entry(*c, i);
          if (c->find(pc).function != nullptr && c->find(pc).index == 0) c->tier_up(pc);
        }
        seen[static_cast<size_t>(t)] = entry(*c, 2);
      });
    for (std::thread& t : threads) t.join();
    for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(c->find(entry(*c, i)).function, nullptr) << "not in machine code";
  }
  EXPECT_EQ(fake_.made, 60);
}

TEST_F(Tiering, BackgroundTakesNoTimeOfTheCaller) {
  fake_.blocks = true;
  auto c = code(after(5, CompileThread::kBackground));
  const runtime::Code* pc = translated(*c, 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(c->tier_up(pc), pc);  // requested once, however often it is asked
  EXPECT_EQ(counter(pc), 5u);
  fake_.go.release(1);
  while (c->find(pc).function->level.load() == 0) std::this_thread::yield();
  EXPECT_NE(c->tier_up(pc), pc);
  EXPECT_EQ(fake_.begun, 1);
}

TEST_F(Tiering, BackgroundSkipsDestroyedModules) {
  fake_.blocks = true;
  auto gone = code(after(5, CompileThread::kBackground));
  auto stays = code(after(5, CompileThread::kBackground));
  for (uint32_t i = 0; i < 3; ++i) gone->tier_up(translated(*gone, i));
  while (fake_.begun == 0) std::this_thread::yield();
  const runtime::Code* pc = translated(*stays, 0);
  stays->tier_up(pc);
  std::thread let_go([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    fake_.go.release(2);
  });
  gone.reset();  // waits for the first; the others are dropped
  while (stays->find(pc).function->level.load() == 0) std::this_thread::yield();
  let_go.join();
  EXPECT_EQ(fake_.begun, 2);
}

}  // namespace
}  // namespace ermine::tiering
