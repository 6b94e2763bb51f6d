// CallReply: how an asynchronous function of the host answers, below the type of its result (component/async.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "ermine/component/value.h"
#include "ermine/error.h"

namespace ermine::component {

struct ReplyState;

namespace detail {

class Cursor;

// The result of a call, and how it is written into the caller's memory. lower() is called once on the store's thread;
// see HostCallable::lower.
struct Answer {
  bool (*lower)(void* result, Cursor& cursor, uint64_t* slots, uint64_t out) = nullptr;  // null: there is no result
  std::shared_ptr<void> result;
};

// Copies are one reply. The first answer counts; if the last copy is destroyed without one, the answer is an error.
// Thread-safe, and harmless after the store.
class CallReply {
 public:
  CallReply() = default;
  void complete(Answer answer) const;
  // Of a function over dynamic values: the result is there exactly if the type has one.
  void complete_value(std::optional<Value> value) const;
  // Ends the calling component, as a trap does.
  void fail(Error error) const;
  // After a request to cancel: the function did not finish.
  void cancelled() const;
  // `request` is called on the store's thread when the caller asks to cancel the call, and when the store is destroyed,
  // which it must not use then. Not called any more after the answer.
  void on_cancel(std::function<void()> request) const;
  bool cancel_requested() const;

  explicit CallReply(std::shared_ptr<ReplyState> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<ReplyState> state_;
};

}  // namespace detail

}  // namespace ermine::component
