// Calls from outside into a component, of its imports, and the rules of handles.
#include <algorithm>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/host_async.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/values.h"
#include "runtime/call.h"

namespace ermine::component {

using runtime::Slot;

Result<void> call_core(runtime::Store& store, runtime::FuncRef* func, Slot* slots) {
  if (runtime::call(&store, func, slots)) return {};
  Error error = runtime::take_error(&store);
  if (error.kind() != ErrorKind::kException) return error;
  // CanonicalABI.md, `call_and_trap_on_throw`.
  if (store.last_exception) {
    runtime::RootTable::release(store.last_exception);
    store.last_exception = nullptr;
  }
  Error trap = component_trap(AdapterTrap::Exception);
  return std::move(trap).with_backtrace(error.backtrace());
}

// ---- Functions

const PlanFunc* ComponentInstance::find_func(std::string_view name) const {
  const PlanExports& exports = plan().exports[plan().root];
  const auto found = exports.find(name);
  if (found == exports.end() || found->second.sort != Sort::Func) return nullptr;
  return &plan().funcs[found->second.index];
}

const PlanFunc* ComponentInstance::find_func(std::string_view instance, std::string_view name) const {
  const PlanExports& exports = plan().exports[plan().root];
  const PlanItem* outer = find_compatible(exports, instance);
  if (!outer || outer->sort != Sort::Instance) return nullptr;
  const PlanExports& inner = plan().exports[outer->index];
  const auto found = inner.find(name);
  if (found == inner.end() || found->second.sort != Sort::Func) return nullptr;
  return &plan().funcs[found->second.index];
}

Result<void> ComponentInstance::check_arguments(const PlanFunc& func, std::span<const Value> arguments) const {
  const FuncType& type = types().funcs[func.type];
  if (arguments.size() != type.params.size())
    return Error(ErrorKind::kUsage,
                 base::format("the function takes {} arguments, {} were given", type.params.size(), arguments.size()));
  const ValueAccess access(const_cast<ComponentInstance&>(*this), func.instance, func.options);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (auto fits = access.check(type.params[i].type, arguments[i]); !fits)
      return std::move(fits.error()).with_context(base::format("argument {} (`{}`)", i + 1, type.params[i].label));
  }
  return {};
}

Result<std::optional<Value>> ComponentInstance::call(const PlanFunc& func, std::span<const Value> arguments) {
  if (func.is_import) return call_import(func, arguments);
  if (types().funcs[func.type].is_async) {
    std::vector<Value> copies;
    for (const Value& argument : arguments) copies.push_back(argument.clone());
    ERMINE_ASSIGN(const std::shared_ptr<HostTask> task, HostTask::start(*this, func, std::move(copies)));
    if (!task->done()) ERMINE_TRY(scheduler_->run_until(this, [&] { return task->done(); }));
    return task->take_result();
  }
  ERMINE_TRY(check_arguments(func, arguments));
  const Scheduler::CallsFromHost calls(*scheduler_);
  Entering entering(&states_[func.instance], nullptr);
  ERMINE_TRY(entering.enter());
  Result<std::optional<Value>> result = call_lifted(func, arguments);
  // After an error the instance stays entered, and nothing that waits in it continues.
  if (!result) fail(result.error());
  else entering.leave();
  return result;
}

void ComponentInstance::fail(const Error& error) {
  ++failures_;
  failure_ = error.clone();
  scheduler_->component_failed(*this);
}

Result<std::optional<Value>> ComponentInstance::call_lifted(const PlanFunc& func, std::span<const Value> arguments) {
  const FuncType& type = types().funcs[func.type];
  const Flat& flat = type.params_flat[static_cast<unsigned>(func.options.address)];
  std::vector<TypeUse> params;
  for (const Field& param : type.params) params.push_back(param.type);
  Slot slots[kMaxFlatParams];
  InstanceState& state = states_[func.instance];
  enter_call(&state);
  ERMINE_TRY(ValueAccess(*this, func.instance, func.options).lower(params, arguments, slots, !flat.too_many));
  ERMINE_TRY(call_core(*store_, this->func(func.callee), slots));
  const Slot returned = slots[0];
  ERMINE_ASSIGN(std::optional<Value> result, lift_result(*this, func, slots));
  // post-return belongs to the same task, which has returned before it runs.
  ERMINE_TRY(scheduler_->current()->task->check_borrows());
  if (func.options.post_return) {
    slots[0] = returned;
    state.set_flag(kInstanceMayNotLeave);
    ERMINE_TRY(call_core(*store_, this->func(*func.options.post_return), slots));
    state.set_flag(kInstanceRuns);
  }
  ERMINE_TRY(exit_call());
  return result;
}

Result<std::optional<Value>> ComponentInstance::call_import(const PlanFunc& func, std::span<const Value> arguments) {
  const LinkItem& item = imports_[func.import];
  if (item.component) return item.component->call(item.component->plan().funcs[item.item.index], arguments);
  if (!item.func)
    return Error(
        ErrorKind::kUnsupported,
        base::format("`{}` is an asynchronous or typed function of the host that a component passes on: it cannot be "
                     "called from outside of the component",
                     func.name));
  ERMINE_ASSIGN(std::optional<Value> result, (*item.func)(*store_, arguments));
  const FuncType& type = types().funcs[func.type];
  if (result.has_value() == type.result.is_none())
    return Error(ErrorKind::kUsage, base::format("the host function `{}` returned {:t}", func.name,
                                                 result ? "a value, and its type has no result" : "no value"));
  return result;
}

// ---- Handles

void ComponentInstance::enter_call(InstanceState* instance) { scheduler_->enter_call(this, instance); }
Result<void> ComponentInstance::exit_call() { return scheduler_->exit_call(); }

Result<uint32_t> ComponentInstance::add_borrow(InstanceState& state, const ResourceType* type, uint64_t rep) {
  Task* task = scheduler_->current()->task;
  ERMINE_ASSIGN(const uint32_t handle, state.handles.add({.type = type, .rep = rep, .own = false, .scope = task}));
  ++task->borrows;
  return handle;
}

Result<uint64_t> ComponentInstance::lend(InstanceState& state, uint32_t handle, const ResourceType* type) {
  ERMINE_ASSIGN(HandleEntry * entry, state.handles.get(handle, type));
  ++entry->lends;
  scheduler_->current()->task->loans->push_back({&state, handle});
  return uint64_t{entry->rep};
}

Result<uint64_t> ComponentInstance::take_own(InstanceState& state, uint32_t handle, const ResourceType* type) {
  ERMINE_ASSIGN(const HandleEntry* entry, state.handles.get(handle, type));
  if (entry->lends != 0) return component_trap("cannot remove owned resource while borrowed");
  if (!entry->own)
    return component_trap(base::format("handle index {} is a borrow, and cannot be passed on as an own", handle));
  const uint64_t rep = entry->rep;
  state.handles.remove(handle);
  return rep;
}

Result<void> ComponentInstance::drop_handle(InstanceState& state, uint32_t handle, const ResourceType* type) {
  ERMINE_ASSIGN(const HandleEntry* entry, state.handles.get(handle, type));
  if (entry->lends != 0) return component_trap("cannot remove owned resource while borrowed");
  const HandleEntry dropped = *entry;  // the table may change
  state.handles.remove(handle);
  if (!dropped.own) {
    --dropped.scope->borrows;
    return {};
  }
  return destroy_resource(*type, dropped.rep, &state);
}

Result<void> ComponentInstance::destroy_resource(const ResourceType& type, uint64_t rep, const InstanceState* caller) {
  if (!type.implementer) {
    if (type.host_destructor) return type.host_destructor(rep);
    return {};
  }
  const Scheduler::CallsFromHost calls(*scheduler_);
  Entering entering(type.implementer, caller);
  ERMINE_TRY(entering.enter());
  if (type.destructor) {
    Slot slots[2] = {rep, 0};
    ComponentInstance& root = *type.implementer->root;
    root.enter_call(type.implementer);
    ERMINE_TRY(call_core(*store_, type.destructor, slots));
    ERMINE_TRY(root.exit_call());
  }
  entering.leave();
  return {};
}

}  // namespace ermine::component
