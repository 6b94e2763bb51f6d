#include "platform/thread_stack.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

extern "C" void* __libc_stack_end;  // glibc's loader

namespace ermine::platform {

namespace {

constexpr uintptr_t kMostStack = 64 << 20;

// The main thread's stack ends where the loader found it and may grow down to the limit. (glibc's own function reads
// /proc/self/maps, which takes time and which a confined process may not open.)
StackBounds main_thread() {
  rlimit limit{};
  uint64_t size = getrlimit(RLIMIT_STACK, &limit) == 0 ? limit.rlim_cur : uint64_t{8} << 20;
  size = std::min<uint64_t>(size, kMostStack);
  auto high = reinterpret_cast<uintptr_t>(__libc_stack_end);
  return {high - size, high};
}

StackBounds ask() {
  if (getpid() == syscall(SYS_gettid)) return main_thread();
  StackBounds bounds{1, 1};  // if it is not known, no address is in it
  pthread_attr_t attr;
  if (pthread_getattr_np(pthread_self(), &attr) != 0) return bounds;
  void* address = nullptr;
  size_t size = 0;
  if (pthread_attr_getstack(&attr, &address, &size) == 0 && size != 0) {
    bounds.low = reinterpret_cast<uintptr_t>(address);
    bounds.high = bounds.low + size;
    if (size > kMostStack) bounds.low = bounds.high - kMostStack;
  }
  pthread_attr_destroy(&attr);
  return bounds;
}

constinit thread_local const StackBounds* t_fiber_stack = nullptr;
constinit thread_local StackBounds t_thread_stack{0, 0};  // zero: the system was not asked yet

bool holds(const StackBounds& b, uintptr_t sp) { return sp >= b.low && sp < b.high; }

// (Inlined into the calls' check, although this folder is compiled for size.)
[[gnu::always_inline]] inline const StackBounds& own_stack() {
  if (t_thread_stack.high == 0) [[unlikely]]
    t_thread_stack = ask();
  return t_thread_stack;
}

}  // namespace

const StackBounds& thread_stack() { return own_stack(); }

uintptr_t native_stack_limit(uintptr_t sp) {
  const StackBounds* fiber = t_fiber_stack;
  const StackBounds& b = fiber && holds(*fiber, sp) ? *fiber : own_stack();
  if (!holds(b, sp)) return sp - std::min<uintptr_t>(sp, 64 << 10);
  // A stack smaller than twice the headroom keeps half of itself.
  return b.low + std::min(kStackHeadroom, (b.high - b.low) / 2);
}

const StackBounds* exchange_fiber_stack(const StackBounds* bounds) {
  const StackBounds* before = t_fiber_stack;
  t_fiber_stack = bounds;
  return before;
}

}  // namespace ermine::platform
