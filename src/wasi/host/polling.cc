#include "wasi/host/polling.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "wasi/host/clocks.h"
#include "wasi/host/files.h"
#include "wasi/host/system_call.h"

namespace ermine::wasi::host {
namespace {

constexpr uint64_t kForever = ~uint64_t{0};

// When the subscription's time is reached, on its own clock.
uint64_t due_at(const Subscription& s, uint64_t started_at) {
  uint64_t due = s.timeout;
  return !s.absolute && __builtin_add_overflow(started_at, s.timeout, &due) ? kForever : due;
}

uint64_t readable_bytes(const Descriptor& d) {
  if (d.virtual_file != nullptr) {
    if (d.type != FileType::kRegularFile) return 0;
    const Outcome<uint64_t> at = seek(d, 0, Whence::kCurrent);
    const Outcome<FileStat> stat = stat_file(d);
    return at && stat && stat->size > *at ? stat->size - *at : 0;
  }
  if (d.type == FileType::kRegularFile) {
    struct stat st;
    off_t at = lseek(d.host_fd, 0, SEEK_CUR);
    if (at < 0 || file_status(d.host_fd, st) != 0 || st.st_size <= at) return 0;
    return static_cast<uint64_t>(st.st_size - at);
  }
  int n = 0;
  if (d.listener || ioctl(d.host_fd, FIONREAD, &n) != 0 || n < 0) return 0;
  return static_cast<uint64_t>(n);
}

struct Watch {
  const Subscription* subscription;
  size_t index;  // into the poll array, or kReady
};
constexpr size_t kReady = 0;  // the interrupt's

bool is_clock(const Subscription& s) { return s.kind == Subscription::Kind::kClock; }
// The descriptors that can be waited for, in arrays.
constexpr unsigned kClocks = 2;
unsigned index_of(Clock clock) { return static_cast<unsigned>(clock); }
uint64_t now_on(unsigned clock) { return *clock_now(static_cast<Clock>(clock)); }

}  // namespace

Outcome<uint32_t> poll_all(std::span<const Subscription> subscriptions, std::span<Event> events, bool immediately,
                           const Interrupts& interrupts, PollStart& start) {
  uint32_t count = 0;
  auto report = [&](const Subscription& s, HostError error, uint64_t bytes = 0, bool hangup = false) {
    events[count++] = Event{s.id, error, bytes, hangup};
  };

  std::vector<pollfd> fds;
  std::vector<Watch> watches;
  fds.push_back({interrupts.fd(), POLLIN, 0});
  bool clocks = false;
  for (const Subscription& s : subscriptions) {
    if (is_clock(s)) {
      clocks = true;
      continue;
    }
    if (s.descriptor->virtual_file != nullptr) {
      watches.push_back({&s, kReady});
      immediately = true;
      continue;
    }
    const short mask = s.kind == Subscription::Kind::kRead ? POLLIN : POLLOUT;
    fds.push_back({s.descriptor->host_fd, mask, 0});
    watches.push_back({&s, fds.size() - 1});
  }
  if (clocks && !start.known) start = {true, {now_on(0), now_on(1)}};

  // There may be a million, so each clock is read once per iteration.
  uint64_t first_due[kClocks] = {kForever, kForever};
  for (const Subscription& s : subscriptions) {
    if (!is_clock(s)) continue;
    const unsigned clock = index_of(s.clock);
    first_due[clock] = std::min(first_due[clock], due_at(s, start.at[clock]));
  }

  while (true) {
    uint64_t wait = immediately ? 0 : kForever;
    for (unsigned clock = 0; clock < kClocks; ++clock) {
      if (first_due[clock] == kForever) continue;
      const uint64_t now = now_on(clock);
      wait = std::min(wait, first_due[clock] - std::min(first_due[clock], now));
    }
    timespec timeout{};
    // A wait that is too long is cut; the loop continues.
    uint64_t bounded = std::min(wait, uint64_t{1'000'000'000} * 1'000'000);
    timeout.tv_sec = static_cast<time_t>(bounded / 1'000'000'000u);
    timeout.tv_nsec = static_cast<long>(bounded % 1'000'000'000u);
    int n = ppoll(fds.data(), fds.size(), wait == kForever ? nullptr : &timeout, nullptr);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EINVAL ? HostError::kTooManyFiles : last_error();
    if (fds[0].revents != 0) return HostError::kInterrupted;

    for (const Watch& w : watches) {
      const bool reads = w.subscription->kind == Subscription::Kind::kRead;
      if (w.index == kReady) {
        report(*w.subscription, HostError::kNone, reads ? readable_bytes(*w.subscription->descriptor) : 0);
        continue;
      }
      // Finding what is ready takes system calls. If the guest is to be stopped, the events found so far are returned.
      if (w.index % 4096 == 0 && count > 0 && poll(fds.data(), 1, 0) > 0) return count;
      short got = fds[w.index].revents;
      if (got == 0) continue;
      if ((got & POLLNVAL) != 0) {
        report(*w.subscription, HostError::kBadFd);
        continue;
      }
      // An error condition makes the descriptor ready: the read or write will return the error.
      const bool counts = w.subscription->counts_bytes && reads;
      report(*w.subscription, HostError::kNone, counts ? readable_bytes(*w.subscription->descriptor) : 0,
             (got & POLLHUP) != 0);
    }
    if (clocks) {
      const uint64_t now[kClocks] = {now_on(0), now_on(1)};
      for (const Subscription& s : subscriptions)
        if (is_clock(s) && due_at(s, start.at[index_of(s.clock)]) <= now[index_of(s.clock)])
          report(s, HostError::kNone);
    }
    if (count > 0 || immediately) return count;
  }
}

}  // namespace ermine::wasi::host
