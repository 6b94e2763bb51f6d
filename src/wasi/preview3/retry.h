// Retry: an operation that has nothing now, and is tried again when its descriptor is ready, until it answers its call.
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
    std::function<bool()> attempt;  // true: the call is answered. What it refers to keeps `fd` open
    std::function<void()> abandon = nullptr;  // when the call is cancelled, or its store ends
  };
  Retry(std::shared_ptr<preview2::Counts> counts, StoreRef store, Operation operation)
      : Resource(std::move(counts)), store_(store), operation_(std::move(operation)) {}

  template <class R>
  static void start(preview2::Call& call, const component::Reply<R>& reply, Operation operation) {
    if (const std::shared_ptr<Retry> retry = begin(call, std::move(operation)))
      reply.on_cancel([retry, reply] {
        retry->cancel();
        reply.cancelled();
      });
  }
  void ready() override;
  bool is_over() const override { return over_; }
  uint64_t deadline() const override { return operation_.deadline; }

 private:
  // Null: the program has too many resources, and is ended.
  static std::shared_ptr<Retry> begin(preview2::Call& call, Operation operation);
  void cancel();

  StoreRef store_;
  const Operation operation_;
  bool over_ = false;
};

}  // namespace ermine::wasi::preview3
