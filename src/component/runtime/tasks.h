// Tasks: calls of functions of components, as their instances see them. (CanonicalABI.md, "Tasks".)
#pragma once

#include <memory>
#include <vector>

#include "component/runtime/handles.h"
#include "component/runtime/plan.h"
#include "component/runtime/threads.h"
#include "runtime/context.h"

namespace ermine::component {

// The most core values that a function's parameters or result take, and a pointer.
inline constexpr size_t kMaxCallSlots = kMaxFlatParams + 1;

// The other side of a task, which gives the arguments and takes the result: a subtask of a component, or the host.
struct TaskClient {
  virtual ~TaskClient() = default;
  // The task starts: writes the arguments as the callee's core function takes them. The current thread is the task's.
  virtual Result<void> start(Task& task, runtime::Slot* arguments) = 0;
  // start() has failed because the host gave no arguments of their types, and the callee has seen nothing of the call.
  // True: the client has noted the error, and the task is over; false: it is a failure of the callee.
  virtual bool refused(Error&) { return false; }
  // The task returns: `results` are the core values of the callee's result (adapter.h, result_values).
  virtual Result<void> returned(Task& task, const runtime::Slot* results) = 0;
  // The task was cancelled, before it started or later.
  virtual Result<void> cancelled(Task& task) = 0;

  Task* task = nullptr;  // while it exists
  std::vector<Loan> loans;  // of handles that the arguments were lent from
};

struct Task {
  enum class State : uint8_t { kInitial, kStarted, kPendingCancel, kCancelDelivered, kResolved };

  ComponentInstance* root = nullptr;
  InstanceState* instance = nullptr;  // null: the host's, as callee
  const PlanFunc* func = nullptr;  // null: of a frame
  std::shared_ptr<TaskClient> client;  // null: of a frame
  State state = State::kInitial;
  bool needs_exclusive = false;
  uint32_t borrows = 0;  // handles that must be dropped before it returns
  std::vector<Loan>* loans = nullptr;  // the client's, or the frame's
  struct TaskFrame* frame = nullptr;  // that it is a part of
  Thread* implicit = nullptr;  // null: exited
  std::vector<Thread*> threads;  // explicit ones
  // Of all tasks of the scheduler.
  Task* next = nullptr;
  Task* previous = nullptr;

  // Whether it must not block before it returns.
  bool is_synchronous() const { return func == nullptr; }
  bool deliver_pending_cancel(bool cancellable) {
    if (!cancellable || state != State::kPendingCancel) return false;
    state = State::kCancelDelivered;
    return true;
  }
  bool has_backpressure() const {
    return instance->backpressure > 0 || (needs_exclusive && instance->exclusive != nullptr);
  }
  Result<void> check_borrows() const;
  // CanonicalABI.md, `Task.return_` and `Task.cancel`.
  Result<void> return_(const runtime::Slot* results);
  Result<void> cancel();
};

// A call that runs on its caller's stack: the task and its thread in one.
struct TaskFrame {
  Task task;
  Thread thread;
  std::vector<Loan> loans;
};

}  // namespace ermine::component
