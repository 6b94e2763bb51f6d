// Reads, writes and enlarges files, and limits output.

#include <optional>

#include "wasi/host/files.h"
#include "wasi/host/io.h"
#include "wasi/host/sockets.h"
#include "wasi/preview1/functions.h"
#include "wasi/preview1/pieces.h"

namespace ermine::wasi::preview1 {
namespace {

// Ends the program if there is an error to end it with.
[[gnu::cold]] Errno stop_if(Call& call, Error error) {
  if (!error) return Errno::kSuccess;
  call.stop = std::move(error);
  return Errno::kIntr;
}

// Writes at most what is left of the limit; the result is a short count, and the next write ends the program.
template <class Write>
[[gnu::cold]] Outcome<size_t> write_limited(Call& call, const Descriptor& d, std::optional<uint64_t> offset,
                                            iovec* buffers, int count, size_t done, Write&& write) {
  host::OutputLimit& output = call.context.output;
  Error stop;
  const host::Outcome<uint64_t> gap = output.admit(d, offset, buffers, count, stop);
  if (!gap) return errno_of(gap.error);
  if (stop) return done > 0 ? Outcome<size_t>(size_t{0}) : stop_if(call, std::move(stop));
  Outcome<size_t> n = write();
  if (n && *n > 0) output.count(*gap + *n);
  return n;
}

}  // namespace

Errno CommonFunctions::fd_read(Call& call, Fd fd, IoBuffers& buffers, Out<uint32_t> size) {
  Outcome<size_t> n = move_in_pieces(call, buffers, [&](iovec* part, int count, size_t done) -> Outcome<size_t> {
    CHECKED_FD(d, fd, rights::kFdRead);
    // A stream returns the available bytes; it must not wait for more.
    if (done > 0 && !d->has_position()) return size_t{0};
    return outcome_of(host::read_some(*d, part, count, call.interrupts()));
  });
  if (!n) [[unlikely]]
    return n.error;
  size.set(static_cast<uint32_t>(*n));
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_pread(Call& call, Fd fd, IoBuffers& buffers, U64 offset, Out<uint32_t> size) {
  Outcome<size_t> n = move_in_pieces(call, buffers, [&](iovec* part, int count, size_t done) -> Outcome<size_t> {
    CHECKED_FD(d, fd, rights::kFdRead | rights::kFdSeek);
    return outcome_of(host::read_at(*d, part, count, offset + done));
  });
  if (!n) return n.error;
  size.set(static_cast<uint32_t>(*n));
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_write(Call& call, Fd fd, IoBuffers& buffers, Out<uint32_t> size) {
  Outcome<size_t> n = move_in_pieces(call, buffers, [&](iovec* part, int count, size_t done) -> Outcome<size_t> {
    CHECKED_FD(d, fd, rights::kFdWrite);
    const auto write = [&] { return outcome_of(host::write_some(*d, part, count, call.interrupts())); };
    if (call.context.output.active()) [[unlikely]]
      return write_limited(call, *d, std::nullopt, part, count, done, write);
    return write();
  });
  if (!n) [[unlikely]]
    return n.error;
  size.set(static_cast<uint32_t>(*n));
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_pwrite(Call& call, Fd fd, IoBuffers& buffers, U64 offset, Out<uint32_t> size) {
  Outcome<size_t> n = move_in_pieces(call, buffers, [&](iovec* part, int count, size_t done) -> Outcome<size_t> {
    CHECKED_FD(d, fd, rights::kFdWrite | rights::kFdSeek);
    const auto write = [&] { return outcome_of(host::write_at(*d, part, count, offset + done)); };
    if (call.context.output.active()) [[unlikely]]
      return write_limited(call, *d, offset + done, part, count, done, write);
    return write();
  });
  if (!n) return n.error;
  size.set(static_cast<uint32_t>(*n));
  return Errno::kSuccess;
}

Errno CommonFunctions::sock_recv(Call& call, Fd fd, IoBuffers& buffers, RiflagsArg flags, Out<uint32_t> size,
                                 Out<uint16_t> out_flags) {
  uint16_t answered = 0;
  Outcome<size_t> n = move_in_pieces(call, buffers, [&](iovec* part, int count, size_t done) -> Outcome<size_t> {
    Descriptor* const d = call.table().get(fd.number);
    if (d == nullptr) return Errno::kBadf;
    if (d->waiting != host::Waiting::kSocket) return Errno::kNotsock;
    if (Errno e = d->check(rights::kFdRead); e != Errno::kSuccess) return e;
    // Only a call that requests all bytes waits for more, and peeked bytes are still the same.
    if (done > 0 && ((flags & riflags::kWaitall) == 0 || (flags & riflags::kPeek) != 0)) return size_t{0};
    host::Outcome<host::Received> r = host::receive(*d, part, count, (flags & riflags::kPeek) != 0,
                                                    (flags & riflags::kWaitall) != 0, call.interrupts());
    if (!r) return errno_of(r.error);
    if (r->truncated) answered |= roflags::kDataTruncated;
    return r->bytes;
  });
  if (!n) return n.error;
  size.set(static_cast<uint32_t>(*n));
  out_flags.set(answered);
  return Errno::kSuccess;
}

Errno CommonFunctions::sock_send(Call& call, Fd fd, IoBuffers& buffers, SiflagsArg, Out<uint32_t> size) {
  const Descriptor* d = call.table().get(fd.number);
  if (d == nullptr) return Errno::kBadf;
  if (d->waiting != host::Waiting::kSocket) return Errno::kNotsock;
  return fd_write(call, fd, buffers, size);
}

// Some file systems write zeros, so this is done and paid for in pieces as well.
Errno CommonFunctions::fd_allocate(Call& call, Fd fd, U64 offset, U64 length) {
  constexpr uint64_t kAtOnce = uint64_t{64} << 20;
  // A size that no file can have is refused as a whole.
  const bool whole = length <= kAtOnce || offset > INT64_MAX || length > INT64_MAX - offset;
  {
    CHECKED_FD(d, fd, rights::kFdAllocate);
    host::OutputLimit& output = call.context.output;
    host::Outcome<uint64_t> gap = uint64_t{0};
    if (output.active()) {
      gap = host::OutputLimit::gap_before(*d, offset);
      if (!gap) return errno_of(gap.error);
      const uint64_t growth = length > UINT64_MAX - *gap ? UINT64_MAX : length + *gap;
      if (Errno e = stop_if(call, output.check_growth(growth)); e != Errno::kSuccess) return e;
    }
    // The last byte shows whether the file can be that large.
    const host::HostError e = whole ? host::allocate(*d, offset, length) : host::allocate(*d, offset + length - 1, 1);
    if (e != host::HostError::kNone) return errno_of(e);
    if (output.active()) output.count(length + *gap);
  }
  for (uint64_t done = 0;;) {
    const uint64_t size = std::min(kAtOnce, length - done);
    if (!whole) {
      CHECKED_FD(d, fd, rights::kFdAllocate);
      if (host::HostError e = host::allocate(*d, offset + done, size); e != host::HostError::kNone) return errno_of(e);
    }
    done += size;
    call.moved += size;
    if (done == length) return Errno::kSuccess;
    if (Errno e = call.pause(); e != Errno::kSuccess) return e;
  }
}

Errno CommonFunctions::fd_filestat_set_size(Call& call, Fd fd, U64 size) {
  CHECKED_FD(d, fd, rights::kFdFilestatSetSize);
  host::OutputLimit& output = call.context.output;
  if (!output.active()) return errno_of(host::set_size(*d, size));
  const host::Outcome<uint64_t> gap = host::OutputLimit::gap_before(*d, size);
  if (!gap) return errno_of(gap.error);
  if (Errno e = stop_if(call, output.check_growth(*gap)); e != Errno::kSuccess) return e;
  const Errno e = errno_of(host::set_size(*d, size));
  if (e == Errno::kSuccess) output.count(*gap);
  return e;
}

}  // namespace ermine::wasi::preview1
