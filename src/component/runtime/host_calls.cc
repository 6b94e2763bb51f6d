// Calls of functions of the host whose type is async and which answer later, by core code. (Those that return their
// result are in typed_import.cc.) Answers come from any thread, and are taken by the event loop; one that comes during
// the call is taken at once.
#include "base/format.h"
#include "component/runtime/call_subtask.h"
#include "component/runtime/host_async.h"
#include "component/runtime/typed_import.h"

namespace ermine::component {

using runtime::Slot;

namespace {

struct HostAnswer {
  Error error;  // empty: none
  bool cancelled = false;
  std::optional<Value> value;  // of a function over dynamic values
  detail::Answer typed;
};

}  // namespace

class HostSubtask;

struct ReplyState {
  explicit ReplyState(std::shared_ptr<Waker> w) : waker(std::move(w)) {}
  ~ReplyState();
  void answer(HostAnswer given);
  // Calls the function that was given for it, once.
  void request_cancellation();

  std::mutex mutex;
  bool in_call = true, answered = false, cancel_requested = false;
  std::optional<HostAnswer> early;
  std::function<void()> request;
  const std::shared_ptr<Waker> waker;
  std::shared_ptr<HostSubtask> subtask;  // until it is answered, after the call
};

class HostSubtask : public CallSubtask, public HostOperation, public std::enable_shared_from_this<HostSubtask> {
 public:
  using CallSubtask::CallSubtask;

  Result<void> call() {
    Scheduler& scheduler = root_.scheduler();
    progress(State::kStarted);
    auto reply = std::make_shared<ReplyState>(scheduler.waker());
    scheduler.enter_call(&root_, nullptr);
    Task& frame = *scheduler.current()->task;
    // What is lent stays lent until the answer.
    frame.loans = &loans;
    Result<void> begun = begin(reply);
    frame.loans = &frame.frame->loans;  // after an error, too: the frame outlives this
    ERMINE_TRY(std::move(begun));
    ERMINE_TRY(scheduler.exit_call());
    std::unique_lock lock(reply->mutex);
    reply->in_call = false;
    if (reply->early) {
      lock.unlock();
      return answered(*reply->early);
    }
    reply->subtask = shared_from_this();
    reply_ = reply;
    register_at(scheduler);
    scheduler.add_pending(1);
    scheduler.held_bytes += held_;
    return {};
  }

  // In the event loop. False: the caller cannot be entered at present.
  bool answer_later(HostAnswer& answer) {
    Scheduler& scheduler = root_.scheduler();
    if (!Entering(&caller_, nullptr).possible() && !scheduler.has_trapped(caller_)) return false;
    unregister();
    scheduler.add_pending(-1);
    scheduler.held_bytes -= held_;
    if (scheduler.has_trapped(caller_)) {
      release();
      return true;
    }
    const Scheduler::CallsFromHost calls(scheduler);
    if (auto done = answered(answer); !done) {
      caller_.set_flag(kInstanceRuns);  // never entered again
      root_.fail(done.error());
    }
    return true;
  }

  Result<void> request_cancellation(InstanceState*) override {
    cancellation_requested = true;
    if (const std::shared_ptr<ReplyState> reply = reply_.lock()) reply->request_cancellation();
    return {};
  }

 protected:
  // Lifts the arguments and calls the function.
  virtual Result<void> begin(const std::shared_ptr<ReplyState>& reply) = 0;
  virtual Result<void> write(HostAnswer& answer) = 0;
  // The arguments mean nothing from now on.
  virtual void release() = 0;
  uint64_t held_ = 0;  // bytes of the arguments

 private:
  Result<void> start(Task&, Slot*) override { return {}; }
  Result<void> returned(Task&, const Slot*) override { return {}; }

  Result<void> answered(HostAnswer& answer) {
    if (answer.error) {
      release();
      return std::move(answer.error);
    }
    if (answer.cancelled) {
      release();
      if (!cancellation_requested)
        return Error(ErrorKind::kUsage, "a host function answered that it was cancelled, without a request to cancel");
      progress(State::kCancelledBeforeReturned);
      return {};
    }
    Result<void> written = write(answer);
    release();
    if (written) progress(State::kReturned);
    return written;
  }

  void end_with_store() override {
    const std::shared_ptr<HostSubtask> keep = shared_from_this();
    if (const std::shared_ptr<ReplyState> reply = reply_.lock()) reply->request_cancellation();
    release();
  }

  std::weak_ptr<ReplyState> reply_;
};

// ---- Replies

void ReplyState::answer(HostAnswer given) {
  std::function<void()> dropped;
  std::unique_lock lock(mutex);
  if (answered) return;
  answered = true;
  dropped.swap(request);  // may own this
  if (in_call) {
    early.emplace(std::move(given));
    return;
  }
  std::shared_ptr<HostSubtask> to = std::move(subtask);
  lock.unlock();
  auto shared = std::make_shared<HostAnswer>(std::move(given));
  waker->post([to = std::move(to), shared] { return to->answer_later(*shared); });
}

void ReplyState::request_cancellation() {
  std::function<void()> asked;
  {
    std::lock_guard lock(mutex);
    cancel_requested = true;
    asked.swap(request);
  }
  if (asked) asked();
}

ReplyState::~ReplyState() {
  if (!answered && !in_call && subtask)
    answer({.error = Error(ErrorKind::kUsage, "an asynchronous host function gave up its reply without an answer")});
}

namespace detail {

void CallReply::complete(Answer answer) const { state_->answer({.typed = std::move(answer)}); }
void CallReply::complete_value(std::optional<Value> value) const { state_->answer({.value = std::move(value)}); }
void CallReply::fail(Error error) const {
  // An error that was moved from is one as well.
  if (!error) error = Error::trap(TrapCode::kHost, "a host function failed without an error");
  state_->answer({.error = std::move(error)});
}
void CallReply::cancelled() const { state_->answer({.cancelled = true}); }
bool CallReply::cancel_requested() const {
  std::lock_guard lock(state_->mutex);
  return state_->cancel_requested;
}
void CallReply::on_cancel(std::function<void()> request) const {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->answered) return;
    if (!state_->cancel_requested) {
      state_->request.swap(request);
      return;
    }
  }
  request();
}

}  // namespace detail

void HostReply::complete(Result<std::optional<Value>> result) const {
  if (result) complete_value(*std::move(result));
  else fail(std::move(result).error());
}

// ---- Functions over dynamic values

namespace {

class ValueHostSubtask final : public HostSubtask {
 public:
  ValueHostSubtask(const MadeEnv& env, const Slot* slots, const LinkItem& item)
      : HostSubtask(env, slots), item_(item), access_(root_, made_.instance, made_.options) {
    access_.set_used(root_.scheduler().held_bytes);
  }

 private:
  Result<void> begin(const std::shared_ptr<ReplyState>& reply) override {
    ERMINE_ASSIGN(std::vector<Value> arguments, lift_arguments(access_));
    held_ = access_.used() - root_.scheduler().held_bytes;
    if (item_.async_func) return (*item_.async_func)(root_.store(), std::move(arguments), HostReply(reply));
    ERMINE_ASSIGN(std::optional<Value> result, (*item_.func)(root_.store(), arguments));
    HostReply(reply).complete(std::move(result));
    return {};
  }
  Result<void> write(HostAnswer& answer) override {
    access_.end_borrows();
    const TypeUse type = func_type().result;
    if (answer.value.has_value() == type.is_none())
      return Error(ErrorKind::kUsage,
                   "an asynchronous host function answered with a value, and its type has no result, "
                   "or without one");
    if (answer.value)
      if (auto fits = access_.check(type, *answer.value); !fits)
        return std::move(fits.error()).with_context("the result of a host function");
    return lower_result(access_, answer.value);
  }
  void release() override { access_.end_borrows(); }

  const LinkItem& item_;
  ValueAccess access_;
};

// ---- Typed functions

class TypedHostSubtask final : public HostSubtask {
 public:
  TypedHostSubtask(const TypedImportEnv& env, const Slot* slots)
      : HostSubtask(env, slots), func_(*env.func), side_(root_, made_.instance, *env.parts, *env.types, env.name) {
    limit_flat_values(side_, made_);
  }

 private:
  Result<void> begin(const std::shared_ptr<ReplyState>& reply) override {
    const uint64_t before = side_.budget;
    const detail::CallReply answer(reply);
    const bool done = func_.start(func_.env.get(), &root_.store(), side_, given_, answer, kept_);
    held_ = before - side_.budget;
    if (done) return {};
    release();
    return std::move(side_.error());
  }
  Result<void> write(HostAnswer& answer) override {
    side_.end_borrows();
    if (!answer.typed.lower) return {};
    side_.see_memory();
    Slot slots[kMaxFlatResults] = {};
    if (!answer.typed.lower(answer.typed.result.get(), side_, slots, has_result_pointer_ ? given_[params_] : 0))
      return std::move(side_.error());
    flat_result = slots[0];
    return {};
  }
  void release() override {
    side_.end_borrows();
    kept_.reset();
  }

  const detail::HostFunc& func_;
  HostSide side_;
  std::shared_ptr<void> kept_;
};

}  // namespace

void limit_flat_values(HostSide& side, const MadeFunc& made) {
  side.max_flat_params = made.options.is_async ? kMaxFlatAsyncParams : kMaxFlatParams;
  side.max_flat_results = made.options.is_async ? 0 : kMaxFlatResults;
  const uint64_t held = side.root().scheduler().held_bytes;
  side.budget = side.budget > held ? side.budget - held : 0;
}

Result<void> call_host_async(const MadeEnv& env, const LinkItem& item, Slot* slots) {
  auto subtask = std::make_shared<ValueHostSubtask>(env, slots, item);
  ERMINE_TRY(subtask->call());
  return end_call(env, subtask, slots);
}

Result<void> call_host_async(TypedImportEnv& env, Slot* slots) {
  auto subtask = std::make_shared<TypedHostSubtask>(env, slots);
  ERMINE_TRY(subtask->call());
  return end_call(env, subtask, slots);
}

}  // namespace ermine::component
