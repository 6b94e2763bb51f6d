#include "wasi/preview3/retry.h"

namespace ermine::wasi::preview3 {

uint64_t deadline_of(const net::TcpSocket& socket) {
  const net::Quota::Clock::time_point at = socket.deadline();
  if (at == net::Quota::Clock::time_point::max()) return UINT64_MAX;
  return static_cast<uint64_t>(at.time_since_epoch().count());
}

std::shared_ptr<Retry> Retry::begin(preview2::Call& call, Operation operation) {
  std::shared_ptr<Retry> retry = call.make<Retry>(call.store, std::move(operation));
  if (retry) Poller::of(call.store).wait_for(retry->operation_.fd, retry->operation_.events, retry);
  return retry;
}

void Retry::ready() {
  if (over_) return;
  if (operation_.attempt()) over_ = true;
  else Poller::of(store_).wait_for(operation_.fd, operation_.events, shared_from_this());
}

void Retry::cancel() {
  over_ = true;
  if (operation_.abandon) operation_.abandon();
}

}  // namespace ermine::wasi::preview3
