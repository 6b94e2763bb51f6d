// Reply: how an asynchronous function of the host (ComponentLinker::func_wrap_async) answers its call, during the call
// or later.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "ermine/component/detail/host_func.h"

namespace ermine::component {

// The reply to one call, whose result is of type R. Copies are one reply; the first answer counts, and if the last copy
// is destroyed without an answer, that is an error, which ends the calling component. Thread-safe; answers after the
// store was destroyed do nothing. The answer is written into the component's memory by the store's event loop
// (component/event_loop.h), or, if it comes during the call, at its end.
template <class R = void>
class Reply {
 public:
  using value_type = R;

  void complete(R result) const { reply_.complete({&lower, std::make_shared<R>(std::move(result))}); }
  // An Error ends the calling component, as a trap does; WIT's results do not.
  void fail(Error error) const { reply_.fail(std::move(error)); }

  // Whether the caller has asked to cancel the call. The function may answer nevertheless, or with cancelled(), which
  // is an error if the caller has not asked.
  bool cancel_requested() const { return reply_.cancel_requested(); }
  // `request` is called once, on the store's thread, when the caller asks to cancel; or here, if it has done so. Also
  // when the store is destroyed, which it must not use then. Not called any more after the answer.
  void on_cancel(std::function<void()> request) const { reply_.on_cancel(std::move(request)); }
  void cancelled() const { reply_.cancelled(); }

  // For the library's own code.
  explicit Reply(detail::CallReply reply) : reply_(std::move(reply)) {}

 private:
  static bool lower(void* result, detail::Cursor& cursor, uint64_t* slots, uint64_t out) {
    return detail::HostCallable<R()>::lower(cursor, slots, *static_cast<R*>(result), out);
  }
  detail::CallReply reply_;
};

template <>
class Reply<void> {
 public:
  using value_type = void;
  void complete() const { reply_.complete({}); }
  void fail(Error error) const { reply_.fail(std::move(error)); }
  bool cancel_requested() const { return reply_.cancel_requested(); }
  void on_cancel(std::function<void()> request) const { reply_.on_cancel(std::move(request)); }
  void cancelled() const { reply_.cancelled(); }

  explicit Reply(detail::CallReply reply) : reply_(std::move(reply)) {}

 private:
  detail::CallReply reply_;
};

// Of a function whose type is known only at run time. The result is there exactly if that type has one.
template <>
class Reply<std::optional<Value>> {
 public:
  using value_type = std::optional<Value>;
  void complete(std::optional<Value> result) const { reply_.complete_value(std::move(result)); }
  void fail(Error error) const { reply_.fail(std::move(error)); }
  bool cancel_requested() const { return reply_.cancel_requested(); }
  void on_cancel(std::function<void()> request) const { reply_.on_cancel(std::move(request)); }
  void cancelled() const { reply_.cancelled(); }

  explicit Reply(detail::CallReply reply) : reply_(std::move(reply)) {}

 private:
  detail::CallReply reply_;
};
using ValueReply = Reply<std::optional<Value>>;

}  // namespace ermine::component
