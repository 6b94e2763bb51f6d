#include "runtime/interrupt.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace ermine::runtime {
namespace {

using namespace std::chrono_literals;

bool readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, 0) == 1;
}

TEST(InterruptControl, StopsCodeUntilItIsTaken) {
  Slot stack[4];
  ExecContext exec{};
  exec.stack_end = stack + 4;
  exec.stack_limit = exec.stack_end;
  // Code compares it at the entry of a function, and so stops there.
  auto goes_on = [&] { return stack + 4 <= exec.stack_limit.load(); };
  InterruptControl control(&exec);
  const int fd = control.event_fd();
  EXPECT_EQ(control.take(), 0u);
  EXPECT_TRUE(goes_on());
  control.interrupt(kInterruptRequest);
  EXPECT_FALSE(goes_on());
  EXPECT_TRUE(readable(fd));
  control.interrupt(kInterruptDeadline);
  EXPECT_EQ(control.take(), kInterruptRequest | kInterruptDeadline);
  EXPECT_TRUE(goes_on());
  EXPECT_FALSE(readable(fd));
  EXPECT_EQ(control.take(), 0u);  // only once
  // A reason that no longer holds is dropped; code stops for another one.
  control.interrupt(kInterruptRequest | kInterruptDeadline);
  control.drop(kInterruptDeadline);
  EXPECT_EQ(control.pending(), static_cast<uint32_t>(kInterruptRequest));
  EXPECT_FALSE(goes_on());
  EXPECT_TRUE(readable(fd));
  control.drop(kInterruptRequest);
  EXPECT_TRUE(goes_on());
  EXPECT_FALSE(readable(fd));
  // The store is gone: remaining handles may still be used.
  control.detach();
  control.interrupt(kInterruptRequest);
  EXPECT_TRUE(goes_on());
}

TEST(DeadlineTimer, FiresInOrderAndCancels) {
  DeadlineTimer timer;
  ExecContext a{}, b{}, c{};
  auto ca = std::make_shared<InterruptControl>(&a), cb = std::make_shared<InterruptControl>(&b),
       cc = std::make_shared<InterruptControl>(&c);
  const auto now = DeadlineTimer::Clock::now();
  timer.schedule(ca, now + 1h);
  timer.schedule(cb, now + 30ms);
  timer.schedule(cc, now + 1h);
  timer.schedule(cc, now + 5ms);  // replaces
  timer.schedule(ca, now + 10ms);
  timer.cancel(ca);
  while (cb->pending() == 0) std::this_thread::sleep_for(1ms);
  EXPECT_GE(DeadlineTimer::Clock::now(), now + 30ms);
  EXPECT_EQ(cc->pending(), static_cast<uint32_t>(kInterruptDeadline));
  EXPECT_EQ(ca->pending(), 0u);
}

}  // namespace
}  // namespace ermine::runtime
