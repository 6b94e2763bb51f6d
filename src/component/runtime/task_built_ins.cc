// Built-ins for tasks, subtasks, waitables and error contexts. (CanonicalABI.md, "Canonical Definitions".)
#include <cstring>

#include "base/format.h"
#include "component/runtime/made_env.h"
#include "component/runtime/streams.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

namespace {

// ---- Tasks

Result<void> context_get(const MadeEnv& env, Slot* slots) {
  slots[0] = env.scheduler().current()->storage[env.made->target];
  return {};
}

Result<void> context_set(const MadeEnv& env, Slot* slots) {
  env.scheduler().current()->storage[env.made->target] = slots[0];
  return {};
}

Result<void> backpressure_inc(const MadeEnv& env, Slot*) {
  InstanceState& state = env.state();
  if (state.backpressure + 1 == 1u << 16) return component_trap("the backpressure counter left its range: overflow");
  env.scheduler().set_backpressure(state, state.backpressure + 1);
  return {};
}

Result<void> backpressure_dec(const MadeEnv& env, Slot*) {
  InstanceState& state = env.state();
  if (state.backpressure == 0) return component_trap("the backpressure counter left its range: underflow");
  env.scheduler().set_backpressure(state, state.backpressure - 1);
  return {};
}

Result<void> task_return(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  Task& task = *env.scheduler().current()->task;
  if (!task.func || !task.func->options.is_async)
    return component_trap(
        "invalid `task.return` call for current task: its function was not lifted with the option `async`");
  const Types& types = env.root->types();
  if (types.canonical(env.made->value_type) != types.canonical(types.funcs[task.func->type].result))
    return component_trap(
        "invalid `task.return` signature and/or options for current task: the type is not its result");
  const PlanOptions &given = env.made->options, &lifted = task.func->options;
  // A result that has nothing in memory needs no memory here, though the parameters may need it.
  const auto memory = [&](const PlanOptions& options) {
    return options.memory ? env.root->memory(*options.memory) : nullptr;
  };
  if (given.encoding != lifted.encoding || (given.memory && memory(given) != memory(lifted)))
    return component_trap(
        "invalid `task.return` signature and/or options for current task: its function was lifted with another "
        "encoding "
        "or memory");
  return task.return_(slots);
}

Result<void> task_cancel(const MadeEnv& env, Slot*) {
  ERMINE_TRY(env.check_may_leave());
  Task& task = *env.scheduler().current()->task;
  if (!task.func || !task.func->options.is_async)
    return component_trap(
        "invalid `task.cancel` call for current task: its function was not lifted with the option `async`");
  return task.cancel();
}

// ---- Waitable sets

Result<void> waitable_set_new(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(slots[0], env.state().handles.add(std::make_shared<WaitableSet>()));
  return {};
}

Result<void> store_event(const MadeEnv& env, const Event& event, Slot* slots) {
  const runtime::Memory& memory = *env.root->memory(*env.made->options.memory);
  const uint64_t at = slots[1], size = memory.byte_size();
  if (at % 4 != 0) return component_trap(AdapterTrap::UnalignedPointer);
  if (size < 8 || at > size - 8) return component_trap(AdapterTrap::PointerOutOfBounds);
  std::memcpy(memory.base() + at, &event.index, 4);
  std::memcpy(memory.base() + at + 4, &event.payload, 4);
  slots[0] = static_cast<Slot>(event.code);
  return {};
}

Result<void> waitable_set_wait(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const std::shared_ptr<WaitableSet> set,
                env.state().handles.get<WaitableSet>(static_cast<uint32_t>(slots[0])));
  ERMINE_ASSIGN(const bool cancelled, env.scheduler().wait_for_event(*set, env.made->is_cancellable));
  return store_event(env, cancelled ? Event{EventCode::kTaskCancelled} : take_event(*set), slots);
}

Result<void> waitable_set_poll(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const std::shared_ptr<WaitableSet> set,
                env.state().handles.get<WaitableSet>(static_cast<uint32_t>(slots[0])));
  Event event;
  if (env.scheduler().current()->task->deliver_pending_cancel(env.made->is_cancellable))
    event.code = EventCode::kTaskCancelled;
  else if (set->has_event()) event = take_event(*set);
  return store_event(env, event, slots);
}

Result<void> waitable_set_drop(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const auto index = static_cast<uint32_t>(slots[0]);
  ERMINE_ASSIGN(const std::shared_ptr<WaitableSet> set, env.state().handles.get<WaitableSet>(index));
  if (set->members != 0) return component_trap("cannot drop waitable set with waitables in it");
  if (!set->waiting.empty()) return component_trap("cannot drop waitable set with waiters");
  env.state().handles.remove(index);
  return {};
}

Result<void> waitable_join(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  HandleTable& handles = env.state().handles;
  ERMINE_ASSIGN(const std::shared_ptr<Waitable> waitable, handles.get<Waitable>(static_cast<uint32_t>(slots[0])));
  if (waitable->has_sync_waiter)
    return component_trap("waitable cannot be used synchronously while added to a waitable set: a thread waits for it");
  const auto index = static_cast<uint32_t>(slots[1]);
  std::shared_ptr<WaitableSet> set;
  if (index != 0) { ERMINE_ASSIGN(set, handles.get<WaitableSet>(index)); }
  waitable->join(set.get(), env.scheduler());
  return {};
}

// ---- Subtasks

Result<void> subtask_cancel(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const bool is_async = env.made->is_async;
  ERMINE_ASSIGN(const std::shared_ptr<Subtask> subtask, blocking_operand<Subtask>(env, slots[0]));
  if (subtask->resolve_delivered) return component_trap("`subtask.cancel` called after terminal status delivered");
  if (subtask->cancellation_requested) return component_trap("`subtask.cancel` called twice for a subtask");
  if (subtask->set && !is_async) return component_trap(std::string(kSyncInSet));
  if (!subtask->resolved()) {
    ERMINE_TRY(subtask->request_cancellation(&env.state()));
    if (!subtask->resolved()) {
      if (is_async) {
        slots[0] = kBlocked;
        return {};
      }
      ERMINE_TRY(env.scheduler().wait_for_event(*subtask));
    }
  }
  slots[0] = take_event(*subtask).payload;
  return {};
}

Result<void> subtask_drop(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const auto index = static_cast<uint32_t>(slots[0]);
  ERMINE_ASSIGN(const std::shared_ptr<Subtask> subtask, env.state().handles.get<Subtask>(index));
  if (!subtask->resolve_delivered) return component_trap("cannot drop a subtask which has not yet resolved");
  subtask->join(nullptr, env.scheduler());
  env.state().handles.remove(index);
  return {};
}

// ---- Error contexts

Result<void> error_context_new(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(std::string text,
                ValueAccess(*env.root, env.made->instance, env.made->options).load_text(slots[0], slots[1]));
  // The host may change the message: it is for people, and its size is the guest's choice.
  if (text.size() > kMaxErrorContextBytes) {
    size_t end = kMaxErrorContextBytes;
    while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  ERMINE_ASSIGN(slots[0], env.state().handles.add(std::make_shared<ErrorContextObject>(std::move(text))));
  return {};
}

Result<void> error_context_debug_message(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const std::shared_ptr<ErrorContextObject> context,
                env.state().handles.get<ErrorContextObject>(static_cast<uint32_t>(slots[0])));
  const TypeUse type(Primitive::String);
  const Value value = Value::string(context->message);
  ERMINE_TRY(ValueAccess(*env.root, env.made->instance, env.made->options)
                 .lower(std::span(&type, 1), std::span(&value, 1), slots, false, slots[1]));
  return {};
}

Result<void> error_context_drop(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const auto index = static_cast<uint32_t>(slots[0]);
  ERMINE_TRY(env.state().handles.get<ErrorContextObject>(index));
  env.state().handles.remove(index);
  return {};
}

}  // namespace

runtime::HostFn task_built_in(CanonOp op) {
  switch (op) {
    case CanonOp::ContextGet: return run_made<context_get>;
    case CanonOp::ContextSet: return run_made<context_set>;
    case CanonOp::BackpressureInc: return run_made<backpressure_inc>;
    case CanonOp::BackpressureDec: return run_made<backpressure_dec>;
    case CanonOp::TaskReturn: return run_made<task_return>;
    case CanonOp::TaskCancel: return run_made<task_cancel>;
    case CanonOp::WaitableSetNew: return run_made<waitable_set_new>;
    case CanonOp::WaitableSetWait: return run_made<waitable_set_wait>;
    case CanonOp::WaitableSetPoll: return run_made<waitable_set_poll>;
    case CanonOp::WaitableSetDrop: return run_made<waitable_set_drop>;
    case CanonOp::WaitableJoin: return run_made<waitable_join>;
    case CanonOp::SubtaskCancel: return run_made<subtask_cancel>;
    case CanonOp::SubtaskDrop: return run_made<subtask_drop>;
    case CanonOp::ErrorContextNew: return run_made<error_context_new>;
    case CanonOp::ErrorContextDebugMessage: return run_made<error_context_debug_message>;
    case CanonOp::ErrorContextDrop: return run_made<error_context_drop>;
    default: return nullptr;
  }
}

}  // namespace ermine::component
