#include "wasi/preview3/poller.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "wasi/host/clocks.h"

namespace ermine::wasi::preview3 {
namespace {

constexpr uint64_t kSecond = 1'000'000'000, kLongest = 1'000'000 * kSecond;
// More descriptors than these are watched by epoll, which needs a system call more for each.
constexpr size_t kFew = 16;

uint64_t now() { return *host::clock_now(host::Clock::kMonotonic); }

timespec time_of(uint64_t nanoseconds) {
  return {static_cast<time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
}

}  // namespace

Poller& Poller::of(StoreRef store) {
  const component::EventLoop loop(store);
  // Nothing else of the library sets one.
  if (component::EventSource* known = loop.source()) return static_cast<Poller&>(*known);
  auto made = std::make_shared<Poller>(store);
  loop.set_source(made);
  return *made;
}

Poller::~Poller() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
  if (timer_fd_ >= 0) ::close(timer_fd_);
}

// ---- Watches

void Poller::wait_for(int fd, short events, std::shared_ptr<Waiter> waiter) {
  const uint64_t until = waiter->deadline();
  Watch watch{events, std::move(waiter), deadlines_.end()};
  if (until != UINT64_MAX) watch.deadline = deadlines_.emplace(until, watch.waiter.get());
  add(fd, std::move(watch));
}

void Poller::wait_for(const host::Awaited& awaited, std::shared_ptr<Waiter> waiter) {
  const host::Awaited::Wait wait = awaited.wait();
  if (wait.channel != 0) return wait_for(wait.channel, 0, std::move(waiter));
  add(wait.descriptor->host_fd, {POLLIN, std::move(waiter), deadlines_.end(), true, wait.signal});
}

void Poller::add(int fd, Watch watch) {
  if (!any()) operation_ = loop_.begin_operation();
  Waiter& waiter = *watch.waiter;
  Watches& watches = of(watch);
  const bool in_epoll = watch.events != 0 && (is_external_ || !watch.is_awaited);
  waiter.place_ = watches.emplace(fd, std::move(watch));
  waiter.poller_ = weak_from_this();
  if (epoll_fd_ < 0) {
    if (watches_.size() > kFew && has_epoll_) has_epoll_ = watch_many();
  } else if (in_epoll && !arm(fd)) {
    // It never waits, as with poll().
    give_up(waiter);
  }
}

std::shared_ptr<Waiter> Poller::take(Watches::iterator place) {
  const Watch watch = std::move(place->second);
  if (watch.deadline != deadlines_.end()) deadlines_.erase(watch.deadline);
  of(watch).erase(place);
  watch.waiter->place_.reset();
  if (!any()) operation_ = {};
  return watch.waiter;
}

bool Poller::forget(Waiter& waiter) {
  const std::shared_ptr<Poller> poller = waiter.poller_.lock();
  if (!poller || !waiter.place_) return false;
  poller->take(*waiter.place_);
  return true;
}

void Poller::give_up(Waiter& waiter) {
  const std::shared_ptr<Poller> poller = waiter.poller_.lock();
  if (poller && waiter.place_) poller->post(*waiter.place_);
}

// In a turn of the loop: it may run code of a component.
void Poller::post(Watches::iterator place) {
  loop_.handle().post([waiter = take(place)] { waiter->ready(); });
}

void Poller::happened(Watches& watches, int fd, short what) {
  const host::Signal* cleared = nullptr;
  const auto all = watches.equal_range(fd);
  // All that wait for a signal ask again when it was raised.
  for (auto at = all.first; at != all.second; ++at)
    if (at->second.signal != cleared) (cleared = at->second.signal)->clear();
  // When the store ends, what is posted is destroyed at once, and may notify others: so nothing is known of them then.
  while (true) {
    const auto [first, last] = watches.equal_range(fd);
    const auto at = std::find_if(first, last, [what](const auto& watch) {
      return (what & (watch.second.events | POLLERR | POLLHUP | POLLNVAL)) != 0;
    });
    if (at == last) return;
    post(at);
  }
}

// ---- epoll

// False: it is not available, for instance because the process is confined.
bool Poller::watch_many() {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return false;
  std::vector<Waiter*> others;
  for (const Watches* watches : {&watches_, &awaited_})
    for (const auto& [fd, watch] : *watches)
      if (watch.events != 0 && (is_external_ || !watch.is_awaited) && !arm(fd)) others.push_back(watch.waiter.get());
  for (Waiter* waiter : others) give_up(*waiter);
  return true;
}

// For the next event of a descriptor, whatever waits for it. False: it does not wait.
bool Poller::arm(int fd) {
  epoll_event event{EPOLLONESHOT, {.fd = fd}};
  for (const Watches* watches : {&watches_, &awaited_}) {
    const auto [first, last] = watches->equal_range(fd);
    for (auto at = first; at != last; ++at) event.events |= static_cast<uint32_t>(at->second.events);
  }
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0) return true;
  return errno == ENOENT && epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::take_events() {
  epoll_event events[128];
  const int n = epoll_pwait(epoll_fd_, events, std::size(events), 0, nullptr);
  for (int i = 0; i < n; ++i) {
    const int fd = events[i].data.fd;
    if (fd == timer_fd_) continue;
    happened(watches_, fd, static_cast<short>(events[i].events));
    if (watches_.contains(fd) || (is_external_ && awaited_.contains(fd))) (void)arm(fd);
  }
}

// The embedder waits for this object's descriptor.
int Poller::event_fd() {
  if (is_external_) return epoll_fd_;
  is_external_ = true;
  if (epoll_fd_ >= 0) {
    for (const auto& [fd, watch] : awaited_) (void)arm(fd);
  } else if (!watch_many()) {
    return -1;
  }
  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  epoll_event event{EPOLLIN, {.fd = timer_fd_}};
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, timer_fd_, &event) == 0 ? epoll_fd_ : -1;
}

void Poller::set_timer(uint64_t due) {
  if (due == timer_at_) return;
  timer_at_ = due;
  itimerspec at{};
  // Zero would mean never.
  if (due != UINT64_MAX) at.it_value = time_of(std::clamp<uint64_t>(due, 1, kLongest));
  (void)timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &at, nullptr);
}

// ---- Waiting

void Poller::poll() {
  // An error will come again when there is nothing else to do.
  if (any() || !times_.empty() || is_external_) (void)look(false);
}

Result<void> Poller::wait() { return look(true); }

Result<void> Poller::look(bool waits) {
  fds_.clear();
  uint64_t due = times_.empty() ? UINT64_MAX : times_.begin()->first;
  if (!deadlines_.empty()) due = std::min(due, deadlines_.begin()->first);
  const auto list = [&](const Watches& watches) {
    const size_t begin = fds_.size();
    for (const auto& [fd, watch] : watches) {
      if (fds_.size() > begin && fds_.back().fd == fd) fds_.back().events |= watch.events;
      else if (watch.events != 0) fds_.push_back({fd, watch.events, 0});
    }
  };
  list(awaited_);
  const size_t first_watch = fds_.size();
  if (epoll_fd_ < 0) list(watches_);
  const size_t end = fds_.size();
  if (epoll_fd_ >= 0) fds_.push_back({epoll_fd_, POLLIN, 0});
  for (const auto& [fd, watch] : awaited_) {
    waits = waits && !watch.waiter->is_over();
    due = std::min(due, watch.waiter->deadline());
  }
  if (waits) {
    fds_.push_back({store_.interrupt_fd(), POLLIN, 0});
    ERMINE_ASSIGN(const int posted, loop_.begin_wait());
    if (posted < 0) waits = false;
    else fds_.push_back({posted, POLLIN, 0});
  }
  timespec timeout{};
  if (waits && due != UINT64_MAX) {
    const uint64_t at = now();
    // A wait that is too long is cut; the loop comes again.
    timeout = time_of(std::min(due - std::min(due, at), kLongest));
  }
  const int n = ppoll(fds_.data(), fds_.size(), waits && due == UINT64_MAX ? nullptr : &timeout, nullptr);
  const int error = errno;
  loop_.end_wait();
  if (n < 0 && error != EINTR)
    return Error(ErrorKind::kIo, "the host cannot wait for " + std::to_string(watches_.size() + awaited_.size()) +
                                     " files and streams: " + std::strerror(error));
  const uint64_t at = due == UINT64_MAX ? 0 : now();
  if (n > 0) {
    for (size_t i = 0; i < end; ++i)
      if (fds_[i].revents != 0) happened(i < first_watch ? awaited_ : watches_, fds_[i].fd, fds_[i].revents);
    if (epoll_fd_ >= 0 && fds_[end].revents != 0) take_events();
  }
  for (auto i = awaited_.begin(); i != awaited_.end();) {
    const auto next = std::next(i);
    if (i->second.waiter->is_over() || i->second.waiter->deadline() <= at) post(i);
    i = next;
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= at) give_up(*deadlines_.begin()->second);
  while (!times_.empty() && times_.begin()->first <= at) {
    const std::shared_ptr<Waiter> waiter = std::move(times_.begin()->second);
    times_.erase(times_.begin());
    waiter->ready();
  }
  if (is_external_) {
    due = times_.empty() ? UINT64_MAX : times_.begin()->first;
    if (!deadlines_.empty()) due = std::min(due, deadlines_.begin()->first);
    for (const auto& [fd, watch] : awaited_) due = std::min(due, watch.waiter->deadline());
    set_timer(due);
  }
  return {};
}

}  // namespace ermine::wasi::preview3
