// ComponentCall: a call of a component that need not be over when call_async() returns.
//
//   ERMINE_ASSIGN(ermine::ComponentCall<std::string> a, fetch.call_async("a"));
//   ERMINE_ASSIGN(ermine::ComponentCall<std::string> b, fetch.call_async("b"));   // both run at the same time
//   ERMINE_ASSIGN(std::string first, a.wait());
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "ermine/component/detail/call_data.h"
#include "ermine/result.h"

namespace ermine {

namespace component {
class AsyncHostCall;
struct BoundFunc;
}  // namespace component

namespace component::detail {

// A call below the type of its result.
class PendingCall {
 public:
  PendingCall() = default;  // is done
  static Result<PendingCall> start(const std::shared_ptr<const BoundFunc>& func, CallData data);
  bool done() const;
  bool was_cancelled() const;
  Result<void> cancel() const;
  void on_done(std::function<void()> called) const;
  // Runs the event loop until the call is done.
  Result<void> run() const;
  // After done(): why there is no result.
  Result<void> outcome() const;
  std::optional<Value> take_value() const;  // of a call over dynamic values

  explicit PendingCall(std::shared_ptr<AsyncHostCall> call) : call_(std::move(call)) {}

 private:
  std::shared_ptr<AsyncHostCall> call_;
};

template <class R>
using ResultPlace = std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>>;

}  // namespace component::detail

// A call that has begun. The store's event loop (component/event_loop.h) runs it, with all others; tasks of one
// instance take turns where they wait. Used on the thread of the store. If it is destroyed before the call is over, the
// call continues, and its result is dropped. R: void, a type of component/func.h, or std::optional<component::Value>.
template <class R>
class [[nodiscard]] ComponentCall {
 public:
  ComponentCall(ComponentCall&&) noexcept = default;
  ComponentCall& operator=(ComponentCall&&) noexcept = default;

  // Whether it has returned, has failed or was cancelled.
  bool done() const { return call_.done(); }
  // Once, after done(): the result. Errors: those of running code, in any task of the same component; kUsage if the
  // call is not done or was cancelled, its result was taken, an argument was not one of its type, or the store is gone.
  Result<R> take() {
    if (!call_.done()) return Error(ErrorKind::kUsage, "the call is not over: wait for ComponentCall::done()");
    ERMINE_TRY(call_.outcome());
    if (std::exchange(taken_, true)) return Error(ErrorKind::kUsage, "the result of the call was taken before");
    if constexpr (std::is_void_v<R>) return {};
    else if constexpr (std::is_same_v<R, std::optional<component::Value>>) return take_dynamic();
    else return std::move(**result_);
  }
  // Runs the event loop until the call is done, and takes its result. Errors: those of take(), and of
  // EventLoop::run_until.
  Result<R> wait() {
    ERMINE_TRY(call_.run());
    return take();
  }
  // Asks the component to end the call early, which it need not do: wait for done(). No effect on a call that is over.
  // Errors: those of code that runs at once.
  Result<void> cancel() { return call_.cancel(); }
  // Whether the component has ended it without a result.
  bool was_cancelled() const { return call_.was_cancelled(); }
  // `called` is called once, by the event loop after the call is over; here, if it is over. It may destroy this object,
  // and is not called if the store is destroyed before.
  void on_done(std::function<void()> called) { call_.on_done(std::move(called)); }

  // For the library's own code.
  ComponentCall(component::detail::PendingCall call, std::shared_ptr<component::detail::ResultPlace<R>> result)
      : call_(std::move(call)), result_(std::move(result)) {}

 private:
  // A call that was over at once has its result here.
  R take_dynamic() {
    if (result_ && *result_) return std::move(**result_);
    return call_.take_value();
  }
  component::detail::PendingCall call_;
  std::shared_ptr<component::detail::ResultPlace<R>> result_;
  bool taken_ = false;
};

}  // namespace ermine
