// Waiting for descriptors and clocks together.
#pragma once

#include <cstdint>
#include <span>

#include "wasi/host/descriptor.h"
#include "wasi/host/errno.h"
#include "wasi/host/interrupt.h"

namespace ermine::wasi {

struct Subscription {
  enum class Kind : uint8_t { kClock = 0, kRead = 1, kWrite = 2 };
  uint64_t userdata = 0;
  Kind kind = Kind::kClock;
  // kClock
  uint32_t clock = 0;
  uint64_t timeout = 0;
  bool absolute = false;
  // kRead, kWrite
  uint32_t fd = 0;
};

struct Event {
  uint64_t userdata = 0;
  Errno error = Errno::kSuccess;
  Subscription::Kind kind = Subscription::Kind::kClock;
  uint64_t bytes = 0;   // that can be read now, where known
  bool hangup = false;  // the other side has closed
};

// What relative times count from; kept by the caller, so that a wait that is interrupted and begun again does not
// count from anew.
struct PollStart {
  bool known = false;
  uint64_t at[2];  // by clock
};

// Waits until at least one subscription has something to tell, then fills `events` (as many entries as
// there are subscriptions) and returns how many. What cannot be waited for is an event with its error.
// kIntr: interrupted.
Outcome<uint32_t> poll_all(FdTable& table, std::span<const Subscription> subscriptions, std::span<Event> events,
                           const Interrupts& interrupts, PollStart& start);
inline Outcome<uint32_t> poll_all(FdTable& table, std::span<const Subscription> subscriptions, std::span<Event> events,
                                  const Interrupts& interrupts) {
  PollStart start;
  return poll_all(table, subscriptions, events, interrupts, start);
}

}  // namespace ermine::wasi
