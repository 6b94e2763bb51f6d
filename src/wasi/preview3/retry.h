// Retry: an operation that has nothing now, and is tried again when its descriptor (or the work of another thread) is
// ready, until it answers its call.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "ermine/component/reply.h"
#include "wasi/preview2/call.h"
#include "wasi/preview2/resources.h"
#include "wasi/preview3/poller.h"

namespace ermine::wasi::preview3 {

// When a connection, or the attempt to make one, is given up; as Waiter::deadline().
uint64_t deadline_of(const net::TcpSocket& socket);

class Retry final : public Waiter, public preview2::Resource, public std::enable_shared_from_this<Retry> {
 public:
  struct Operation {
    int fd = -1;
    short events = 0;
    uint64_t deadline = UINT64_MAX;
    uint64_t pause = 0;  // without a descriptor: nanoseconds until the next attempt
    std::function<bool()> attempt;  // true: the call is answered. What it refers to keeps `fd` open
    std::function<void()> abandon = nullptr;  // when the call is cancelled, or its store ends
    std::shared_ptr<host::Awaited> awaited = nullptr;  // instead of a descriptor
    std::function<bool()> unwanted = nullptr;  // of what answers no call: whether that is not awaited any more
  };
  Retry(std::shared_ptr<preview2::Counts> counts, StoreRef store, Operation operation)
      : Resource(std::move(counts)), store_(store), operation_(std::move(operation)) {}

  template <class R>
  static void start(preview2::Call& call, const component::Reply<R>& reply, Operation operation) {
    const std::shared_ptr<Retry> retry = call.make<Retry>(call.store, std::move(operation));
    if (!retry) return;
    retry->wait();
    reply.on_cancel([retry, reply] {
      retry->cancel();
      reply.cancelled();
    });
  }
  // Of what answers no call.
  static void run(std::shared_ptr<preview2::Counts> counts, StoreRef store, Operation operation) {
    std::make_shared<Retry>(std::move(counts), store, std::move(operation))->wait();
  }
  void ready() override;
  bool is_over() const override { return over_ || (operation_.unwanted && operation_.unwanted()); }
  uint64_t deadline() const override { return operation_.awaited ? operation_.awaited->wait().until : deadline_; }

 private:
  void wait();
  void cancel();

  StoreRef store_;
  const Operation operation_;
  uint64_t deadline_ = UINT64_MAX;
  bool over_ = false;
};

}  // namespace ermine::wasi::preview3
