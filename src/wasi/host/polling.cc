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
#include "wasi/host/system_call.h"

namespace ermine::wasi {
namespace {

constexpr uint64_t kForever = ~uint64_t{0};

// When the subscription's time has come, on its own clock.
uint64_t due_at(const Subscription& s, uint64_t started_at) {
  uint64_t due = s.timeout;
  return !s.absolute && __builtin_add_overflow(started_at, s.timeout, &due) ? kForever : due;
}

uint64_t readable_bytes(const Descriptor& d) {
  if (d.type == Filetype::kRegularFile) {
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
  DescriptorRef descriptor;
  size_t index;  // into the poll array
};

}  // namespace

Outcome<uint32_t> poll_all(FdTable& table, std::span<const Subscription> subscriptions, std::span<Event> events,
                           const Interrupts& interrupts, PollStart& start) {
  uint32_t count = 0;
  auto report = [&](const Subscription& s, Errno error, uint64_t bytes = 0, bool hangup = false) {
    events[count++] = Event{s.userdata, error, s.kind, bytes, hangup};
  };

  std::vector<pollfd> fds;
  std::vector<Watch> watches;
  fds.push_back({interrupts.fd(), POLLIN, 0});
  bool clocks = false;
  for (const Subscription& s : subscriptions) {
    if (s.kind == Subscription::Kind::kClock) {
      // CPU time does not pass while waiting, so there is nothing to wait for.
      if (s.clock > 1) report(s, s.clock > 3 ? Errno::kInval : Errno::kNotsup);
      else clocks = true;
      continue;
    }
    DescriptorRef d = table.get(s.fd);
    Rights wanted = rights::kPollFdReadwrite;
    wanted |= s.kind == Subscription::Kind::kRead ? (d && d->listener ? Rights{0} : rights::kFdRead) : rights::kFdWrite;
    if (!d) {
      report(s, Errno::kBadf);
    } else if (Errno e = d->check(wanted); e != Errno::kSuccess) {
      report(s, e);
    } else {
      short mask = s.kind == Subscription::Kind::kRead ? POLLIN : POLLOUT;
      fds.push_back({d->host_fd, mask, 0});
      watches.push_back({&s, std::move(d), fds.size() - 1});
    }
  }
  if (clocks && !start.known) start = {true, {*clock_now(0), *clock_now(1)}};

  // There may be a million, so each clock is read once a round.
  uint64_t first_due[2] = {kForever, kForever};
  const auto waits_for_clock = [](const Subscription& s) {
    return s.kind == Subscription::Kind::kClock && s.clock < 2;
  };
  for (const Subscription& s : subscriptions)
    if (waits_for_clock(s)) first_due[s.clock] = std::min(first_due[s.clock], due_at(s, start.at[s.clock]));

  bool immediate = count > 0;
  while (true) {
    uint64_t wait = immediate ? 0 : kForever;
    for (uint32_t clock = 0; clock < 2; ++clock) {
      if (first_due[clock] == kForever) continue;
      const uint64_t now = *clock_now(clock);
      wait = std::min(wait, first_due[clock] - std::min(first_due[clock], now));
    }
    timespec timeout{};
    // A wait that does not fit is cut; the loop goes round again.
    uint64_t bounded = std::min(wait, uint64_t{1'000'000'000} * 1'000'000);
    timeout.tv_sec = static_cast<time_t>(bounded / 1'000'000'000u);
    timeout.tv_nsec = static_cast<long>(bounded % 1'000'000'000u);
    int n = ppoll(fds.data(), fds.size(), wait == kForever ? nullptr : &timeout, nullptr);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EINVAL ? Errno::kMfile : errno_from_host(errno);
    if (fds[0].revents != 0) return Errno::kIntr;

    for (const Watch& w : watches) {
      // Asking what is ready takes system calls. Whoever is to stop is told of what was found so far.
      if (w.index % 4096 == 0 && count > 0 && poll(fds.data(), 1, 0) > 0) return count;
      short got = fds[w.index].revents;
      if (got == 0) continue;
      if ((got & POLLNVAL) != 0) {
        report(*w.subscription, Errno::kBadf);
        continue;
      }
      // An error condition makes the descriptor ready: the read or write will say which it is.
      bool reads = w.subscription->kind == Subscription::Kind::kRead;
      report(*w.subscription, Errno::kSuccess, reads ? readable_bytes(*w.descriptor) : 0, (got & POLLHUP) != 0);
    }
    if (clocks) {
      const uint64_t now[2] = {*clock_now(0), *clock_now(1)};
      for (const Subscription& s : subscriptions)
        if (waits_for_clock(s) && due_at(s, start.at[s.clock]) <= now[s.clock]) report(s, Errno::kSuccess);
    }
    if (count > 0) return count;
  }
}

}  // namespace ermine::wasi
