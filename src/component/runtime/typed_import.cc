// Typed functions of the host as imports: the core function that a component calls.
#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/adapter_imports.h"
#include "component/runtime/bound_func.h"
#include "runtime/call.h"

namespace ermine::component {

using runtime::HostCall;
using runtime::Slot;

namespace {

struct TypedImportEnv {
  std::shared_ptr<ComponentInstance> root;
  const MadeFunc* made;
  std::shared_ptr<const detail::HostFunc> func;
  std::span<const HostClass> classes;  // the instance's
  std::string_view name;               // the plan's
  bool has_parts = false;
  SideParts parts;
};

Result<void> call_host(TypedImportEnv& env, HostCall& call, Slot* slots) {
  ComponentInstance& root = *env.root;
  if (root.state(env.made->instance).flag() == kInstanceMayNotLeave)
    return component_trap(std::string(adapter_trap_message(AdapterTrap::CannotLeave)));
  if (!env.has_parts) {
    // At the first call: a canonical definition may come before what its options need.
    const PlanOptions& options = env.made->options;
    if (options.memory) env.parts.memory = root.memory(*options.memory);
    if (options.realloc) env.parts.realloc = root.func(*options.realloc);
    env.parts.encoding = options.encoding;
    env.has_parts = true;
  }
  root.enter_call(nullptr);
  HostSide side(root, env.made->instance, env.parts, env.classes, env.name);
  const bool done = env.func->fn(env.func->env.get(), call.store, side, slots);
  side.end_borrows();
  if (!done) return std::move(side.error());
  return root.exit_call();
}

bool run_typed(void* env, HostCall& call, Slot* slots) {
  if (auto done = call_host(*static_cast<TypedImportEnv*>(env), call, slots); !done)
    return runtime::fail(call, std::move(done).error());
  return true;
}

}  // namespace

Result<std::shared_ptr<const runtime::HostFunction>> typed_import(const std::shared_ptr<ComponentInstance>& instance,
                                                                  const MadeFunc& made) {
  const PlanFunc& func = instance->plan().funcs[made.target];
  if (made.options.address == AddressType::k64)
    return Error(ErrorKind::kUnsupported,
                 base::format("`{}`: typed functions of the host cannot be called with a 64-bit memory; link one over "
                              "dynamic values",
                              func.name));
  const auto& registry = instance->component().engine()->registry();
  auto env = std::make_shared<TypedImportEnv>();
  env->root = instance;
  env->made = &made;
  env->func = instance->import(func).typed_func;
  env->classes = instance->classes_of_import(func);
  env->name = func.name;
  return make_host_function(registry, registry->get(made.core_type).func, run_typed, std::move(env));
}

}  // namespace ermine::component
