// Calls by the host of functions whose type is async.
#include "component/runtime/host_async.h"

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

// ---- AsyncHostCall

Result<void> AsyncHostCall::begin(const std::shared_ptr<AsyncHostCall>& call) {
  ComponentInstance& instance = *call->instance_;
  Scheduler& scheduler = instance.scheduler();
  const Scheduler::CallsFromHost calls(scheduler);
  Entering entering(&instance.state(call->func_.instance), nullptr);
  ERMINE_TRY(entering.enter());
  call->register_at(scheduler);
  if (auto started = scheduler.start(instance, call->func_, call); !started) {
    call->unregister();
    return started;
  }
  entering.leave();
  return {};
}

void AsyncHostCall::finish() {
  unregister();
  is_over_ = true;
  if (!called_) return;
  // Not here: the component runs.
  instance_->scheduler().waker()->post([called = std::exchange(called_, nullptr)] {
    called();
    return true;
  });
}

Result<void> AsyncHostCall::cancelled(Task&) {
  cancelled_ = true;
  finish();
  return {};
}

bool AsyncHostCall::refused(Error& error) {
  error_ = std::move(error);
  finish();
  return true;
}

void AsyncHostCall::component_failed(const ComponentInstance& root) {
  if (&root != instance_.get()) return;
  error_ = instance_->last_failure().clone();
  finish();
}

void AsyncHostCall::end_with_store() {
  error_ = Error(ErrorKind::kUsage, "the store was destroyed before the call had returned");
  is_over_ = true;
  const std::function<void()> dropped = std::exchange(called_, nullptr);
}

Result<void> AsyncHostCall::cancel() {
  if (!task || is_over_) return {};
  const Scheduler::CallsFromHost calls(instance_->scheduler());
  return instance_->scheduler().request_cancellation(*task, nullptr);
}

void AsyncHostCall::on_done(std::function<void()> called) {
  if (is_over_) called();
  else called_ = std::move(called);
}

// ---- HostTask

Result<std::shared_ptr<HostTask>> HostTask::start(ComponentInstance& instance, const PlanFunc& func,
                                                  std::vector<Value> arguments) {
  ERMINE_TRY(instance.check_arguments(func, arguments));
  std::shared_ptr<HostTask> task(new HostTask(instance, func, std::move(arguments)));
  ERMINE_TRY(begin(task));
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
  finish();
  return {};
}

Result<std::optional<Value>> HostTask::take_result() {
  if (error()) return error().clone();
  return std::move(result_);
}

// ---- TypedTask

TypedTask::TypedTask(std::shared_ptr<const BoundFunc> func, detail::CallData data)
    : AsyncHostCall(*func->root, *func->func),
      bound_(std::move(func)),
      data_(std::move(data)),
      side_(*instance_, func_.instance, bound_->parts, bound_->types, bound_->path) {
  side_.max_flat_results = func_.options.is_async ? kMaxFlatParams : kMaxFlatResults;
}

Result<std::shared_ptr<TypedTask>> TypedTask::start(std::shared_ptr<const BoundFunc> func, detail::CallData data) {
  std::shared_ptr<TypedTask> task(new TypedTask(std::move(func), std::move(data)));
  ERMINE_TRY(begin(task));
  return task;
}

Result<void> TypedTask::start(Task&, Slot* slots) {
  side_.see_memory();
  if (!data_.lower(data_.data.get(), side_, slots)) return std::move(side_.error());
  return {};
}

Result<void> TypedTask::returned(Task&, const Slot* results) {
  side_.see_memory();
  if (!data_.lift(data_.data.get(), side_, results)) return std::move(side_.error());
  data_.data.reset();
  finish();
  return {};
}

}  // namespace ermine::component
