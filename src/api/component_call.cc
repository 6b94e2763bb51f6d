// Functions and resources of components, in a library that has components.
#include <new>
#include <optional>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/bound_func.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/values.h"
#include "component/value/type_text.h"
#include "ermine/component.h"

namespace ermine {

// ---- Functions

Result<std::optional<component::Value>> ComponentFunc::call(std::span<const component::Value> arguments) const {
  return impl_->root->call(*impl_->func, arguments);
}
std::string ComponentFunc::name() const { return impl_->path; }
std::string ComponentFunc::type() const { return component::TypeText(impl_->root->types()).func(impl_->func->type); }

namespace component {

namespace {

// A call in the storage of an OutgoingCall.
struct RunningCall {
  explicit RunningCall(const BoundFunc& function)
      : func(function),
        side(*function.root, function.func->instance, function.parts, function.types, function.path),
        entering(&side.state(), nullptr) {}

  const BoundFunc& func;
  HostSide side;
  Entering entering;
  std::optional<Scheduler::CallsFromHost> calls;
  bool entered = false;
  bool guest_ran = false;
};

// The cursor of an OutgoingCall is the HostSide in it.
RunningCall& running(unsigned char* storage) { return *std::launder(reinterpret_cast<RunningCall*>(storage)); }

}  // namespace

namespace detail {

OutgoingCall::OutgoingCall(const BoundFunc& func) {
  static_assert(sizeof(RunningCall) <= sizeof(storage_) && alignof(RunningCall) <= 16);
  cursor_ = &(new (storage_) RunningCall(func))->side;
}

OutgoingCall::~OutgoingCall() { running(storage_).~RunningCall(); }

bool OutgoingCall::begin() {
  RunningCall& call = running(storage_);
  if (auto entered = call.entering.enter(); !entered) return cursor_->fail(std::move(entered).error());
  call.entered = true;
  call.calls.emplace(call.func.root->scheduler());
  call.func.root->enter_call(&call.side.state());
  return true;
}

bool OutgoingCall::run(uint64_t* slots) {
  RunningCall& call = running(storage_);
  call.guest_ran = true;
  if (auto called = call_core(call.func.root->store(), call.func.callee, slots); !called)
    return cursor_->fail(std::move(called).error());
  call.side.see_memory();
  return true;
}

bool OutgoingCall::finish(uint64_t returned) {
  RunningCall& call = running(storage_);
  ComponentInstance& root = *call.func.root;
  // post-return belongs to the same task, which has returned before it runs.
  if (auto clean = root.scheduler().current()->task->check_borrows(); !clean)
    return cursor_->fail(std::move(clean).error());
  if (call.func.post_return) {
    runtime::Slot slots[1] = {returned};
    call.side.state().set_flag(kInstanceMayNotLeave);
    if (auto called = call_core(root.store(), call.func.post_return, slots); !called)
      return cursor_->fail(std::move(called).error());
    call.side.state().set_flag(kInstanceRuns);
  }
  if (auto left = root.exit_call(); !left) return cursor_->fail(std::move(left).error());
  call.side.end_borrows();
  call.entering.leave();
  return true;
}

Error OutgoingCall::fail() {
  RunningCall& call = running(storage_);
  call.side.end_borrows();
  // An argument that its type does not have is an error of the host: the instance has seen nothing of the call. (If it
  // has handles already, it stays entered as after a trap.)
  ComponentInstance& root = *call.func.root;
  if (call.entered && !call.guest_ran && call.side.error().kind() == ErrorKind::kUsage &&
      root.scheduler().current()->task->loans->empty() && root.exit_call()) {
    call.entering.leave();
  } else if (call.entered) {
    // Nothing that waits in it continues.
    root.fail(call.side.error());
  }
  return std::move(call.side.error());
}

Result<std::shared_ptr<const BoundFunc>> bind(const std::shared_ptr<const BoundFunc>& func, const FuncShape& shape) {
  const PlanFunc& plan = *func->func;
  ComponentInstance& root = *func->root;
  if (plan.is_import)
    return Error(ErrorKind::kUnsupported,
                 base::format("`{}` is a function that the component imports and passes on: it has no typed calls, use "
                              "ComponentFunc::call",
                              func->path));
  auto types = check_host_types(root, plan.instance, plan.type, shape, func->path, "the host asks for");
  if (!types) return Error(ErrorKind::kUsage, types.error().message());
  auto bound = std::make_shared<BoundFunc>(*func);
  bound->types = *std::move(types);
  bound->callee = root.func(plan.callee);
  bound->parts = SideParts(root, plan.options);
  bound->is_async = root.types().funcs[plan.type].is_async;
  if (plan.options.post_return) bound->post_return = root.func(*plan.options.post_return);
  return std::shared_ptr<const BoundFunc>(std::move(bound));
}

// ---- Resources

void* object_of(const std::shared_ptr<const void>& handle, const void* resource_class) {
  const auto* h = static_cast<const HostHandle*>(handle.get());
  if (!h || !h->live || h->type->host_class != resource_class) return nullptr;
  return reinterpret_cast<void*>(static_cast<uintptr_t>(h->rep));
}

}  // namespace detail

namespace {

uint64_t host_rep(const std::shared_ptr<const void>& handle) {
  const auto* h = static_cast<const HostHandle*>(handle.get());
  return h && h->live && !h->type->implementer ? h->rep : 0;
}
Value handle_value(ValueKind kind, std::shared_ptr<const void> handle) {
  const uint64_t rep = handle ? static_cast<const HostHandle*>(handle.get())->rep : 0;
  return Value::handle(kind, Handle{rep, std::move(handle)});
}

}  // namespace

Result<void> Resource::drop() {
  const std::shared_ptr<const void> handle = std::move(handle_);
  const auto* h = static_cast<const HostHandle*>(handle.get());
  return h && h->live && h->own ? h->drop() : Result<void>();
}
uint64_t Resource::rep() const { return host_rep(handle_); }
uint64_t ResourceRef::rep() const { return host_rep(handle_); }
Value Resource::into_value() && { return handle_value(ValueKind::kOwn, std::move(handle_)); }
Value ResourceRef::to_value() const { return handle_value(ValueKind::kBorrow, handle_); }

Result<Resource> Resource::from_value(const Value& value) {
  if (value.kind() != ValueKind::kOwn) return Error(ErrorKind::kUsage, "the value is no resource that is owned");
  const auto* h = static_cast<const HostHandle*>(value.as_handle().owner.get());
  if (!h || !h->live) return Error(ErrorKind::kUsage, "the resource was passed on");
  return Resource(value.as_handle().owner);
}

}  // namespace component

}  // namespace ermine
