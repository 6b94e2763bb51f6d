#include "wasi/preview3/retry.h"

#include "wasi/host/clocks.h"

namespace ermine::wasi::preview3 {

uint64_t deadline_of(const net::TcpSocket& socket) {
  const net::Quota::Clock::time_point at = socket.deadline();
  if (at == net::Quota::Clock::time_point::max()) return UINT64_MAX;
  return static_cast<uint64_t>(at.time_since_epoch().count());
}

void Retry::wait() {
  Poller& poller = Poller::of(store_);
  deadline_ = operation_.deadline;
  if (operation_.pause != 0) deadline_ = *host::clock_now(host::Clock::kMonotonic) + operation_.pause;
  if (operation_.awaited) poller.wait_for(*operation_.awaited, shared_from_this());
  else poller.wait_for(operation_.fd, operation_.events, shared_from_this());
}

void Retry::ready() {
  if (is_over()) return;
  if (operation_.attempt()) over_ = true;
  else wait();
}

void Retry::cancel() {
  over_ = true;
  Poller::forget(*this);
  if (operation_.abandon) operation_.abandon();
}

}  // namespace ermine::wasi::preview3
