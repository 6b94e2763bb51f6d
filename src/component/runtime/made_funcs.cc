// The core functions that canonical definitions make, apart from adapters: functions of the host.
#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/adapter_imports.h"
#include "component/runtime/values.h"
#include "runtime/call.h"

namespace ermine::component {

using runtime::HostCall;
using runtime::Slot;

namespace {

struct MadeEnv {
  std::shared_ptr<ComponentInstance> root;
  const MadeFunc* made;

  InstanceState& state() const { return root->state(made->instance); }
  const ResourceType* resource() const { return root->resource(made->target); }
  Result<void> check_may_leave() const {
    if (state().flag() != kInstanceMayNotLeave) return {};
    return component_trap(std::string(adapter_trap_message(AdapterTrap::CannotLeave)));
  }
};

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

// ---- Tasks (CanonicalABI.md, `canon context.get` and the following)

Result<void> context_get(const MadeEnv& env, Slot* slots) {
  slots[0] = env.root->scope().context[env.made->target];
  return {};
}

Result<void> context_set(const MadeEnv& env, Slot* slots) {
  env.root->scope().context[env.made->target] = slots[0];
  return {};
}

Result<void> backpressure(const MadeEnv& env, Slot*) {
  uint32_t& count = env.state().backpressure;
  if (env.made->target != 0 ? count + 1 == 1u << 16 : count == 0)
    return component_trap("the backpressure counter left its range");
  count += env.made->target != 0 ? 1 : ~0u;
  return {};
}

// ---- Functions (CanonicalABI.md, `canon lower`)

Result<void> forbidden(const MadeEnv& env, Slot*) {
  ERMINE_TRY(env.check_may_leave());
  return component_trap(std::string(adapter_trap_message(AdapterTrap::CannotEnter)));
}

Result<void> lower_import(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const MadeFunc& made = *env.made;
  ComponentInstance& root = *env.root;
  const FuncType& type = root.types().funcs[made.type];
  std::vector<TypeUse> params;
  for (const Field& param : type.params) params.push_back(param.type);
  const Flat& flat = type.params_flat[static_cast<unsigned>(made.options.address)];
  root.enter_call();
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

template <Result<void> (*kFunc)(const MadeEnv&, Slot*)>
bool run(void* env, HostCall& call, Slot* slots) {
  if (auto done = kFunc(*static_cast<const MadeEnv*>(env), slots); !done)
    return runtime::fail(call, std::move(done).error());
  return true;
}

}  // namespace

Result<std::shared_ptr<const runtime::HostFunction>> host_function(const std::shared_ptr<ComponentInstance>& instance,
                                                                   const MadeFunc& made) {
  runtime::HostFn fn = nullptr;
  switch (made.kind) {
    case MadeFunc::kAdapter: return Error(ErrorKind::kUnsupported, "an adapter that is needed before it can be made");
    case MadeFunc::kForbidden: fn = run<forbidden>; break;
    case MadeFunc::kLowerImport: fn = run<lower_import>; break;
    case MadeFunc::kResourceNew: fn = run<resource_new>; break;
    case MadeFunc::kResourceRep: fn = run<resource_rep>; break;
    case MadeFunc::kResourceDrop: fn = run<resource_drop>; break;
    case MadeFunc::kContextGet: fn = run<context_get>; break;
    case MadeFunc::kContextSet: fn = run<context_set>; break;
    case MadeFunc::kBackpressure: fn = run<backpressure>; break;
  }
  const auto& registry = instance->component().engine()->registry();
  const wasm::FuncType type = registry->get(made.core_type).func;
  return make_host_function(registry, type, fn, std::make_shared<MadeEnv>(MadeEnv{instance, &made}));
}

}  // namespace ermine::component
