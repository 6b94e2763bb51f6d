#include "component/runtime/host_async.h"

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/stream_values.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

// ---- HostTask

HostTask::HostTask(ComponentInstance& instance, const PlanFunc& func, std::vector<Value> arguments)
    : instance_(instance.shared_from_this()),
      func_(func),
      arguments_(std::move(arguments)),
      failures_(instance.failures()) {}

Result<std::shared_ptr<HostTask>> HostTask::start(ComponentInstance& instance, const PlanFunc& func,
                                                  std::vector<Value> arguments) {
  ERMINE_TRY(instance.check_arguments(func, arguments));
  std::shared_ptr<HostTask> task(new HostTask(instance, func, std::move(arguments)));
  Scheduler& scheduler = instance.scheduler();
  const Scheduler::CallsFromHost calls(scheduler);
  Entering entering(&instance.state(func.instance), nullptr);
  ERMINE_TRY(entering.enter());
  ERMINE_TRY(scheduler.start(instance, func, task));
  entering.leave();
  return task;
}

Result<void> HostTask::start(Task&, Slot* slots) {
  const FuncType& type = instance_->types().funcs[func_.type];
  const Flat& flat = type.params_flat[static_cast<unsigned>(func_.options.address)];
  std::vector<TypeUse> params;
  for (const Field& param : type.params) params.push_back(param.type);
  ERMINE_TRY(ValueAccess(*instance_, func_.instance, func_.options).lower(params, arguments_, slots, !flat.too_many));
  arguments_.clear();
  return {};
}

Result<void> HostTask::returned(Task&, const Slot* results) {
  ERMINE_ASSIGN(result_, lift_result(*instance_, func_, results));
  returned_ = true;
  return {};
}

Result<void> HostTask::cancelled(Task&) {
  returned_ = cancelled_ = true;
  return {};
}

bool HostTask::done() const { return returned_ || instance_->failures() != failures_; }

Result<std::optional<Value>> HostTask::take_result() {
  if (!returned_) return instance_->last_failure().clone();
  return std::move(result_);
}

Result<void> HostTask::cancel() {
  if (!task || returned_) return {};
  const Scheduler::CallsFromHost calls(instance_->scheduler());
  return instance_->scheduler().request_cancellation(*task, nullptr);
}

// ---- HostEnd

HostEnd::Pair HostEnd::create(Scheduler& scheduler, bool is_future) {
  auto shared = std::make_shared<SharedStream>(is_future);
  auto value = std::make_shared<StreamValue>();
  value->shared = shared;
  value->scheduler = &scheduler;
  value->waker = scheduler.waker();
  auto end =
      std::make_shared<CopyEnd>(is_future ? HandleKind::kFutureWriter : HandleKind::kStreamWriter, shared, TypeUse());
  return {std::shared_ptr<HostEnd>(new HostEnd(scheduler, std::move(end))),
          Value::handle(is_future ? ValueKind::kFuture : ValueKind::kStream, Handle{0, std::move(value)})};
}

Result<std::shared_ptr<HostEnd>> HostEnd::take(Scheduler& scheduler, const Value& value) {
  if (value.kind() != ValueKind::kStream && value.kind() != ValueKind::kFuture)
    return Error(ErrorKind::kUsage,
                 base::format("the value is a {:t}, not a stream or future", kind_name(value.kind())));
  const auto* stream = static_cast<const StreamValue*>(value.as_handle().owner.get());
  if (!stream || !stream->shared)
    return Error(ErrorKind::kUsage, "the stream or future was passed on, or taken before");
  std::shared_ptr<SharedStream> shared = std::exchange(stream->shared, nullptr);
  const HandleKind kind = shared->is_future ? HandleKind::kFutureReader : HandleKind::kStreamReader;
  return std::shared_ptr<HostEnd>(
      new HostEnd(scheduler, std::make_shared<CopyEnd>(kind, std::move(shared), TypeUse())));
}

HostEnd::~HostEnd() {
  cancel();
  drop_end(scheduler_, *end_->shared);
}

Result<void> HostEnd::copy(HostBuffer& buffer, bool reads) {
  if (end_->is_reader() != reads)
    return Error(ErrorKind::kUsage, reads ? "this end of the stream writes" : "this end of the stream reads");
  if (end_->state == CopyEnd::State::kDone)
    return Error(ErrorKind::kUsage, "the stream or future is over: the other end is gone, or the value was copied");
  if (end_->copying()) return Error(ErrorKind::kUsage, "a copy of this stream is in progress");
  buffer.progress = 0;
  if (end_->is_future()) buffer.length = 1;
  end_->length = buffer.length;
  end_->host = &buffer;
  const std::shared_ptr<CopyEnd> end = end_;  // buffer.done may destroy this object
  return begin_copy(scheduler_, *end);
}

Result<void> HostEnd::read(HostBuffer& buffer) { return copy(buffer, true); }
Result<void> HostEnd::write(HostBuffer& buffer) { return copy(buffer, false); }

void HostEnd::cancel() {
  const std::shared_ptr<CopyEnd> end = end_;
  if (end->copying()) cancel_copy(scheduler_, *end);
}

// What is written to it will not be read. Values may end on any thread.
StreamValue::~StreamValue() {
  if (!shared) return;
  waker->post([end = std::move(shared), loop = scheduler] {
    drop_end(*loop, *end);
    return true;
  });
}

}  // namespace ermine::component
