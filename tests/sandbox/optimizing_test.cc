// The plug-in of the optimising tier is opened in a process that has confined itself, when something has run for long.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "confined.h"
#include "tests/api/optimizing_guest.h"

namespace ermine::sandbox {
namespace {

using optimizing_test::baseline_codes;
using optimizing_test::config_of;
using optimizing_test::kNest;

Policy policy() {
  Policy p;
  p.mode = Mode::kRequired;
  p.runs_guests = p.machine_code = true;
  return p;
}
bool is_open() {
  std::ifstream maps("/proc/self/maps");
  return std::string(std::istreambuf_iterator<char>(maps), {}).find("libLLVM") != std::string::npos;
}
std::atomic<int> g_warnings = 0;
Config config() {
  Config c = config_of(Tier::kAuto);
  c.report_bug = [](void*, std::string_view message) {
    g_warnings += message.starts_with("there is no optimised code: ");
  };
  return c;
}
// Runs loops until there is optimised code for them.
bool becomes_optimised(optimizing_test::Program& program, uint64_t before) {
  return program.call("work", before + 1) && program.engine.code_counts().compiled > before;
}

class SandboxOptimizing : public optimizing_test::Optimizing {
 protected:
  void SetUp() override {
    Optimizing::SetUp();
    if (!has_landlock(policy())) GTEST_SKIP() << "this kernel has no Landlock";
    ASSERT_FALSE(is_open()) << "the processes of the tests have it already";
    before_ = baseline_codes(kNest, "work");
    ASSERT_FALSE(is_open());
  }
  uint64_t before_ = 0;
};

TEST_F(SandboxOptimizing, ThePluginIsOpenedInTheSandbox) {
  optimizing_test::Program program(config(), kNest);
  Policy p = policy();
  p.libraries = program.engine.late_libraries();
  EXPECT_GE(p.libraries.size(), 3u);  // with LLVM's, and the system's list
  EXPECT_FALSE(is_open());
  EXPECT_EQ(confined(p, [&] { return becomes_optimised(program, before_) && g_warnings == 0 ? 0 : -1; }), kSucceeded);
}

TEST_F(SandboxOptimizing, OrBefore) {
  optimizing_test::Program program(config(), kNest);
  EXPECT_EQ(confined(Policy{.mode = Mode::kOff},
                     [&] {
                       if (!program.engine.open_libraries() || !is_open()) return -1;
                       if (!program.engine.late_libraries().empty()) return -1;
                       if (!confine(policy())) return -1;
                       return becomes_optimised(program, before_) ? 0 : -1;
                     }),
            kSucceeded);
}

// Where it cannot be opened, the program runs nevertheless.
TEST_F(SandboxOptimizing, OrNot) {
  optimizing_test::Program program(config(), kNest);
  EXPECT_EQ(confined(policy(),
                     [&] {
                       for (int n = 0; n < 60'000 && g_warnings == 0; ++n)
                         if (!program.call("work", 0, 10)) return -1;
                       for (int n = 0; n < 10; ++n)
                         if (!program.call("work", 0, 10)) return -1;
                       return g_warnings == 1 && program.engine.code_counts().compiled == before_ ? 0 : -1;
                     }),
            kSucceeded);
}

}  // namespace
}  // namespace ermine::sandbox
