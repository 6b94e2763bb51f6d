// What the host does asynchronously with components: calls that finish later, in both directions. Its ends of streams
// and futures are in host_end.h. The store's Scheduler (scheduler.h) drives all of it:
//
//   Scheduler& loop = instance->scheduler();
//   ERMINE_ASSIGN(std::shared_ptr<HostTask> task, HostTask::start(instance, *func, std::move(arguments)));
//   while (!task->done()) {
//     ERMINE_ASSIGN(bool progress, loop.run_some());
//     if (!progress) poll(loop.waker()->event_fd());   // until a host operation posts something
//   }
//
// or, without a loop of the embedder's own, loop.run_until(). Everything here belongs to the store's thread, except
// HostReply, which any thread may use.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "component/runtime/bound_func.h"
#include "component/runtime/host_end.h"

namespace ermine::component {

// ---- Calls of the host

// A call of an exported function whose type is async. If the host gives it up before it is done, the task continues and
// its result is dropped.
class AsyncHostCall : public TaskClient, public HostOperation {
 public:
  // Whether it has returned, was cancelled, or has failed.
  bool done() const { return is_over_; }
  bool was_cancelled() const { return cancelled_; }
  // After done(): the error of running code, in any task of the same component; empty if it returned or was cancelled.
  const Error& error() const { return error_; }
  // Asks the task to end early, which it need not do.
  Result<void> cancel();
  // `called` is called by the event loop after the call is over; at once, if it is.
  void on_done(std::function<void()> called);
  ComponentInstance& instance() const { return *instance_; }

 protected:
  AsyncHostCall(ComponentInstance& instance, const PlanFunc& func)
      : instance_(instance.shared_from_this()), func_(func) {}
  static Result<void> begin(const std::shared_ptr<AsyncHostCall>& call);
  Result<void> cancelled(Task& task) final;
  bool refused(Error& error) final;
  void end_with_store() final;
  void component_failed(const ComponentInstance& root) final;
  void finish();

  const std::shared_ptr<ComponentInstance> instance_;
  const PlanFunc& func_;

 private:
  std::function<void()> called_;
  Error error_;
  bool is_over_ = false, cancelled_ = false;
};

// Over dynamic values.
class HostTask final : public AsyncHostCall {
 public:
  // Runs it as far as it gets without blocking. Errors: kUsage if the arguments do not fit; those of running code.
  static Result<std::shared_ptr<HostTask>> start(ComponentInstance& instance, const PlanFunc& func,
                                                 std::vector<Value> arguments);
  // Once, after done(): the result, which is there if the function's type has one and the task was not cancelled.
  Result<std::optional<Value>> take_result();

 private:
  HostTask(ComponentInstance& instance, const PlanFunc& func, std::vector<Value> arguments)
      : AsyncHostCall(instance, func), arguments_(std::move(arguments)) {}
  Result<void> start(Task& task, runtime::Slot* slots) override;
  Result<void> returned(Task& task, const runtime::Slot* results) override;

  std::vector<Value> arguments_;
  std::optional<Value> result_;
};

// A call whose arguments and result the public API's templates lower and lift.
class TypedTask final : public AsyncHostCall {
 public:
  static Result<std::shared_ptr<TypedTask>> start(std::shared_ptr<const BoundFunc> func, detail::CallData data);

 private:
  TypedTask(std::shared_ptr<const BoundFunc> func, detail::CallData data);
  Result<void> start(Task& task, runtime::Slot* slots) override;
  Result<void> returned(Task& task, const runtime::Slot* results) override;

  std::shared_ptr<const BoundFunc> bound_;
  detail::CallData data_;
  HostSide side_;
};

// ---- Functions of the host over dynamic values (AsyncHostFunc in component_instance.h)

class HostReply : public detail::CallReply {
 public:
  using CallReply::CallReply;
  // The result is there exactly if the function's type has one. An error ends the calling component, as a trap does.
  void complete(Result<std::optional<Value>> result) const;
};

}  // namespace ermine::component
