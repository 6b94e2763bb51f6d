// The optimising tier: functions of other instances, which are called directly or inlined.
#include <atomic>
#include <memory>
#include <thread>

#include "tests/api/optimizing_guest.h"

namespace ermine::optimizing_test {
namespace {

// --- Backtraces

TEST_F(Optimizing, InlinedFunctionsOfOtherInstancesAreInBacktraces) {
  const std::string user = R"((module (import "host" "next" (func $next (result i32)))
    (import "lib" "middle" (func $middle (param i32))) (memory 2) )" +
                           std::string(kTrappingRuns) + ")";
  for (const std::string_view statement : kTrappingStatements) {
    SCOPED_TRACE(std::string(statement));
    const std::string library = "(module " + trapping(statement) + R"((export "middle" (func $middle))))";
    Program interpreted(config_of(Tier::kInterp), user, library);
    Program forced(config_of(Tier::kOptimized), user, library);
    const auto once = [](Program& p) { return p.instance->get_func("once")->call({Val(1)}); };
    expect_same_error(once(forced), once(interpreted), 4);
    EXPECT_EQ(forced.engine.code_counts().compiled, 1u);
    Program running(config_of(Tier::kAuto), user, library);
    const auto found = running.call("run", baseline_codes(user, "run", library) + 1);
    expect_same_error(found, interpreted.call("run", 0, running.rounds), 4);
  }
}

// --- Which function an import is

constexpr std::string_view kUser = R"((module
  (import "lib" "f" (func $f (param i32) (result i32)))
  (func (export "work") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (call $f (local.get $n))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))))";

std::string adding(int number) {
  return R"((module (memory 1) (func (export "f") (param i32) (result i32)
    (i32.add (i32.load (i32.const 0)) (i32.const )" +
         std::to_string(number) + "))))";
}

Result<int32_t> work(const Engine& engine, const Module& user, const Module& library, int32_t n) {
  Store store(engine);
  Linker linker(engine);
  must(linker.instance("lib", must(linker.instantiate(store, library))));
  const Instance instance = must(linker.instantiate(store, user));
  auto results = instance.get_func("work")->call({Val(n)});
  if (!results) return std::move(results).error();
  return (*results)[0].i32();
}

// The library that was inlined first is gone, and others have its place in memory; or the import is the host's.
TEST_F(Optimizing, CodeOutlivesTheModuleThatItHasFunctionsOf) {
  for (const Tier tier : {Tier::kOptimized, Tier::kAuto}) {
    Engine engine(config_of(tier));
    const Module user = wat(engine, kUser, "user");
    for (int k = 1; k <= 40; ++k) {
      const auto result = work(engine, user, wat(engine, adding(k), "library"), 3000);
      ASSERT_TRUE(result) << result.error().to_string();
      ASSERT_EQ(*result, 3000 * k);
    }
    Store store(engine);
    Linker linker(engine);
    must(linker.func_wrap("lib", "f", [](int32_t n) -> int32_t { return n & 1; }));
    const Instance instance = must(linker.instantiate(store, user));
    EXPECT_EQ(must(instance.get_func("work")->call({Val(1000)}))[0].i32(), 500);
  }
}

// Libraries come and go while code with functions of theirs is made in the background, or waits to be made.
TEST_F(Optimizing, ModulesThatAreFreedWhileTheirFunctionsAreInlined) {
  constexpr int kThreads = 3, kRounds = 25;
  Engine engine(config_of(Tier::kAuto));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      std::vector<Module> users;
      for (int k = 0; k < kRounds; ++k) {
        users.push_back(wat(engine, kUser, "user"));
        const int number = 100 * t + k, calls = 30'000 + 7'000 * (k % 4);
        const auto result = work(engine, users.back(), wat(engine, adding(number), "library"), calls);
        if (!result || *result != number * calls) ++wrong;
      }
      // Each baseline code is followed by an optimised one, of the loop at least.
      if (!wait_for_codes(engine, 3 * kThreads * kRounds)) ++wrong;
      for (const Module& user : users) {
        const auto result = work(engine, user, wat(engine, adding(7), "library"), 3000);
        if (!result || *result != 21'000) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// A module that imports a function of another instance of itself.
TEST_F(Optimizing, AModuleCanImportItself) {
  constexpr std::string_view kText = R"((module
    (import "lib" "f" (func $f (param i32) (result i32)))
    (global $g (mut i32) (i32.const 0))
    (func (export "set") (param i32) (global.set $g (local.get 0)))
    (func (export "f") (param i32) (result i32) (i32.add (global.get $g) (call $f (local.get 0))))
    (func (export "work") (param $n i32) (result i32) (local $s i32)
      (loop $l
        (local.set $s (i32.add (local.get $s) (call $f (i32.const 1))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))))";
  for (const Tier tier : {Tier::kOptimized, Tier::kAuto}) {
    Engine engine(config_of(tier));
    const Module module = wat(engine, kText, "module");
    Store store(engine);
    Linker first(engine);
    must(first.func_wrap("lib", "f", [](int32_t n) -> int32_t { return n; }));
    Instance below = must(first.instantiate(store, module));
    for (int k = 1; k <= 4; ++k) {
      must(below.get_func("set")->call({Val(k * 10)}));
      Linker linker(engine);
      must(linker.instance("lib", below));
      below = must(linker.instantiate(store, module));
    }
    for (int n = 0; n < 5; ++n) EXPECT_EQ(must(below.get_func("work")->call({Val(4000)}))[0].i32(), 4000 * 101);
  }
}

}  // namespace
}  // namespace ermine::optimizing_test
