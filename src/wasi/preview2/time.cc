// wasi:clocks and wasi:random.
#include <algorithm>

#include "wasi/host/clocks.h"
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

uint64_t Functions::monotonic_now(Call&) { return *host::clock_now(host::Clock::kMonotonic); }
uint64_t Functions::monotonic_resolution(Call&) { return *host::clock_resolution(host::Clock::kMonotonic); }
Own<Pollable> Functions::subscribe_instant(Call& call, uint64_t when) {
  return call.make<Pollable>(Readiness{Readiness::Kind::kTime, when});
}
Own<Pollable> Functions::subscribe_duration(Call& call, uint64_t duration) {
  const uint64_t now = monotonic_now(call);
  return subscribe_instant(call, duration > UINT64_MAX - now ? UINT64_MAX : now + duration);
}
Datetime Functions::wall_now(Call&) { return datetime(*host::clock_now(host::Clock::kRealtime)); }
Datetime Functions::wall_resolution(Call&) { return datetime(*host::clock_resolution(host::Clock::kRealtime)); }

// The host's time zone is not granted, so it is what the definitions give for an unknown one.
TimezoneDisplay Functions::timezone_display(Call&, Datetime) { return {0, "UTC", false}; }
int32_t Functions::timezone_utc_offset(Call&, Datetime) { return 0; }

bool RandomBytes::fill(component::detail::Cursor& cursor, uint64_t at) const {
  constexpr uint64_t kPiece = 1 << 20;
  for (uint64_t done = 0; done < size;) {
    const uint64_t piece = std::min(kPiece, size - done);
    if (const host::HostError e = host::fill_random(cursor.memory + at + done, piece); e != host::HostError::kNone)
      return cursor.fail(Error(ErrorKind::kIo, "the host has no random numbers"));
    done += piece;
    call->moved += piece;
    if (done < size && !call->pause()) return cursor.fail(std::move(call->stop));
  }
  if (Result<void> paid = call->pay(); !paid) return cursor.fail(std::move(paid).error());
  return true;
}

RandomBytes Functions::random_bytes(Call& call, uint64_t length) { return {&call, length}; }
uint64_t Functions::random_u64(Call& call) {
  uint64_t number = 0;
  if (host::fill_random(&number, sizeof number) != host::HostError::kNone) call.trap("the host has no random numbers");
  return number;
}
std::tuple<uint64_t, uint64_t> Functions::random_seed(Call& call) {
  if (!call.context.seed) call.context.seed.emplace(random_u64(call), random_u64(call));
  return *call.context.seed;
}

}  // namespace ermine::wasi::preview2
