// Optimised code that the verifier refuses is not run: the function stays in the tiers below.
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "tests/api/wat.h"

#if defined(__x86_64__)

namespace ermine {
namespace {

using test::must;

struct Reports {
  std::mutex mutex;
  std::vector<std::string> texts;
};

void report(void* context, std::string_view message) {
  auto& reports = *static_cast<Reports*>(context);
  const std::lock_guard lock(reports.mutex);
  reports.texts.emplace_back(message);
}

constexpr std::string_view kSum = R"((module (func (export "sum") (param $n i32) (result i32) (local $s i32)
  (loop $l
    (local.set $s (i32.add (local.get $s) (local.get $n)))
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $s))))";

class Refused : public testing::TestWithParam<Tier> {};

TEST_P(Refused, CodeIsNotRun) {
  Reports reports;
  Config config;
  config.tier = GetParam();
  config.optimize = config.tier == Tier::kAuto;
  config.tier_up_calls = config.tier_up_rounds = config.optimize_after = 1;
  config.verify_code = true;
  config.report_bug = report;
  config.report_bug_context = &reports;
  Engine engine(config);
  Store store(engine);
  const Instance instance = must(Linker(engine).instantiate(store, test::wat(engine, kSum)));
  const auto sum = must(instance.get_typed_func<int32_t(int32_t)>("sum"));
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  do EXPECT_EQ(must(sum(5000)), 12502500);
  while (engine.code_counts().refused == 0 && std::chrono::steady_clock::now() < until);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(must(sum(5000)), 12502500);
  EXPECT_GE(engine.code_counts().refused, 1u);
  // It is not tried again at each call: once for the function, once for its loop.
  EXPECT_LE(engine.code_counts().refused, 2u);
  const std::lock_guard lock(reports.mutex);
  ASSERT_FALSE(reports.texts.empty());
  EXPECT_NE(reports.texts[0].find("optimised code of function 0 is not safe and is not run"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Tiers, Refused, testing::Values(Tier::kAuto, Tier::kOptimized));

}  // namespace
}  // namespace ermine
#endif
