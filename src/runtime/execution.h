// Execution: a call that runs on stacks of its own, native and value, so that it can be suspended in the middle and
// continued later, when there is fuel again or the deadline was moved.
//
// While it runs, its stacks are installed in the store's ExecContext, and those of the caller of run() are kept here;
// otherwise it is the other way round. The collector scans both (store_roots.cc). Between its runs, other calls and
// executions of the same store may run, in any order.
#pragma once

#include <memory>
#include <vector>

#include "ermine/result.h"
#include "platform/fiber.h"
#include "platform/mapping.h"
#include "runtime/store.h"

namespace ermine::runtime {

class Execution {
 public:
  enum class State : uint8_t { kReady, kRunning, kOutOfFuel, kInterrupted, kReturned, kFailed };

  // kLimit if there is no memory for the stacks. The store must outlive it.
  static Result<std::unique_ptr<Execution>> create(Store* store, FuncRef* func);
  // A suspended call is ended: it continues with a trap, so that host functions in the middle of it return.
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  State state() const { return state_; }
  // Arguments before the first run(), results after kReturned; space for the larger of both. Otherwise the collector
  // does not scan it.
  Slot* slots() { return slots_.data(); }
  // Starts or continues. Precondition: kReady, kOutOfFuel or kInterrupted. After kFailed, take_error() has the error.
  State run();

  // Called by the running call, on its stack: suspends it here. False if it must not be suspended, because it did not
  // begin as an Execution or is being ended; true after it was resumed. stack_top is above all live slots.
  static bool suspend(Store* store, State reason);
  // Whether the running call is being ended.
  static bool ending(const Store* store) { return store->execution && store->execution->ending_; }

  // The value stack that is not installed at present, for the collector. Null: none.
  const Slot* idle_stack_base() const { return other_.base; }
  const Slot* idle_stack_top() const { return other_.top; }

 private:
  // The fields of an ExecContext and Store that belong to a stack.
  struct Installed {
    Slot* base = nullptr;
    Slot* end = nullptr;
    Slot* top = nullptr;
    uintptr_t native_stack_limit_term = 0;
    void* exit_sp = nullptr;
    FrameState last{};
    Store::Activation* activation = nullptr;
  };

  Execution(Store* store, FuncRef* func) : store_(store), func_(func) {}
  void swap_stacks();
  static void body(void* self);

  Store* store_;
  FuncRef* func_;
  State state_ = State::kReady;
  bool ending_ = false;
  std::vector<Slot> slots_;
  platform::Mapping stack_;
  Installed other_;
  // The outermost activation of the fiber; linked to those of the caller of run().
  Store::Activation bottom_{};
  Execution* outer_ = nullptr;  // that called run()
  std::unique_ptr<platform::Fiber> fiber_;
};

}  // namespace ermine::runtime
