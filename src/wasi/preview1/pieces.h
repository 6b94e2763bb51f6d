// Moves gigabytes in pieces, so that a program can be suspended, and pays, in the middle of a call: see Call::pause().
#pragma once

#include <algorithm>
#include <vector>

#include "wasi/preview1/call.h"

namespace ermine::wasi::preview1 {

// Moving a piece takes at most some ten milliseconds; the lookups for each piece are negligible.
inline constexpr size_t kPiece = size_t{1} << 20;
// The largest count that a program gets: the same as from write(2).
inline constexpr size_t kMostAtOnce = 0x7fff'f000;

// An open descriptor with these rights, as `d`; otherwise returns the error.
#define CHECKED_FD(d, fd, needed)                                      \
  Descriptor* const d = call.table().get((fd).number);                 \
  if (d == nullptr) [[unlikely]]                                       \
    return Errno::kBadf;                                               \
  if (Errno e_ = d->check(needed); e_ != Errno::kSuccess) [[unlikely]] \
  return e_

// Moves the contents of the buffers: move(buffers, their number, bytes done before) once, or for each piece until one
// of them is not moved completely. As in read(2) and write(2), an error after the first piece is a short count.
template <class Move>
Outcome<size_t> move_in_pieces(Call& call, IoBuffers& buffers, Move&& move) {
  const size_t all = std::min(buffers.total(), kMostAtOnce);
  if (all <= kPiece) [[likely]] {
    Outcome<size_t> n = move(buffers.data(), buffers.count(), size_t{0});
    if (n) [[likely]]
      call.moved += *n;
    return n;
  }
  const uint8_t* const base = call.memory.base;
  for (size_t done = 0;;) {
    const size_t size = std::min(kPiece, all - done);
    std::vector<iovec> part = buffers.part(done, size, call.memory.base - base);
    Outcome<size_t> n = move(part.data(), static_cast<int>(part.size()), done);
    if (!n) return done > 0 ? Outcome<size_t>(done) : n;
    done += *n;
    call.moved += *n;
    if (*n < size || done == all) return done;
    if (Errno e = call.pause(); e != Errno::kSuccess) return e;
  }
}

}  // namespace ermine::wasi::preview1
