// Calls of functions whose type is async, by core code. (CanonicalABI.md, `canon_lower`.)
#include "component/runtime/call_subtask.h"

namespace ermine::component {

using runtime::Slot;

namespace {

// The callee is in the same component: adapters convert between the two.
class AdapterSubtask final : public CallSubtask {
 public:
  AdapterSubtask(const MadeEnv& env, const Slot* slots)
      : CallSubtask(env, slots),
        adapters_(root_.async_adapters(env.made)),
        func_(root_.plan().funcs[env.made->target]),
        results_(static_cast<uint32_t>(
            result_values(root_.types(), func_.type, func_.options.address, func_.options.is_async).size())) {}

 private:
  Result<void> start(Task&, Slot* arguments) override {
    progress(State::kStarted);
    std::copy_n(given_, params_, arguments);
    return call_core(root_.store(), adapters_.params, arguments);
  }
  Result<void> returned(Task&, const Slot* results) override {
    if (root_.scheduler().has_trapped(caller_)) return {};  // there is no caller that takes it
    Slot slots[kMaxCallSlots] = {};
    std::copy_n(results, results_, slots);
    if (has_result_pointer_) slots[results_] = given_[params_];
    ERMINE_TRY(call_core(root_.store(), adapters_.result, slots));
    flat_result = slots[0];
    progress(State::kReturned);
    return {};
  }

  const AsyncAdapters& adapters_;
  const PlanFunc& func_;
  uint32_t results_;
};

// The callee is in another component of the store: Values pass between the two.
class ValueSubtask final : public CallSubtask {
 public:
  ValueSubtask(const MadeEnv& env, const Slot* slots, std::shared_ptr<ComponentInstance> callee, const PlanFunc& func)
      : CallSubtask(env, slots), callee_(std::move(callee)), func_(func) {}

 private:
  Result<void> start(Task&, Slot* arguments) override {
    progress(State::kStarted);
    ValueAccess access(root_, made_.instance, made_.options);
    ERMINE_ASSIGN(const std::vector<Value> values, lift_arguments(access));
    const FuncType& type = callee_->types().funcs[func_.type];
    const Flat& flat = type.params_flat[static_cast<unsigned>(func_.options.address)];
    ERMINE_TRY(ValueAccess(*callee_, func_.instance, func_.options)
                   .lower(param_types(type), values, arguments, !flat.too_many));
    return {};
  }
  Result<void> returned(Task&, const Slot* results) override {
    ERMINE_ASSIGN(const std::optional<Value> result, lift_result(*callee_, func_, results));
    if (root_.scheduler().has_trapped(caller_)) return {};
    ValueAccess access(root_, made_.instance, made_.options);
    ERMINE_TRY(lower_result(access, result));
    progress(State::kReturned);
    return {};
  }

  std::shared_ptr<ComponentInstance> callee_;
  const PlanFunc& func_;
};

}  // namespace

Result<void> end_call(const MadeEnv& env, const std::shared_ptr<Subtask>& subtask, Slot* slots) {
  if (!env.made->options.is_async) {
    ERMINE_TRY(env.scheduler().wait_until_resolved(*subtask));
    subtask->deliver_resolve();
    slots[0] = subtask->flat_result;
    return {};
  }
  if (subtask->resolved()) {
    subtask->deliver_resolve();
    slots[0] = static_cast<Slot>(subtask->state);
    return {};
  }
  ERMINE_ASSIGN(subtask->index, env.state().handles.add(subtask));
  slots[0] = static_cast<Slot>(subtask->state) | Slot{subtask->index} << 4;
  return {};
}

namespace {

Result<void> call_component(const MadeEnv& env, ComponentInstance& callee, const PlanFunc& func,
                            const std::shared_ptr<Subtask>& subtask, Slot* slots) {
  Scheduler& scheduler = env.scheduler();
  const Task& task = *scheduler.current()->task;
  Entering entering(&callee.state(func.instance), &env.state());
  ERMINE_TRY(entering.enter());
  if (auto started = scheduler.start(callee, func, subtask); !started) {
    if (!env.made->options.is_async && task.is_synchronous())
      return std::move(started.error())
          .with_context("in a call by a function that cannot block a synchronous task before returning");
    return started;
  }
  entering.leave();
  return end_call(env, subtask, slots);
}

}  // namespace

// ---- canon lower

Result<void> call_async(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const PlanFunc& func = env.root->plan().funcs[env.made->target];
  return call_component(env, *env.root, func, std::make_shared<AdapterSubtask>(env, slots), slots);
}

Result<void> call_async_import(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const LinkItem* item = &env.root->import(env.root->plan().funcs[env.made->target].import);
  // An import may be an export of a component that itself only imports it.
  while (item->component && item->component->plan().funcs[item->item.index].is_import)
    item = &item->component->import(item->component->plan().funcs[item->item.index].import);
  if (item->component) {
    const PlanFunc& func = item->component->plan().funcs[item->item.index];
    return call_component(env, *item->component, func,
                          std::make_shared<ValueSubtask>(env, slots, item->component, func), slots);
  }
  return call_host_async(env, *item, slots);
}

}  // namespace ermine::component
