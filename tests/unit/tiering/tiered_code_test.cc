// The storage of code, with a tier that makes none: it "compiles" to an address.
#include "tiering/tiered_code.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <map>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

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
  (func (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (call 2) (call 2) (call 2) (call 2) (call 2) (call 2) (call 2) (call 2)  ;; as many units as machine code has bytes
    (call 2) (call 2) (call 2) (call 2) (call 2) (call 2) (call 2) (call 2))
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
  bool enters_loops() const override { return enters; }
  bool inlines() const override { return false; }
  std::unique_ptr<NativeModule> open(const ModuleParts& parts) const override {
    struct Module final : NativeModule {
      Module(const FakeTier& tier, const ModuleParts& parts) : tier(tier), parts(parts) {}
      std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode&, uint32_t loop,
                                                 const Lookups& lookups) override {
        ++tier.begun;
        if (tier.blocks) tier.go.acquire();
        if (tier.fails || tier.failing == loop || parts.space.call_table().empty()) return nullptr;
        auto made = std::make_unique<MachineCode>();
        made->code = tier.bytes[func_index][loop];
        made->code_size = 16, made->total_size = 32;
        made->entry = tier.unit(func_index, loop);
        made->entries = {{loop, made->entry}};
        if (tier.enters)
          for (const uint32_t index : tier.entered) made->entries.push_back({index, tier.unit(func_index, index)});
        if (const auto outer = tier.around.find(loop); outer != tier.around.end()) {
          made->exits = {outer->second};
          tier.exits.push_back({lookups.cell(outer->second), nullptr});
          tier.exits.back().at_first = tier.exits.back().cell->load();
        }
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
  const runtime::Code* unit(uint32_t func_index, uint32_t loop) const { return &units[func_index][loop]; }
  mutable std::atomic<int> begun = 0, made = 0;
  bool blocks = false, fails = false;
  std::optional<uint32_t> failing;  // the loop, or the function's own code, that alone fails
  // Indices of loops: those with an entry, and the loop around each. `enters`: as in enters_loops().
  bool enters = true;
  std::vector<uint32_t> entered;
  std::map<uint32_t, uint32_t> around;
  struct Exit {
    const LoopCell* cell;
    const runtime::Code* at_first;  // what it had when the code was made
  };
  mutable std::vector<Exit> exits;
  // By function and loop; 0: the function's own code.
  uint8_t bytes[4][16][32] = {};
  runtime::Code units[4][16] = {};
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
  options_.optimize_after = 5000;
  const Policy both = Policy::of(options_, 2);
  EXPECT_EQ(both.from(kInterpreted)->rounds, 9u);
  ASSERT_NE(both.from(1), nullptr);
  EXPECT_EQ(both.from(1)->rounds, 5000u);
  EXPECT_EQ(both.from(1)->thread, CompileThread::kBackground);
  EXPECT_EQ(both.from(2), nullptr);
  options_.tier = ermine::Tier::kBaseline;
  EXPECT_EQ(Policy::of(options_, 1).first, 1);
}

TEST_F(Tiering, TiersUpOnRequest) {
  auto c = code(after(5));
  const runtime::Code* pc = translated(*c, 0);
  EXPECT_EQ(fake_.begun, 0);
  EXPECT_EQ(counter(pc), 5u);
  const runtime::Code* up = c->tier_up(pc, nullptr);
  EXPECT_EQ(fake_.made, 1);
  EXPECT_NE(up, pc);
  EXPECT_EQ(entry(*c, 0), up);
  EXPECT_EQ(c->tier_up(pc, nullptr), up);  // a frame that is still in the register code
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
  c->tier_up(pc, nullptr);
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
  EXPECT_EQ(c->tier_up(pc, nullptr), pc);
  EXPECT_EQ(counter(pc), ~runtime::Code{0});
  EXPECT_EQ(c->tier_up(pc, nullptr), pc);
  EXPECT_EQ(fake_.begun, 1);
}

TEST_F(Tiering, CallsDoNotWaitForACompiler) {
  fake_.blocks = true;
  auto c = code(after(5));
  const runtime::Code* pc = translated(*c, 0);
  std::thread compiling([&] { c->tier_up(pc, nullptr); });
  while (fake_.begun == 0) std::this_thread::yield();
  // The function continues as it is, and asks again later.
  const_cast<runtime::Code*>(pc)[ir::kEnterCounter] = 0;
  EXPECT_EQ(c->tier_up(pc, nullptr), pc);
  EXPECT_EQ(counter(pc), 5u);
  EXPECT_EQ(fake_.begun, 1);
  // Backtraces, other functions.
  EXPECT_EQ(c->find(pc).index, 0u);
  EXPECT_NE(translated(*c, 1), pc);
  fake_.go.release();
  compiling.join();
  EXPECT_NE(c->tier_up(pc, nullptr), pc);
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
          if (c->find(pc).function != nullptr && c->find(pc).index == 0) c->tier_up(pc, nullptr);
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
  for (int i = 0; i < 10; ++i) EXPECT_EQ(c->tier_up(pc, nullptr), pc);  // requested once, however often it is asked
  EXPECT_EQ(counter(pc), 5u);
  fake_.go.release(1);
  while (c->find(pc).function->level.load() == 0) std::this_thread::yield();
  EXPECT_NE(c->tier_up(pc, nullptr), pc);
  EXPECT_EQ(fake_.begun, 1);
}

TEST_F(Tiering, BackgroundSkipsDestroyedModules) {
  fake_.blocks = true;
  auto gone = code(after(5, CompileThread::kBackground));
  auto stays = code(after(5, CompileThread::kBackground));
  for (uint32_t i = 0; i < 3; ++i) gone->tier_up(translated(*gone, i), nullptr);
  while (fake_.begun == 0) std::this_thread::yield();
  const runtime::Code* pc = translated(*stays, 0);
  stays->tier_up(pc, nullptr);
  std::thread let_go([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    fake_.go.release(2);
  });
  gone.reset();  // waits for the first; the others are dropped
  while (stays->find(pc).function->level.load() == 0) std::this_thread::yield();
  let_go.join();
  EXPECT_EQ(fake_.begun, 2);
}

// --- A tier whose code is not entered at loops, above one whose code is: each loop needs code of its own.

class LoopTiering : public Tiering {
 protected:
  static constexpr uint32_t kInner = 12, kMiddle = 8, kOuter = 4;  // the fake tiers take any index for a loop's
  static constexpr uint32_t kFunction = 1;

  LoopTiering() {
    fake_.entered = {kOuter};
    above_.enters = false;
    above_.around = {{kInner, kMiddle}, {kMiddle, kOuter}};
    tiers_.compiled.push_back(&above_);
    tiers_.background = nullptr;
    code_ = code({.first = kInterpreted,
                  .steps = {{kInterpreted, 1, 1, 1}, {1, 2, 1, kSamples * kSampleEvery, CompileThread::kBackground}}});
    translated_ = translated(*code_, kFunction);
    code_->tier_up(translated_, nullptr);
    function_ = code_->find(translated_).function;
  }
  // A sample at the instruction of this index in the code of the first tier.
  const runtime::Code* sample(uint32_t index) {
    return code_->sample(reinterpret_cast<const runtime::Code*>(fake_.bytes[kFunction][0] + index), nullptr);
  }

  static constexpr uint32_t kSamples = 2;
  FakeTier above_;
  std::unique_ptr<TieredCode> code_;
  const runtime::Code* translated_;
  const Function* function_;
};

TEST_F(LoopTiering, ARunningLoopGetsCodeAndThoseAroundIt) {
  EXPECT_EQ(sample(kInner), nullptr);
  EXPECT_EQ(above_.begun, 0);
  EXPECT_EQ(sample(kInner), above_.unit(kFunction, kInner));
  EXPECT_EQ(above_.made, 3);
  // Calls are not changed by that.
  EXPECT_EQ(function_->level, 1);
  EXPECT_EQ(entry(*code_, kFunction), fake_.unit(kFunction, 0));
  // The inner loop was left to the register code, and the middle one to the first tier, which has an entry there, until
  // there was better code.
  ASSERT_EQ(above_.exits.size(), 2u);
  EXPECT_EQ(above_.exits[0].at_first, translated_ + kMiddle);
  EXPECT_EQ(above_.exits[0].cell->load(), above_.unit(kFunction, kMiddle));
  EXPECT_EQ(above_.exits[1].at_first, fake_.unit(kFunction, kOuter));
  EXPECT_EQ(above_.exits[1].cell->load(), above_.unit(kFunction, kOuter));
  // Addresses in it are the function's.
  const auto place = code_->find(reinterpret_cast<const runtime::Code*>(above_.bytes[kFunction][kMiddle] + 5));
  EXPECT_EQ(place.function, function_);
  EXPECT_EQ(place.index, 5u);
}

TEST_F(LoopTiering, ASecondLoopUsesTheCellsThatThereAre) {
  sample(kMiddle), sample(kMiddle);
  EXPECT_EQ(above_.made, 2);
  EXPECT_EQ(sample(kInner), above_.unit(kFunction, kInner));
  EXPECT_EQ(above_.made, 3);
  ASSERT_EQ(above_.exits.size(), 2u);
  EXPECT_EQ(above_.exits[1].at_first, above_.unit(kFunction, kMiddle));
}

TEST_F(LoopTiering, AFunctionThatIsCalledAgainGetsCodeOfItsOwn) {
  for (uint32_t n = 1; n < 2 * kSamples; ++n) sample(kInner);
  EXPECT_EQ(function_->level, 1);
  EXPECT_EQ(sample(kInner), above_.unit(kFunction, kInner));
  EXPECT_EQ(function_->level, 2);
  EXPECT_EQ(entry(*code_, kFunction), above_.unit(kFunction, 0));
  EXPECT_EQ(above_.made, 4);
  // Frames in the first tier's code still go to the loop.
  EXPECT_EQ(sample(kInner), above_.unit(kFunction, kInner));
  EXPECT_EQ(above_.made, 4);
  EXPECT_EQ(code_->sample(reinterpret_cast<const runtime::Code*>(above_.bytes[kFunction][kInner]), nullptr), nullptr);
}

TEST_F(LoopTiering, SampledAtItsStartAFunctionGetsItsOwnCodeFirst) {
  sample(0);
  EXPECT_EQ(sample(0), above_.unit(kFunction, 0));
  EXPECT_EQ(function_->level, 2);
  EXPECT_EQ(above_.made, 1);
}

TEST_F(LoopTiering, ALoopThatFailsIsNotCompiledAgain) {
  above_.fails = true;
  for (int n = 0; n < 10; ++n) EXPECT_EQ(sample(kInner), nullptr);
  EXPECT_EQ(above_.begun, 2);  // the loop, and then the function
  EXPECT_EQ(function_->level, 1);
}

TEST_F(LoopTiering, OtherCodeOfAFunctionIsCompiledAfterALoopHasFailed) {
  above_.failing = kMiddle;
  sample(kInner);
  EXPECT_EQ(sample(kInner), above_.unit(kFunction, kInner));
  EXPECT_EQ(above_.begun, 2);  // the loop, and the one around it
  EXPECT_EQ(sample(kOuter), above_.unit(kFunction, kOuter));
  // The middle loop stays where it is; the function gets code of its own.
  EXPECT_EQ(sample(kMiddle), nullptr);
  EXPECT_EQ(function_->level, 2);
  EXPECT_EQ(entry(*code_, kFunction), above_.unit(kFunction, 0));
  EXPECT_EQ(above_.made, 3);
  EXPECT_EQ(above_.begun, 4);
}

TEST_F(LoopTiering, ALoopIsCompiledAfterItsFunctionHasFailed) {
  above_.failing = 0;
  for (int n = 0; n < 5; ++n) EXPECT_EQ(sample(0), nullptr);
  EXPECT_EQ(above_.begun, 1);
  EXPECT_EQ(sample(kOuter), above_.unit(kFunction, kOuter));
}

// A loop is sampled on while its code is made: that does not mean that the function is called again.
TEST_F(LoopTiering, SamplesWhileALoopIsCompiledAreNotCalls) {
  tiers_.background = &background_;
  above_.blocks = true;
  for (uint32_t n = 0; n < 10 * kSamples; ++n) EXPECT_EQ(sample(kOuter), nullptr);
  above_.go.release();
  const runtime::Code* entered = nullptr;
  while ((entered = sample(kOuter)) == nullptr) std::this_thread::yield();
  EXPECT_EQ(entered, above_.unit(kFunction, kOuter));
  EXPECT_EQ(above_.begun, 1);
  above_.blocks = false;
  above_.go.release(10);
  for (uint32_t n = 1; n < kSamples; ++n) sample(kOuter);
  while (function_->level != 2) std::this_thread::yield();  // now it is called again
  EXPECT_EQ(above_.begun, 2);
}

}  // namespace
}  // namespace ermine::tiering
