// What a core function that a canonical definition makes knows, and the functions that are made of it.
#pragma once

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/component_instance.h"
#include "component/runtime/scheduler.h"
#include "runtime/call.h"

namespace ermine::component {

struct MadeEnv {
  std::shared_ptr<ComponentInstance> root;
  const MadeFunc* made;

  InstanceState& state() const { return root->state(made->instance); }
  Scheduler& scheduler() const { return root->scheduler(); }
  const ResourceType* resource() const { return root->resource(made->target); }
  Result<void> check_may_leave() const {
    if (state().flag() != kInstanceMayNotLeave) return {};
    return component_trap(AdapterTrap::CannotLeave);
  }
};

inline constexpr std::string_view kSyncInSet = "waitable cannot be used synchronously while added to a waitable set";

// The handle that a built-in which may block was given. In a task that must not block, an unknown one is the second of
// two mistakes.
template <class T>
Result<std::shared_ptr<T>> blocking_operand(const MadeEnv& env, runtime::Slot index) {
  Result<std::shared_ptr<T>> found = env.state().handles.get<T>(static_cast<uint32_t>(index));
  if (found || env.made->is_async || !env.scheduler().current()->task->is_synchronous()) return found;
  return component_trap(base::format("{:t}; besides, the built-in cannot block a synchronous task before returning",
                                     found.error().message()));
}

using MadeFn = Result<void> (*)(const MadeEnv& env, runtime::Slot* slots);

template <MadeFn kFunc>
bool run_made(void* env, runtime::HostCall& call, runtime::Slot* slots) {
  if (auto done = kFunc(*static_cast<const MadeEnv*>(env), slots); !done)
    return runtime::fail(call, std::move(done).error());
  return true;
}

// The built-in of a MadeFunc::kBuiltIn. (task_built_ins.cc, stream_built_ins.cc, thread_built_ins.cc) Null: another
// one.
runtime::HostFn task_built_in(CanonOp op);
runtime::HostFn stream_built_in(CanonOp op);
runtime::HostFn thread_built_in(CanonOp op);

// Calls of functions whose type is async, from core code. (async_calls.cc)
Result<void> call_async(const MadeEnv& env, runtime::Slot* slots);         // of a component within the same one
Result<void> call_async_import(const MadeEnv& env, runtime::Slot* slots);  // of an import

}  // namespace ermine::component
