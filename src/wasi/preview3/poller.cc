#include "wasi/preview3/poller.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "wasi/host/clocks.h"

namespace ermine::wasi::preview3 {
namespace {

constexpr uint64_t kSecond = 1'000'000'000, kLongest = 1'000'000 * kSecond;

uint64_t now() { return *host::clock_now(host::Clock::kMonotonic); }

}  // namespace

Poller& Poller::of(StoreRef store) {
  const component::EventLoop loop(store);
  // Nothing else of the library sets one.
  if (component::EventSource* known = loop.source()) return static_cast<Poller&>(*known);
  auto made = std::make_shared<Poller>(store);
  loop.set_source(made);
  return *made;
}

void Poller::wait_for(int fd, short events, std::shared_ptr<Waiter> waiter, const host::Signal* signal) {
  if (watches_.empty()) operation_ = loop_.begin_operation();
  watches_.push_back({fd, events, std::move(waiter), signal});
}

void Poller::poll() {
  // An error will come again when there is nothing else to do.
  if (!watches_.empty() || !times_.empty()) (void)look(false);
}

Result<void> Poller::wait() { return look(true); }

Result<void> Poller::look(bool waits) {
  fds_.clear();
  if (waits) {
    ERMINE_ASSIGN(const int event_fd, loop_.event_fd());
    fds_.push_back({event_fd, POLLIN, 0});
    fds_.push_back({store_.interrupt_fd(), POLLIN, 0});
  }
  const size_t first = fds_.size();
  uint64_t due = times_.empty() ? UINT64_MAX : times_.begin()->first;
  for (const Watch& w : watches_) {
    waits = waits && !w.waiter->is_over();
    due = std::min(due, w.waiter->deadline());
    fds_.push_back({w.fd, w.events, 0});
  }
  timespec timeout{};
  if (waits && due != UINT64_MAX) {
    const uint64_t at = now();
    // A wait that is too long is cut; the loop comes again.
    const uint64_t left = std::min(due - std::min(due, at), kLongest);
    timeout.tv_sec = static_cast<time_t>(left / kSecond);
    timeout.tv_nsec = static_cast<long>(left % kSecond);
  }
  const int n = ppoll(fds_.data(), fds_.size(), waits && due == UINT64_MAX ? nullptr : &timeout, nullptr);
  if (n < 0 && errno != EINTR)
    return Error(ErrorKind::kIo, "the host cannot wait for " + std::to_string(watches_.size()) +
                                     " files and streams: " + std::strerror(errno));
  const uint64_t at = due == UINT64_MAX ? 0 : now();
  // All that wait for a signal ask again when it was raised, also those that poll() had looked at before.
  std::vector<const host::Signal*> raised;
  const auto was_raised = [&](const host::Signal* signal) { return std::ranges::find(raised, signal) != raised.end(); };
  for (size_t i = 0; n > 0 && i < watches_.size(); ++i) {
    const host::Signal* signal = watches_[i].signal;
    if (signal == nullptr || fds_[first + i].revents == 0 || was_raised(signal)) continue;
    signal->clear();
    raised.push_back(signal);
  }
  size_t kept = 0;
  for (size_t i = 0; i < watches_.size(); ++i) {
    Watch& w = watches_[i];
    const bool happened = (n > 0 && fds_[first + i].revents != 0) || was_raised(w.signal) || w.waiter->deadline() <= at;
    if (!happened && !w.waiter->is_over()) {
      if (kept != i) watches_[kept] = std::move(w);
      ++kept;
      continue;
    }
    // In a turn of the loop: it may run code of a component.
    loop_.handle().post([waiter = std::move(w.waiter)] { waiter->ready(); });
  }
  watches_.erase(watches_.begin() + static_cast<ptrdiff_t>(kept), watches_.end());
  if (watches_.empty()) operation_ = {};
  while (!times_.empty() && times_.begin()->first <= at) {
    const std::shared_ptr<Waiter> waiter = std::move(times_.begin()->second);
    times_.erase(times_.begin());
    waiter->ready();
  }
  return {};
}

}  // namespace ermine::wasi::preview3
