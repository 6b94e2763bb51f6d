// Asynchronous calls, streams and the event loop of stores, in a library that has components.
#include "base/format.h"
#include "component/runtime/host_async.h"
#include "component/runtime/stream_values.h"
#include "ermine/component.h"

namespace ermine {

Result<ComponentCall<std::optional<component::Value>>> ComponentFunc::call_async(
    std::span<const component::Value> arguments) const {
  using Call = ComponentCall<std::optional<component::Value>>;
  component::ComponentInstance* root = impl_->root.get();
  const component::PlanFunc* func = impl_->func;
  // A component may export what it imports from another one.
  while (func->is_import) {
    const component::LinkItem& item = root->import(*func);
    if (!item.component) break;
    root = item.component.get();
    func = &root->plan().funcs[item.item.index];
  }
  if (func->is_import || !root->types().funcs[func->type].is_async) {
    ERMINE_ASSIGN(std::optional<component::Value> result, root->call(*func, arguments));
    return Call(component::detail::PendingCall(),
                std::make_shared<component::detail::ResultPlace<std::optional<component::Value>>>(std::move(result)));
  }
  std::vector<component::Value> copies;
  for (const component::Value& argument : arguments) copies.push_back(argument.clone());
  ERMINE_ASSIGN(std::shared_ptr<component::HostTask> task, component::HostTask::start(*root, *func, std::move(copies)));
  return Call(component::detail::PendingCall(std::move(task)), nullptr);
}

namespace component {

namespace detail {

// ---- PendingCall

bool is_async(const BoundFunc& func) { return func.is_async; }

Result<PendingCall> PendingCall::start(const std::shared_ptr<const BoundFunc>& func, CallData data) {
  ERMINE_ASSIGN(std::shared_ptr<TypedTask> task, TypedTask::start(func, std::move(data)));
  return PendingCall(std::move(task));
}

bool PendingCall::done() const { return !call_ || call_->done(); }
bool PendingCall::was_cancelled() const { return call_ && call_->was_cancelled(); }
Result<void> PendingCall::cancel() const { return call_ ? call_->cancel() : Result<void>(); }
void PendingCall::on_done(std::function<void()> called) const {
  if (call_) call_->on_done(std::move(called));
  else called();
}

Result<void> PendingCall::run() const {
  if (done()) return {};
  const std::shared_ptr<AsyncHostCall> call = call_;
  return call->instance().scheduler().run_until(nullptr, [&] { return call->done(); });
}

Result<void> PendingCall::outcome() const {
  if (!call_) return {};
  if (call_->error()) return call_->error().clone();
  if (call_->was_cancelled()) return Error(ErrorKind::kUsage, "the call was cancelled, and has no result");
  return {};
}

std::optional<Value> PendingCall::take_value() const {
  Result<std::optional<Value>> result = static_cast<HostTask&>(*call_).take_result();
  return result ? *std::move(result) : std::nullopt;
}

// ---- StreamEnd

StreamEnd::Pair StreamEnd::create(runtime::Store* store, bool is_future) {
  HostEnd::Ends ends = HostEnd::create_ends(Scheduler::of(*store), is_future);
  return {StreamEnd(std::move(ends.writer)), StreamEnd(std::move(ends.reader))};
}

Result<void> StreamEnd::begin(StreamCopy copy) const {
  if (!end_) return Error(ErrorKind::kUsage, "the end of the stream or future is empty");
  return end_->begin(std::move(copy));
}
void StreamEnd::cancel() const {
  if (end_) end_->cancel();
}
void StreamEnd::close() const {
  if (end_) end_->close();
}
bool StreamEnd::copying() const { return end_ && end_->copying(); }
uint32_t StreamEnd::waiting() const { return end_ ? end_->waiting() : 0; }
bool StreamEnd::is_over() const { return !end_ || end_->is_over(); }
void StreamEnd::on_drop(std::function<void()> dropped) const {
  if (end_) end_->on_drop(std::move(dropped));
}

Result<Value> end_to_value(StreamEnd& end, bool) {
  if (!end) return Error(ErrorKind::kUsage, "the end of the stream or future is empty");
  const StreamEnd given = std::exchange(end, {});
  return given.impl()->into_value();
}

Result<StreamEnd> end_from_value(runtime::Store* store, const Value& value, bool is_future, const TypeShape* element,
                                 bool is_dynamic) {
  if (value.kind() != (is_future ? ValueKind::kFuture : ValueKind::kStream))
    return Error(ErrorKind::kUsage, base::format("the value is a {:t}, not a {:t}", kind_name(value.kind()),
                                                 is_future ? "future" : "stream"));
  if (!is_dynamic) ERMINE_TRY(HostEnd::check_element(value, element));
  ERMINE_ASSIGN(std::shared_ptr<HostEnd> end, HostEnd::take(Scheduler::of(*store), value));
  return StreamEnd(std::move(end));
}

}  // namespace detail

// ---- ErrorContext

ErrorContext::ErrorContext(std::string message)
    : impl_(std::make_shared<const ErrorContextObject>(message.substr(0, kMaxErrorContextBytes))) {}
std::string ErrorContext::message() const {
  return impl_ ? static_cast<const ErrorContextObject*>(impl_.get())->message : std::string();
}

// ---- EventLoop

static Result<int> usable(int fd) {
  if (fd < 0) return Error(ErrorKind::kIo, "the system has no descriptor for the event loop");
  return fd;
}

EventLoop::EventLoop(StoreRef store) : scheduler_(&Scheduler::of(*store.impl())) {}

Result<bool> EventLoop::run_some() const {
  Result<bool> ran = scheduler_->run_some();
  if (!ran || *ran || !scheduler_->source()) return ran;
  scheduler_->source()->poll();
  return scheduler_->run_some();
}
Result<void> EventLoop::run_until(const std::function<bool()>& done) const {
  return scheduler_->run_until(nullptr, done);
}
Result<int> EventLoop::event_fd() const { return usable(scheduler_->event_fd()); }
Result<int> EventLoop::begin_wait() const {
  const Waker::Waiting waiting = scheduler_->waker()->begin_wait();
  ERMINE_ASSIGN(const int fd, usable(waiting.fd));
  return waiting.has_work ? -1 : fd;
}
void EventLoop::end_wait() const { scheduler_->waker()->end_wait(); }
void EventLoop::set_wait(std::function<Result<void>()> wait) const { scheduler_->set_wait(std::move(wait)); }
LoopHandle EventLoop::handle() const { return LoopHandle(scheduler_->waker()); }

void EventLoop::set_source(std::shared_ptr<EventSource> source) const { scheduler_->set_source(std::move(source)); }
EventSource* EventLoop::source() const { return scheduler_->source(); }

Operation EventLoop::begin_operation() const {
  scheduler_->add_pending(1);
  // Its end is posted, because it may come on any thread.
  auto end = [scheduler = scheduler_, waker = scheduler_->waker()](void*) {
    waker->post([scheduler] {
      scheduler->add_pending(-1);
      return true;
    });
  };
  return Operation(std::shared_ptr<void>(scheduler_, std::move(end)));
}

void LoopHandle::post(std::function<void()> work) const {
  waker_->post([work = std::move(work)] {
    work();
    return true;
  });
}

}  // namespace component

}  // namespace ermine
