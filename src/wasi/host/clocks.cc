#include "wasi/host/clocks.h"

#include <sys/random.h>
#include <time.h>

namespace ermine::wasi::host {
namespace {

clockid_t host_clock(Clock clock) {
  constexpr clockid_t kClocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
  return kClocks[static_cast<unsigned>(clock)];
}

uint64_t nanoseconds(const timespec& t) {
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

Outcome<uint64_t> clock_resolution(Clock clock) {
  timespec t;
  if (clock_getres(host_clock(clock), &t) != 0) return last_error();
  return nanoseconds(t);
}

Outcome<uint64_t> clock_now(Clock clock) {
  timespec t;
  if (clock_gettime(host_clock(clock), &t) != 0) return last_error();
  return nanoseconds(t);
}

HostError fill_random(void* buffer, size_t size) {
  auto* at = static_cast<uint8_t*>(buffer);
  while (size > 0) {
    ssize_t n = getrandom(at, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error();
    at += n;
    size -= static_cast<size_t>(n);
  }
  return HostError::kNone;
}

}  // namespace ermine::wasi::host
