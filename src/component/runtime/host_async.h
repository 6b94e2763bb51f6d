// What the host does asynchronously with components: calls that finish later, in both directions, and its ends of
// streams and futures. The store's Scheduler (scheduler.h) drives all of it:
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
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "component/runtime/component_instance.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/streams.h"

namespace ermine::component {

// ---- Calls of the host

// A call of an exported function whose type is async. If the host gives it up before it is done, the task continues and
// its result is dropped.
class HostTask final : public TaskClient {
 public:
  // Runs it as far as it gets without blocking. Errors: kUsage if the arguments do not fit; those of running code.
  static Result<std::shared_ptr<HostTask>> start(ComponentInstance& instance, const PlanFunc& func,
                                                 std::vector<Value> arguments);
  // Whether it has returned, was cancelled, or has failed.
  bool done() const;
  // Once, after done(): the result, which is there if the function's type has one and the task was not cancelled.
  // Errors: those of running code, in any task of the same component.
  Result<std::optional<Value>> take_result();
  bool was_cancelled() const { return cancelled_; }
  // Asks the task to end early, which it need not do.
  Result<void> cancel();

 private:
  HostTask(ComponentInstance& instance, const PlanFunc& func, std::vector<Value> arguments);
  Result<void> start(Task& task, runtime::Slot* slots) override;
  Result<void> returned(Task& task, const runtime::Slot* results) override;
  Result<void> cancelled(Task& task) override;

  std::shared_ptr<ComponentInstance> instance_;
  const PlanFunc& func_;
  std::vector<Value> arguments_;
  std::optional<Value> result_;
  uint64_t failures_;  // of the instance before the call
  bool returned_ = false, cancelled_ = false;
};

// ---- Functions of the host (AsyncHostFunc in component_instance.h)

// How an asynchronous host function answers, exactly once. Copies are one. If the last one is destroyed without an
// answer, the answer is an error. Thread-safe.
class HostReply {
 public:
  // The result is there exactly if the function's type has one. An error ends the calling component, as a trap does.
  void complete(Result<std::optional<Value>> result) const;
  // After a request to cancel: the function did not finish.
  void cancelled() const;
  // Called on the store's thread when the caller asks to cancel the call; the function may still complete.
  void on_cancel(std::function<void()> request) const;

  struct State;
  explicit HostReply(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

// ---- Streams and futures

// An end of a stream or future that the host holds. Destroying it drops it, which must happen before the store ends;
// buffer.done may do so.
class HostEnd {
 public:
  ~HostEnd();
  HostEnd(const HostEnd&) = delete;
  HostEnd& operator=(const HostEnd&) = delete;

  // A new stream or future: the host's end that writes, and the one that reads as a Value, for an argument or result.
  // It has the type of the function that it is first passed to.
  struct Pair {
    std::shared_ptr<HostEnd> writer;
    Value reader;
  };
  static Pair create(Scheduler& scheduler, bool is_future);
  // The readable end that a component has passed. kUsage if it was taken before, or is none.
  static Result<std::shared_ptr<HostEnd>> take(Scheduler& scheduler, const Value& value);

  // Begin a copy of the buffer's elements, which stays valid until buffer.done was called: at once, if the other end
  // waits already, and with as many elements as could be copied. kUsage if one is in progress, or the other end is
  // gone. A future has one element, which the host must write: components do not expect that a future is dropped
  // before.
  Result<void> read(HostBuffer& buffer);
  Result<void> write(HostBuffer& buffer);
  // Ends the copy in progress; buffer.done is called.
  void cancel();
  bool is_future() const { return end_->is_future(); }

 private:
  HostEnd(Scheduler& scheduler, std::shared_ptr<CopyEnd> end) : scheduler_(scheduler), end_(std::move(end)) {}
  Result<void> copy(HostBuffer& buffer, bool reads);
  Scheduler& scheduler_;
  std::shared_ptr<CopyEnd> end_;
};

}  // namespace ermine::component
