#include "wasi/preview1/fast_paths.h"

#include <time.h>

#include <fcntl.h>

#include "wasi/host/files.h"
#include "wasi/host/system_call.h"
#include "wasi/preview1/pieces.h"

namespace ermine::wasi::preview1 {
namespace {

// The context of a call if it may use a fast path; otherwise null.
[[gnu::always_inline]] inline Context* context_of(void* wasi_import) {
  Context* context = static_cast<WasiImport*>(wasi_import)->source.fixed.get();
  return context == nullptr || context->tracing() ? nullptr : context;
}

[[gnu::always_inline]] inline GuestMemory memory_of(RawCall& host_call) {
  const std::span<uint8_t> memory = Caller(host_call).memory_span();
  return {memory.data(), memory.size()};
}

// fd, buffers, their number, place of the number of bytes: one buffer of a descriptor that never waits.
template <Rights kNeeded, long kCall>
[[gnu::always_inline]] inline bool transfer_one(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  Context* context = context_of(wasi_import);
  if (context == nullptr) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const Descriptor* d = context->descriptors().find_nonblocking(static_cast<uint32_t>(slots[0]), kNeeded);
  const GuestMemory m = memory_of(host_call);
  const auto list = static_cast<uint32_t>(slots[1]), done = static_cast<uint32_t>(slots[3]);
  bool simple = d != nullptr && static_cast<uint32_t>(slots[2]) == 1 && m.contains(list, 8) && m.contains(done, 4);
  // For borrowed descriptors, appending is a flag of each call; and output may be limited.
  if constexpr (kNeeded == rights::kFdWrite)
    simple = simple && !context->output.active() && !(d->borrowed && (d->status & host::status::kAppend) != 0);
  if (!simple) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  uint32_t buffer[2];
  std::memcpy(buffer, m.at(list), sizeof buffer);
  if (!m.contains(buffer[0], buffer[1]) || buffer[1] > kPiece) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const long n = host::system_call(kCall, d->host_fd, host::as_number(m.at(buffer[0])), buffer[1]);
  if (n < 0) [[unlikely]] {
    if (n == -EINTR) return call_general(wasi_import, host_call, slots);  // nothing was done
    slots[0] = static_cast<uint32_t>(errno_of(static_cast<host::HostError>(-n)));
    return true;
  }
  const auto size = static_cast<uint32_t>(n);
  std::memcpy(m.at(done), &size, sizeof size);
  slots[0] = 0;
  return pay_if_counted(*static_cast<WasiImport*>(wasi_import), host_call, size);
}

// A name that leads only into its directory, copied, so that another thread of the guest cannot change it.
class PlainName {
 public:
  // False: it is a path, or the general path must check it.
  [[gnu::always_inline]] bool copy(const GuestMemory& m, uint32_t at, uint32_t size) {
    if (size == 0 || size > kMost || !m.contains(at, size)) return false;
    std::memset(text_ + (size & ~7u), 'x', 8);
    std::memcpy(text_, m.at(at), size);
    constexpr uint64_t kOnes = 0x0101'0101'0101'0101, kHigh = kOnes << 7;
    for (uint32_t i = 0; i < size; i += 8) {
      uint64_t eight;
      std::memcpy(&eight, text_ + i, 8);
      // Not ASCII, a NUL, or a slash: a byte has its high bit, or there is a borrow from it.
      const uint64_t slashes = eight ^ kOnes * '/';
      if (((eight | (eight - kOnes) | (slashes - kOnes)) & kHigh) != 0) return false;
    }
    text_[size] = '\0';
    return text_[0] != '.';
  }
  const char* c_str() const { return text_; }

 private:
  static constexpr uint32_t kMost = 255;
  char text_[kMost + 9];
};

}  // namespace

template <>
bool host_function<&CommonFunctions::fd_read>(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  return transfer_one<rights::kFdRead, SYS_read>(wasi_import, host_call, slots);
}

template <>
bool host_function<&CommonFunctions::fd_write>(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  return transfer_one<rights::kFdWrite, SYS_write>(wasi_import, host_call, slots);
}

// fd, place of the result.
template <>
bool host_function<&CommonFunctions::fd_fdstat_get>(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  Context* context = context_of(wasi_import);
  if (context == nullptr) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const Descriptor* d = context->descriptors().find_directory(static_cast<uint32_t>(slots[0]), 0);
  const GuestMemory m = memory_of(host_call);
  const auto at = static_cast<uint32_t>(slots[1]);
  if (d == nullptr || !m.contains(at, sizeof(FdstatLayout))) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const FdstatLayout s{number_of(d->type), 0, fdflags_of(d->status), 0, d->base, d->inheriting};
  std::memcpy(m.at(at), &s, sizeof s);
  slots[0] = 0;
  return true;
}

template <>
bool host_function<&CommonFunctions::fd_close>(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  Context* context = context_of(wasi_import);
  const int closed = context == nullptr ? -1 : context->descriptors().release(static_cast<uint32_t>(slots[0]));
  if (closed < 0) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  host::system_call(SYS_close, closed, 0, 0);
  slots[0] = 0;
  return true;
}

// Directory, whether links are followed, path, its length, flags, rights, rights to inherit, flags, place of the
// number: opens an existing file for reading, by its name.
template <>
bool host_function<&CommonFunctions::path_open>(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  Context* context = context_of(wasi_import);
  if (context == nullptr) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  FdTable& table = context->descriptors();
  const Descriptor* dir = table.find_directory(static_cast<uint32_t>(slots[0]), rights::kPathOpen);
  const GuestMemory m = memory_of(host_call);
  const auto result = static_cast<uint32_t>(slots[8]);
  const uint32_t number = table.free_number();
  PlainName name;
  constexpr Rights kOther = rights::kFdWrite | rights::kFdAllocate | rights::kFdFilestatSetSize;
  Rights base = slots[5], inheriting = slots[6];
  // All cases that the general path refuses or handles differently.
  if (dir == nullptr || dir->virtual_file != nullptr || dir->keeps_sizes || number == FdTable::kNoNumber ||
      static_cast<uint32_t>(slots[1]) > lookupflags::kSymlinkFollow || static_cast<uint32_t>(slots[4]) != 0 ||
      static_cast<uint32_t>(slots[7]) != 0 || (base & kOther) != 0 || (base & rights::kFdRead & dir->inheriting) == 0 ||
      !m.contains(result, 4) || !name.copy(m, static_cast<uint32_t>(slots[2]), static_cast<uint32_t>(slots[3])))
      [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  base &= dir->inheriting;
  inheriting &= dir->inheriting;
  // The first step of open_beneath(); a failure has no effect, for links as well.
  const auto opened = static_cast<int>(host::system_call(SYS_openat, dir->host_fd, host::as_number(name.c_str()),
                                                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (opened < 0) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const auto pay_for_name = [&] {
    return pay_if_counted(*static_cast<WasiImport*>(wasi_import), host_call, static_cast<uint32_t>(slots[3]));
  };
  std::unique_ptr<Descriptor> d = table.new_descriptor();
  d->read_only = dir->read_only;
  if (host::system_call(SYS_lseek, opened, 0, SEEK_CUR) >= 0) [[likely]] {  // as inspect_later() does
    d->host_fd = opened;
    d->writable = false;
    d->waiting = host::Waiting::kNever;
    d->inspected = false;
    d->base = base;
    d->inheriting = inheriting;
  } else {
    Caller caller(host_call);
    const host::Interrupts interrupts{[](void* c) { return static_cast<Caller*>(c)->store().interrupt_fd(); }, &caller};
    host::OpenRequest request;
    request.read = true;
    const host::HostError error = host::adopt_opened(opened, request, interrupts, *d);
    if (error == host::HostError::kInterrupted) {
      d.reset();
      return call_general(wasi_import, host_call, slots);
    }
    if (error != host::HostError::kNone) {
      slots[0] = static_cast<uint32_t>(errno_of(error));
      return pay_for_name();
    }
    d->grant(base, inheriting);
  }
  table.install(number, std::move(d));
  std::memcpy(m.at(result), &number, sizeof number);
  slots[0] = 0;
  return pay_for_name();
}

// Clock, precision, place of the time.
template <>
bool host_function<&CommonFunctions::clock_time_get>(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  // WASI uses the same numbers as Linux.
  static_assert(CLOCK_REALTIME == 0 && CLOCK_MONOTONIC == 1 && CLOCK_PROCESS_CPUTIME_ID == 2 &&
                CLOCK_THREAD_CPUTIME_ID == 3);
  const auto clock = static_cast<uint32_t>(slots[0]), time = static_cast<uint32_t>(slots[2]);
  timespec t;
  if (context_of(wasi_import) == nullptr || clock > CLOCK_THREAD_CPUTIME_ID ||
      clock_gettime(static_cast<clockid_t>(clock), &t) != 0) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const GuestMemory m = memory_of(host_call);
  if (!m.contains(time, 8)) [[unlikely]]
    return call_general(wasi_import, host_call, slots);
  const uint64_t ns = static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
  std::memcpy(m.at(time), &ns, sizeof ns);
  slots[0] = 0;
  return true;
}

}  // namespace ermine::wasi::preview1
