// The native stack of the calling thread.
#pragma once

#include <cstdint>

#include "platform/mapping.h"

namespace ermine::platform {

struct StackBounds {
  uintptr_t low;   // the lowest usable address
  uintptr_t high;  // one past the highest
};

// Asked of the system once a thread. A thread whose stack may grow without limit is given 64 MiB.
const StackBounds& thread_stack();

// The lowest address that guest-driven recursion may use on the stack at `sp`, so that at least
// kStackHeadroom is left for host functions and signal handlers. If `sp` is on neither the thread's stack nor
// that of a fiber of ours, a small allowance below it.
inline constexpr uintptr_t kStackHeadroom = 256 << 10;
uintptr_t native_stack_limit(uintptr_t sp);

// Of stacks that we make, native ones and those for the guest's frames: more than the largest frame of either. (A
// guest's has 60,000 slots at most.) So whoever left out a check for room ends here.
inline constexpr Guards kStackGuards{1 << 20, 1 << 20};

// The stack of the fiber that the thread runs from now on (null: its own), for native_stack_limit(). Returns
// the one before. For fiber.cc.
const StackBounds* exchange_fiber_stack(const StackBounds* bounds);

}  // namespace ermine::platform
