// Execution: a call that runs on stacks of its own, native and value, and so can stop in the middle, leave
// everything where it is, and go on later, when there is fuel again or the deadline was moved.
//
// While it runs, its stacks are installed in the store's ExecContext, and those of whoever called run() are
// kept here; while it does not, it is the other way round. The collector looks at both (store_roots.cc). What
// runs in between may be other calls and executions of the same store, in any order.
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
  // A suspended call is ended: it goes on with a trap, so that host functions in the middle of it return.
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  State state() const { return state_; }
  // Arguments before the first run(), results after kReturned; room for the larger of both. Not seen by the
  // collector otherwise.
  Slot* slots() { return slots_.data(); }
  // Starts or goes on. Precondition: kReady, kOutOfFuel or kInterrupted. After kFailed, take_error() has the reason.
  State run();

  // Of the running call, on its stack: stops it here. False if it must not stop, because it did not begin as
  // an Execution or is being ended; true after it was told to go on. stack_top is above all that lives.
  static bool suspend(Store* store, State reason);
  // Whether the running call is being ended.
  static bool ending(const Store* store) { return store->execution && store->execution->ending_; }

  // The value stack that is not installed at present, for the collector. Null: none.
  const Slot* idle_stack_base() const { return other_.base; }
  const Slot* idle_stack_top() const { return other_.top; }

 private:
  // What of an ExecContext and Store belongs to a stack.
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
  // The outermost activation of the fiber; leads to those of whoever called run().
  Store::Activation bottom_{};
  Execution* outer_ = nullptr;  // that called run()
  std::unique_ptr<platform::Fiber> fiber_;
};

}  // namespace ermine::runtime
