// The native stack of the calling thread.
#pragma once

#include <cstdint>

#include "platform/mapping.h"

namespace ermine::platform {

struct StackBounds {
  uintptr_t low;   // the lowest usable address
  uintptr_t high;  // one past the highest
};

// Asks the system once per thread. For a thread whose stack may grow without limit, the result has 64 MiB.
const StackBounds& thread_stack();

// The lowest address that guest-driven recursion may use on the stack at `sp`, so that at least kStackHeadroom is left
// for host functions and signal handlers. If `sp` is neither on the thread's stack nor on that of a fiber, a small
// allowance below it.
inline constexpr uintptr_t kStackHeadroom = 256 << 10;
uintptr_t native_stack_limit(uintptr_t sp);

// Guards of the engine's stacks, native ones and those for the guest's frames: more than the largest frame of either.
// (A guest's frame has at most 60,000 slots.) So code with a missing check for space faults there.
inline constexpr Guards kStackGuards{1 << 20, 1 << 20};

// Sets the stack of the fiber that the thread runs from now on (null: its own), for native_stack_limit(). Returns the
// previous one. For fiber.cc.
const StackBounds* exchange_fiber_stack(const StackBounds* bounds);

}  // namespace ermine::platform
