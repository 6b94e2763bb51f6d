// Typed functions of the host as imports: the core function that a component calls.
#include "component/runtime/typed_import.h"

#include "base/format.h"
#include "component/runtime/adapter_imports.h"
#include "component/runtime/bound_func.h"
#include "component/runtime/call_subtask.h"

namespace ermine::component {

using runtime::HostCall;
using runtime::Slot;

namespace {

// A function that has its result when it returns. If its type is async, the subtask is over before the caller could
// wait for it, so there is none.
Result<void> call_host(TypedImportEnv& env, HostCall& call, Slot* slots, bool is_async) {
  ComponentInstance& root = *env.root;
  ERMINE_TRY(env.check_may_leave());
  if (!env.parts) env.parts.emplace(root, env.made->options);
  root.enter_call(nullptr);
  HostSide side(root, env.made->instance, *env.parts, *env.types, env.name);
  if (is_async) limit_flat_values(side, *env.made);
  const bool done = env.func->fn(env.func->env.get(), call.store, side, slots);
  side.end_borrows();
  if (!done) return std::move(side.error());
  ERMINE_TRY(root.exit_call());
  if (env.made->options.is_async) slots[0] = static_cast<Slot>(Subtask::State::kReturned);
  return {};
}

bool run_typed_async(void* env, HostCall& call, Slot* slots) {
  TypedImportEnv& import = *static_cast<TypedImportEnv*>(env);
  Result<void> done;
  if (!import.func->start) {
    done = call_host(import, call, slots, true);
  } else if (done = import.check_may_leave(); done) {
    if (!import.parts) import.parts.emplace(*import.root, import.made->options);
    done = call_host_async(import, slots);
  }
  return done || runtime::fail(call, std::move(done).error());
}

bool run_typed(void* env, HostCall& call, Slot* slots) {
  if (auto done = call_host(*static_cast<TypedImportEnv*>(env), call, slots, false); !done)
    return runtime::fail(call, std::move(done).error());
  return true;
}

}  // namespace

Result<std::shared_ptr<const runtime::HostFunction>> typed_import(const std::shared_ptr<ComponentInstance>& instance,
                                                                  const MadeFunc& made) {
  const PlanFunc& func = instance->plan().funcs[made.target];
  const auto& registry = instance->component().engine()->registry();
  auto env = std::make_shared<TypedImportEnv>();
  env->root = instance;
  env->made = &made;
  env->func = instance->import(func).typed_func;
  env->types = &instance->host_types_of_import(func);
  env->name = func.name;
  const bool is_async = instance->types().funcs[made.type].is_async;
  return make_host_function(registry, registry->get(made.core_type).func, is_async ? run_typed_async : run_typed,
                            std::move(env));
}

}  // namespace ermine::component
