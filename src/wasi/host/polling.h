// Waits for descriptors and clocks together.
#pragma once

#include <cstdint>
#include <span>

#include "wasi/host/descriptor.h"
#include "wasi/host/error.h"
#include "wasi/host/interrupt.h"

namespace ermine::wasi::host {

// A clock that can be waited for, kRealtime or kMonotonic, or a descriptor.
struct Subscription {
  enum class Kind : uint8_t { kClock, kRead, kWrite };
  uint32_t id = 0;  // the caller's; it is in the event
  Kind kind = Kind::kClock;
  // kClock
  Clock clock = Clock::kRealtime;
  bool absolute = false;
  uint64_t timeout = 0;
  // kRead, kWrite; it stays open during the wait.
  const Descriptor* descriptor = nullptr;
  // Whether the event shall say how many bytes can be read, which takes a system call.
  bool counts_bytes = false;
};

struct Event {
  uint32_t id = 0;
  HostError error = HostError::kNone;
  uint64_t bytes = 0;   // that can be read now, if asked for and known
  bool hangup = false;  // the other side has closed
};

// The start of relative times; kept by the caller, so that a wait that is interrupted and started again keeps its
// start.
struct PollStart {
  bool known = false;
  uint64_t at[2];  // by clock
};

// Waits until at least one subscription has an event, then fills `events` (as many entries as there are subscriptions)
// and returns their number. Events of descriptors come first, in the order of the subscriptions. With `immediately` it
// does not wait, and there may be none. kInterrupted: the guest is to be stopped.
Outcome<uint32_t> poll_all(std::span<const Subscription> subscriptions, std::span<Event> events, bool immediately,
                           const Interrupts& interrupts, PollStart& start);

}  // namespace ermine::wasi::host
