// The limit of a program's output (WasiConfig::max_written_bytes). It counts the bytes that are written, and the bytes
// by which a file becomes larger without them: reserved space, and gaps that read as zeros, whether or not they take
// space on this file system, because copies of the file will.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>

#include "ermine/error.h"
#include "wasi/host/descriptor.h"
#include "wasi/host/error.h"

namespace ermine::wasi::host {

class OutputLimit {
 public:
  OutputLimit() = default;
  explicit OutputLimit(uint64_t most) : most_(most) {}

  bool active() const { return most_ != ~uint64_t{0}; }
  uint64_t left() const { return written_ >= most_ ? 0 : most_ - written_; }
  void count(uint64_t bytes) { written_ += bytes; }

  // Ends the program, because it wants to write more.
  Error exceeded(uint64_t wanted) const;
  // Whether a file may become larger by this many bytes, which are counted after it has; otherwise the error that ends
  // the program.
  Error check_growth(uint64_t bytes) const { return bytes > left() ? exceeded(bytes) : Error(); }

  // Before a write at `offset`, or at the file's position: shortens the buffers to what is left of the limit. The
  // result is the size of the gap that the write would leave behind the file's end; after the write, count() it with
  // what was written. `stop` becomes the error that ends the program if nothing may be written.
  Outcome<uint64_t> admit(const Descriptor& d, std::optional<uint64_t> offset, iovec* buffers, int count,
                          Error& stop) const;

  // The bytes between the file's end and `at`; 0 if `at` is not beyond the end, or the file has no end.
  static Outcome<uint64_t> gap_before(const Descriptor& d, uint64_t at);

 private:
  uint64_t most_ = ~uint64_t{0};
  uint64_t written_ = 0;
};

}  // namespace ermine::wasi::host
