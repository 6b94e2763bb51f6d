#include "wasi/host/clocks.h"

#include <sys/random.h>
#include <time.h>

#include <cerrno>

namespace ermine::wasi {
namespace {

// In the order of ClockId.
constexpr clockid_t kHostClock[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};

uint64_t nanoseconds(const timespec& t) {
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

Outcome<uint64_t> clock_resolution(uint32_t clock) {
  timespec t;
  if (clock >= 4) return Errno::kInval;
  if (clock_getres(kHostClock[clock], &t) != 0) return errno_from_host(errno);
  return nanoseconds(t);
}

Outcome<uint64_t> clock_now(uint32_t clock) {
  timespec t;
  if (clock >= 4) return Errno::kInval;
  if (clock_gettime(kHostClock[clock], &t) != 0) return errno_from_host(errno);
  return nanoseconds(t);
}

Errno fill_random(void* buffer, size_t size) {
  auto* at = static_cast<uint8_t*>(buffer);
  while (size > 0) {
    ssize_t n = getrandom(at, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_from_host(errno);
    at += n;
    size -= static_cast<size_t>(n);
  }
  return Errno::kSuccess;
}

}  // namespace ermine::wasi
