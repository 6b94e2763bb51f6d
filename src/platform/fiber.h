// Fiber: a native stack on which a function runs that can be suspended and resumed, also on another thread. Switching
// saves the registers that a called function must preserve, and no state of the system: neither the signal mask nor
// thread-local state. The stack has guards at both ends.
//
// Code on a fiber must not keep addresses of thread-local variables across suspend().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "platform/mapping.h"
#include "platform/thread_stack.h"

namespace ermine::platform {

class Fiber {
 public:
  using Entry = void (*)(void* argument);

  // A fiber that has not started. Null if there is no memory. `bytes` of stack are address space; memory is used only
  // as far as the stack is used.
  static std::unique_ptr<Fiber> create(size_t bytes, Entry entry, void* argument);
  // Precondition: not started, or finished. Otherwise the contents of the stack are dropped without unwinding.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs the entry, or continues after suspend(), until it suspends or returns. Not on the fiber itself; not after it
  // has finished.
  void resume();
  // On the fiber: continues after resume().
  void suspend();
  bool finished() const { return finished_; }

 private:
  Fiber(Mapping stack, Entry entry, void* argument);
  static void run(Fiber* self);
  void leave(bool last);

  Mapping stack_;
  StackBounds bounds_;
  Entry entry_;
  void* argument_;
  void* own_sp_ = nullptr;  // while it is suspended
  void* outer_sp_ = nullptr;  // of resume(), while it runs
  const StackBounds* outer_bounds_ = nullptr;
  bool finished_ = false;
  // The sanitizers' names for the stacks.
  [[maybe_unused]] void* own_shadow_ = nullptr;
  [[maybe_unused]] const void* outer_low_ = nullptr;
  [[maybe_unused]] size_t outer_size_ = 0;
  [[maybe_unused]] void* own_tsan_ = nullptr;
  [[maybe_unused]] void* outer_tsan_ = nullptr;
};

}  // namespace ermine::platform
