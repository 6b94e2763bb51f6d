// Calls of functions whose type is async, by core code. (CanonicalABI.md, `canon_lower`.)
#include <algorithm>

#include "base/format.h"
#include "component/runtime/host_async.h"
#include "component/runtime/made_env.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

namespace {

std::vector<TypeUse> param_types(const FuncType& type) {
  std::vector<TypeUse> types;
  for (const Field& param : type.params) types.push_back(param.type);
  return types;
}

// A call by a MadeFunc.
class CallSubtask : public Subtask {
 public:
  CallSubtask(const MadeEnv& env, const Slot* slots) : Subtask(*env.root, env.state()), made_(*env.made) {
    const PlanOptions& options = made_.options;
    params_ =
        static_cast<uint32_t>(lowered_params(root_.types(), made_.type, options.address, options.is_async).size());
    has_result_pointer_ = has_result_pointer(root_.types(), made_.type, options.address, options.is_async);
    std::copy_n(slots, params_ + (has_result_pointer_ ? 1 : 0), given_);
  }

 protected:
  const FuncType& func_type() const { return root_.types().funcs[made_.type]; }
  bool params_are_flat() const {
    const Flat& flat = func_type().params_flat[static_cast<unsigned>(made_.options.address)];
    return !flat.too_many && flat.types.size() <= (made_.options.is_async ? kMaxFlatAsyncParams : kMaxFlatParams);
  }
  Result<std::vector<Value>> lift_arguments(ValueAccess& access) const {
    return access.lift(param_types(func_type()), given_, params_are_flat());
  }
  Result<void> lower_result(ValueAccess& access, const std::optional<Value>& result) {
    if (!result) return {};
    std::optional<uint64_t> out;
    if (has_result_pointer_) out = given_[params_];
    Slot slots[kMaxCallSlots] = {};
    ERMINE_TRY(access.lower(std::span(&func_type().result, 1), std::span(&*result, 1), slots, !out, out));
    flat_result = slots[0];
    return {};
  }

  const MadeFunc& made_;
  Slot given_[kMaxCallSlots] = {};  // the caller's core values
  uint32_t params_ = 0;
  bool has_result_pointer_ = false;
};

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

// The rest of the call, now that the callee has run as far as it got.
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

// ---- Functions of the host

// Answers come from any thread, and are taken by the event loop. One that comes during the call is taken at once.
struct HostReply::State {
  std::mutex mutex;
  bool in_call = true, answered = false, was_cancelled = false;
  std::optional<Result<std::optional<Value>>> early;
  std::function<void()> request;
  std::shared_ptr<Waker> waker;
  std::shared_ptr<class HostSubtask> subtask;  // until it is answered

  void answer(Result<std::optional<Value>> result, bool cancelled);
  ~State();
};

class HostSubtask final : public CallSubtask, public std::enable_shared_from_this<HostSubtask> {
 public:
  HostSubtask(const MadeEnv& env, const Slot* slots)
      : CallSubtask(env, slots), access_(root_, made_.instance, made_.options) {}

  Result<void> call(const AsyncHostFunc& func) {
    Scheduler& scheduler = root_.scheduler();
    progress(State::kStarted);
    scheduler.enter_call(&root_, nullptr);
    scheduler.current()->task->loans = &loans;
    ERMINE_ASSIGN(std::vector<Value> arguments, lift_arguments(access_));
    scheduler.current()->task->loans = &scheduler.current()->task->frame->loans;
    ERMINE_TRY(scheduler.exit_call());
    reply_ = std::make_shared<HostReply::State>();
    reply_->waker = scheduler.waker();
    const std::shared_ptr<HostReply::State> reply = reply_;
    ERMINE_TRY(func(std::move(arguments), HostReply(reply)));
    std::unique_lock lock(reply->mutex);
    reply->in_call = false;
    if (reply->early) {
      lock.unlock();
      return answered(std::move(*reply->early), reply->was_cancelled);
    }
    reply->subtask = shared_from_this();
    scheduler.add_pending(1);
    is_pending_ = true;
    reply_weak_ = reply;
    reply_.reset();
    return {};
  }

  Result<void> answered(Result<std::optional<Value>> result, bool was_cancelled) {
    access_.end_borrows();
    if (is_pending_) root_.scheduler().add_pending(-1);
    is_pending_ = false;
    if (!result) return std::move(result).error();
    if (was_cancelled && cancellation_requested) {
      progress(State::kCancelledBeforeReturned);
      return {};
    }
    const TypeUse type = func_type().result;
    if (result->has_value() == type.is_none())
      return Error(ErrorKind::kUsage,
                   "an asynchronous host function answered with a value, and its type has no result, "
                   "or without one");
    if (*result)
      if (auto fits = access_.check(type, **result); !fits)
        return std::move(fits.error()).with_context("the result of a host function");
    ERMINE_TRY(lower_result(access_, *result));
    progress(State::kReturned);
    return {};
  }

  // In the event loop. False: the caller cannot be entered at present.
  bool answer_later(Result<std::optional<Value>>& result, bool was_cancelled) {
    if (!Entering(&caller_, nullptr).possible()) return false;
    const Scheduler::CallsFromHost calls(root_.scheduler());
    if (auto done = answered(std::move(result), was_cancelled); !done) {
      caller_.set_flag(kInstanceRuns);  // never entered again
      root_.fail(done.error());
    }
    return true;
  }

  Result<void> request_cancellation(InstanceState*) override {
    cancellation_requested = true;
    std::function<void()> request;
    if (const std::shared_ptr<HostReply::State> reply = reply_weak_.lock()) {
      std::lock_guard lock(reply->mutex);
      request = reply->request;
    }
    if (request) request();
    return {};
  }

 private:
  Result<void> start(Task&, Slot*) override { return {}; }
  Result<void> returned(Task&, const Slot*) override { return {}; }

  ValueAccess access_;
  std::shared_ptr<HostReply::State> reply_;
  std::weak_ptr<HostReply::State> reply_weak_;
  bool is_pending_ = false;
};

void HostReply::State::answer(Result<std::optional<Value>> result, bool cancelled) {
  std::unique_lock lock(mutex);
  if (answered) return;
  answered = true;
  was_cancelled = cancelled;
  if (in_call) {
    early.emplace(std::move(result));
    return;
  }
  lock.unlock();
  auto shared = std::make_shared<Result<std::optional<Value>>>(std::move(result));
  waker->post([to = std::move(subtask), shared, cancelled] { return to->answer_later(*shared, cancelled); });
}

HostReply::State::~State() {
  if (!answered && !in_call && subtask)
    answer(Error(ErrorKind::kUsage, "an asynchronous host function gave up its reply without an answer"), false);
}

void HostReply::complete(Result<std::optional<Value>> result) const { state_->answer(std::move(result), false); }
void HostReply::cancelled() const { state_->answer(std::optional<Value>(), true); }
void HostReply::on_cancel(std::function<void()> request) const {
  std::lock_guard lock(state_->mutex);
  state_->request = std::move(request);
}

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
  auto subtask = std::make_shared<HostSubtask>(env, slots);
  if (item->async_func) {
    ERMINE_TRY(subtask->call(*item->async_func));
  } else {
    const std::shared_ptr<const HostComponentFunc> func = item->func;
    ERMINE_TRY(subtask->call([&](std::vector<Value> arguments, const HostReply& reply) -> Result<void> {
      ERMINE_ASSIGN(std::optional<Value> result, (*func)(env.root->store(), arguments));
      reply.complete(std::move(result));
      return {};
    }));
  }
  return end_call(env, subtask, slots);
}

}  // namespace ermine::component
