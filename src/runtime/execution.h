// Execution: a call that runs on stacks of its own, native and value, so that it can be suspended in the middle and
// continued later, when there is fuel again or the deadline was moved. A worker is one that runs a function of the
// host, again and again, which calls functions and can block in between: threads of components are made of it.
//
// While it runs, its stacks are installed in the store's ExecContext, and those of the caller of run() are kept here;
// otherwise it is the other way round. The collector scans both (store_roots.cc). Between its runs, other calls and
// executions of the same store may run, in any order.
#pragma once

#include <memory>
#include <vector>

#include "ermine/result.h"
#include "platform/fiber.h"
#include "runtime/store.h"

namespace ermine::runtime {

class Execution {
 public:
  enum class State : uint8_t { kReady, kRunning, kOutOfFuel, kInterrupted, kReturned, kFailed, kBlocked };

  // kLimit if there is no memory for the stacks. The store must outlive it.
  static Result<std::unique_ptr<Execution>> create(Store* store, FuncRef* func);
  // A worker: run() calls work(argument), and is kReady again when that has returned. It must not throw, and its
  // results are its own affair. `bytes` of value stack, at most what the store allows.
  static Result<std::unique_ptr<Execution>> create_worker(Store* store, uint64_t bytes, void (*work)(void*),
                                                          void* argument);
  // A suspended call is ended, as by end().
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  State state() const { return state_; }
  // Arguments before the first run(), results after kReturned; space for the larger of both. Otherwise the collector
  // does not scan it.
  Slot* slots() { return slots_.data(); }
  // Starts or continues. Precondition: kReady, kOutOfFuel, kInterrupted or kBlocked. After kFailed, take_error() has
  // the error. The code that runs a worker within another call passes kOutOfFuel and kInterrupted on, by suspend().
  State run();
  // Continues a suspended call with a trap, so that host functions in the middle of it return.
  void end();

  // Called by the running call, on its stack: suspends it here. False if it must not be suspended, because it did not
  // begin as an Execution or is being ended; true after it was resumed. stack_top is above all live slots. A worker can
  // be kBlocked at any time; for the other reasons something around it must wait for that: an Execution that is none.
  static bool suspend(Store* store, State reason);
  // The size of the value stack that is in use.
  static uint64_t stack_bytes(const Store* store);
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
    void* extension_current = nullptr;
  };

  Execution(Store* store, FuncRef* func) : store_(store), func_(func) {}
  static Result<std::unique_ptr<Execution>> create(std::unique_ptr<Execution> made, uint64_t bytes,
                                                   uint64_t native_bytes);
  void swap_stacks();
  static void body(void* self);
  bool is_suspended() const {
    return state_ == State::kOutOfFuel || state_ == State::kInterrupted || state_ == State::kBlocked;
  }

  Store* store_;
  FuncRef* func_;  // null: a worker
  void (*work_)(void*) = nullptr;
  void* argument_ = nullptr;
  State state_ = State::kReady;
  bool ending_ = false;
  std::vector<Slot> slots_;
  GuestStack stack_;
  Installed other_;
  // The outermost activation of the fiber; linked to those of the caller of run().
  Store::Activation bottom_{};
  Execution* outer_ = nullptr;  // that called run()
  std::unique_ptr<platform::Fiber> fiber_;
};

}  // namespace ermine::runtime
