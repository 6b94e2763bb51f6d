// The native stack of the calling thread.
#pragma once

#include <cstdint>

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

// The stack of the fiber that the thread runs from now on (null: its own), for native_stack_limit(). Returns
// the one before. For fiber.cc.
const StackBounds* exchange_fiber_stack(const StackBounds* bounds);

}  // namespace ermine::platform
