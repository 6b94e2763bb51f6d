#include "wasi/preview1/short_cuts.h"

#include <time.h>

#include "wasi/host/transfer.h"

namespace ermine::wasi {
namespace {

// The context of a call that may take a short cut; null for none.
[[gnu::always_inline]] inline Context* context_of(void* binding) {
  Context* context = static_cast<Binding*>(binding)->source.fixed.get();
  return context == nullptr || context->tracing() ? nullptr : context;
}

[[gnu::always_inline]] inline GuestMemory memory_of(runtime::HostCall& host_call) {
  const std::span<uint8_t> memory = Caller(host_call).memory_span();
  return {memory.data(), memory.size()};
}

// fd, buffers, their number, where the number of bytes goes: one buffer of a descriptor that never waits.
template <Rights kNeeded, long kCall>
[[gnu::always_inline]] inline bool transfer_one(void* binding, runtime::HostCall& host_call, uint64_t* slots) {
  Context* context = context_of(binding);
  if (context == nullptr) [[unlikely]]
    return call_bound(binding, host_call, slots);
  const Descriptor* d = context->descriptors().get_simple(static_cast<uint32_t>(slots[0]), kNeeded);
  const GuestMemory m = memory_of(host_call);
  const auto list = static_cast<uint32_t>(slots[1]), done = static_cast<uint32_t>(slots[3]);
  bool simple = d != nullptr && static_cast<uint32_t>(slots[2]) == 1 && m.contains(list, 8) && m.contains(done, 4);
  // What is borrowed is told for each call to append, and output may be limited.
  if constexpr (kNeeded == rights::kFdWrite)
    simple = simple && !context->limits_output() && !(d->borrowed && (d->flags & fdflags::kAppend) != 0);
  if (!simple) [[unlikely]]
    return call_bound(binding, host_call, slots);
  uint32_t buffer[2];
  std::memcpy(buffer, m.at(list), sizeof buffer);
  if (!m.contains(buffer[0], buffer[1])) [[unlikely]]
    return call_bound(binding, host_call, slots);
  const long n = transfer(kCall, d->host_fd, m.at(buffer[0]), buffer[1]);
  if (n < 0) [[unlikely]] {
    if (n == -EINTR) return call_bound(binding, host_call, slots);  // nothing was done
    slots[0] = static_cast<uint32_t>(errno_from_host(static_cast<int>(-n)));
    return true;
  }
  const auto size = static_cast<uint32_t>(n);
  std::memcpy(m.at(done), &size, sizeof size);
  slots[0] = 0;
  return true;
}

}  // namespace

bool call_fd_read(void* binding, runtime::HostCall& host_call, uint64_t* slots) {
  return transfer_one<rights::kFdRead, SYS_read>(binding, host_call, slots);
}

bool call_fd_write(void* binding, runtime::HostCall& host_call, uint64_t* slots) {
  return transfer_one<rights::kFdWrite, SYS_write>(binding, host_call, slots);
}

// Clock, precision, where the time goes.
bool call_clock_time_get(void* binding, runtime::HostCall& host_call, uint64_t* slots) {
  // WASI numbers them as Linux does.
  static_assert(CLOCK_REALTIME == 0 && CLOCK_MONOTONIC == 1 && CLOCK_PROCESS_CPUTIME_ID == 2 &&
                CLOCK_THREAD_CPUTIME_ID == 3);
  const auto clock = static_cast<uint32_t>(slots[0]), time = static_cast<uint32_t>(slots[2]);
  const GuestMemory m = memory_of(host_call);
  timespec t;
  if (context_of(binding) == nullptr || clock > CLOCK_THREAD_CPUTIME_ID || !m.contains(time, 8) ||
      clock_gettime(static_cast<clockid_t>(clock), &t) != 0) [[unlikely]]
    return call_bound(binding, host_call, slots);
  const uint64_t ns = static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
  std::memcpy(m.at(time), &ns, sizeof ns);
  slots[0] = 0;
  return true;
}

}  // namespace ermine::wasi
