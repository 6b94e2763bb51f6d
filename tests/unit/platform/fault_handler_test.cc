#include "platform/fault_handler.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "platform/mapping.h"

namespace ermine::platform {
namespace {

Mapping* g_ours;
volatile int g_handled;
volatile uintptr_t g_stack_in_handler;

// Repairs faults in the test's mapping by committing the page, so that the access is repeated successfully.
bool repair(FaultContext& fault) {
  const auto base = reinterpret_cast<uintptr_t>(g_ours->base());
  if (fault.address() - base >= g_ours->size() || fault.pc() == 0) return false;
  g_handled = g_handled + 1;
  g_stack_in_handler = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return g_ours->commit(fault.address() - base, 1);
}

volatile int g_passed_on;
Mapping* g_theirs;
void earlier_handler(int, siginfo_t* info, void*) {
  g_passed_on = g_passed_on + 1;
  g_theirs->commit(reinterpret_cast<uintptr_t>(info->si_addr) - reinterpret_cast<uintptr_t>(g_theirs->base()), 1);
}

TEST(FaultHandler, HandlesOursAndPassesOnOthers) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer delays signals";
#endif
#endif
  Mapping ours = *Mapping::reserve(1 << 20), theirs = *Mapping::reserve(1 << 20);
  g_ours = &ours;
  g_theirs = &theirs;
  struct sigaction action{};
  action.sa_sigaction = earlier_handler;
  action.sa_flags = SA_SIGINFO;
  ASSERT_EQ(sigaction(SIGSEGV, &action, nullptr), 0);
  ASSERT_TRUE(install_fault_handler(repair));
  std::thread([&] {
    ensure_alternate_stack();
    volatile uint8_t* p = ours.base();
    p[100] = 5;
    p[70000] = 6;
    EXPECT_EQ(p[100] + p[70000], 11);
    EXPECT_EQ(g_handled, 2);
    // It ran on a stack of its own.
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    EXPECT_GT(here > g_stack_in_handler ? here - g_stack_in_handler : g_stack_in_handler - here, 65536u);
    volatile uint8_t* q = theirs.base();
    q[9] = 1;
    EXPECT_EQ(g_passed_on, 1);
    EXPECT_EQ(g_handled, 2);
  }).join();
}

}  // namespace
}  // namespace ermine::platform
