// Built-ins for cooperative threads. (CanonicalABI.md, `canon thread.index` and the following.)
#include "base/format.h"
#include "component/runtime/made_env.h"
#include "runtime/table.h"

namespace ermine::component {

using runtime::Slot;
using Wait = Thread::Wait;

namespace {

Result<void> thread_index(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  slots[0] = env.scheduler().current()->index;
  return {};
}

Result<void> thread_new_indirect(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const runtime::Table& table = *env.root->table(*env.made->table);
  if (slots[0] >= table.size()) return component_trap("undefined element: the index of a thread's function");
  const auto* func = reinterpret_cast<runtime::FuncRef*>(table.elements()[slots[0]]);
  if (!func) return component_trap("uninitialized element: the function of a thread is null");
  const wasm::FuncType& type = func->type->func;
  const wasm::ValType argument = env.made->closure;
  if (type.params.size() != 1 || type.params[0] != argument || !type.results.empty())
    return component_trap("indirect call type mismatch: the function of a thread has another type");
  ERMINE_ASSIGN(const Thread* thread, env.scheduler().new_thread(const_cast<runtime::FuncRef*>(func), slots[1]));
  slots[0] = thread->index;
  return {};
}

Result<Thread*> other_thread(const MadeEnv& env, Slot index, bool suspended) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(Thread * thread, env.state().threads.get(static_cast<uint32_t>(index)));
  if (suspended && thread->wait != Wait::kSuspended)
    return component_trap(base::format("cannot resume thread {} which is not suspended", index));
  return thread;
}

Result<void> thread_resume_later(const MadeEnv& env, Slot* slots) {
  ERMINE_ASSIGN(Thread * thread, other_thread(env, slots[0], true));
  env.scheduler().resume_later(*thread);
  return {};
}

Result<void> thread_suspend(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const bool cancelled, env.scheduler().suspend(env.made->is_cancellable));
  slots[0] = cancelled;
  return {};
}

Result<void> thread_yield(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const bool cancelled, env.scheduler().yield(env.made->is_cancellable));
  slots[0] = cancelled;
  return {};
}

template <bool kYields>
Result<void> then_resume(const MadeEnv& env, Slot* slots) {
  ERMINE_ASSIGN(Thread * other, other_thread(env, slots[0], true));
  Scheduler& scheduler = env.scheduler();
  ERMINE_ASSIGN(const bool cancelled, kYields ? scheduler.yield(env.made->is_cancellable, other)
                                              : scheduler.suspend(env.made->is_cancellable, other));
  slots[0] = cancelled;
  return {};
}

template <bool kYields>
Result<void> then_promote(const MadeEnv& env, Slot* slots) {
  ERMINE_ASSIGN(Thread * other, other_thread(env, slots[0], false));
  Scheduler& scheduler = env.scheduler();
  const bool cancellable = env.made->is_cancellable;
  if (scheduler.current()->task->deliver_pending_cancel(cancellable)) {
    slots[0] = 1;
    return {};
  }
  Thread* then = scheduler.promote(*other) ? other : nullptr;
  ERMINE_ASSIGN(const bool cancelled,
                kYields ? scheduler.yield(cancellable, then) : scheduler.suspend(cancellable, then));
  slots[0] = cancelled;
  return {};
}

}  // namespace

runtime::HostFn thread_built_in(CanonOp op) {
  switch (op) {
    case CanonOp::ThreadIndex: return run_made<thread_index>;
    case CanonOp::ThreadNewIndirect: return run_made<thread_new_indirect>;
    case CanonOp::ThreadResumeLater: return run_made<thread_resume_later>;
    case CanonOp::ThreadSuspend: return run_made<thread_suspend>;
    case CanonOp::ThreadYield: return run_made<thread_yield>;
    case CanonOp::ThreadSuspendThenResume: return run_made<then_resume<false>>;
    case CanonOp::ThreadYieldThenResume: return run_made<then_resume<true>>;
    case CanonOp::ThreadSuspendThenPromote: return run_made<then_promote<false>>;
    case CanonOp::ThreadYieldThenPromote: return run_made<then_promote<true>>;
    default: return nullptr;
  }
}

}  // namespace ermine::component
