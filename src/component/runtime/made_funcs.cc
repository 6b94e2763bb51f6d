// The core functions that canonical definitions make, apart from adapters: functions of the host.
#include "base/format.h"
#include "component/runtime/adapter_imports.h"
#include "component/runtime/bound_func.h"
#include "component/runtime/made_env.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::HostCall;
using runtime::Slot;

namespace {

// ---- Resources (CanonicalABI.md, `canon resource.new` and the following)

Result<void> resource_new(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const uint32_t handle, env.state().handles.add({.type = env.resource(), .rep = slots[0], .own = true}));
  slots[0] = handle;
  return {};
}

Result<void> resource_rep(const MadeEnv& env, Slot* slots) {
  ERMINE_ASSIGN(const HandleEntry* entry, env.state().handles.get(static_cast<uint32_t>(slots[0]), env.resource()));
  slots[0] = entry->rep;
  return {};
}

Result<void> resource_drop(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  return env.root->drop_handle(env.state(), static_cast<uint32_t>(slots[0]), env.resource());
}

// ---- Functions (CanonicalABI.md, `canon lower`)

Result<void> forbidden(const MadeEnv& env, Slot*) {
  ERMINE_TRY(env.check_may_leave());
  return component_trap(AdapterTrap::CannotEnter);
}

Result<void> lower_import(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const MadeFunc& made = *env.made;
  ComponentInstance& root = *env.root;
  const FuncType& type = root.types().funcs[made.type];
  std::vector<TypeUse> params;
  for (const Field& param : type.params) params.push_back(param.type);
  const Flat& flat = type.params_flat[static_cast<unsigned>(made.options.address)];
  if (type.is_async) return call_async_import(env, slots);
  root.enter_call(nullptr);
  ValueAccess access(root, made.instance, made.options);
  ERMINE_ASSIGN(const std::vector<Value> arguments, access.lift(params, slots, !flat.too_many));
  ERMINE_ASSIGN(const std::optional<Value> result, root.call_import(root.plan().funcs[made.target], arguments));
  access.end_borrows();
  if (result) {
    if (auto fits = access.check(type.result, *result); !fits)
      return std::move(fits.error()).with_context("the result of a host function");
    const Flat& result_flat = root.types().flat(type.result, made.options.address);
    const bool direct = !result_flat.too_many && result_flat.types.size() <= kMaxFlatResults;
    std::optional<uint64_t> out;
    if (!direct) out = slots[flat.too_many ? 1 : flat.types.size()];
    ERMINE_TRY(access.lower(std::span(&type.result, 1), std::span(&*result, 1), slots, direct, out));
  }
  return root.exit_call();
}

}  // namespace

Result<std::shared_ptr<const runtime::HostFunction>> host_function(const std::shared_ptr<ComponentInstance>& instance,
                                                                   const MadeFunc& made) {
  runtime::HostFn fn = nullptr;
  switch (made.kind) {
    case MadeFunc::kAdapter: return Error(ErrorKind::kUnsupported, "an adapter that is needed before it can be made");
    case MadeFunc::kForbidden: fn = run_made<forbidden>; break;
    case MadeFunc::kLowerImport:
      if (instance->import(instance->plan().funcs[made.target]).typed_func) return typed_import(instance, made);
      fn = run_made<lower_import>;
      break;
    case MadeFunc::kResourceNew: fn = run_made<resource_new>; break;
    case MadeFunc::kResourceRep: fn = run_made<resource_rep>; break;
    case MadeFunc::kResourceDrop: fn = run_made<resource_drop>; break;
    case MadeFunc::kAsyncCall: fn = run_made<call_async>; break;
    case MadeFunc::kBuiltIn:
      fn = task_built_in(made.op);
      if (!fn) fn = stream_built_in(made.op);
      if (!fn) fn = thread_built_in(made.op);
      break;
  }
  const auto& registry = instance->component().engine()->registry();
  const wasm::FuncType type = registry->get(made.core_type).func;
  return make_host_function(registry, type, fn, std::make_shared<MadeEnv>(MadeEnv{instance, &made}));
}

}  // namespace ermine::component
