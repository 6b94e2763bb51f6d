// Streams that an embedder gives a program as its standard input, output and errors in place of descriptors of the
// host (WasiConfig::stdin_stream, stdout_stream, stderr_stream): bytes in memory, or a class of its own.
//
//   auto output = std::make_shared<ermine::MemoryOutputPipe>(1 << 20);
//   config.stdin_stream(std::make_shared<ermine::MemoryInputPipe>("a line\n")).stdout_stream(output);
//   …
//   std::string written = output->contents();
//
// A program sees a pipe. What may have to wait for bytes or for room must be a descriptor (WasiConfig::stdio), for
// instance one end of a pipe(2), since the library waits for descriptors together with deadlines and interrupts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "ermine/component/expected.h"

namespace ermine {

// The number of bytes, or the error that the program gets: component::Unexpected(std::errc::io_error).
using WasiStreamResult = component::Expected<size_t, std::errc>;

// A stream is kept as long as a Wasi or a WasiConfig has it. It is called on the thread that runs the program; one that
// several programs have is called on all of their threads, at the same time, and must be thread-safe then. A call must
// neither wait nor use the program's store, and nothing may be thrown. Errors that only make sense for what waits
// (resource_unavailable_try_again, interrupted), no error at all (errc()) and more bytes than were asked for become
// io_error.
class WasiInputStream {
 public:
  virtual ~WasiInputStream() = default;
  // Fills in `size` bytes (more than 0) at most. 0: the end, after which it may be asked again.
  virtual WasiStreamResult read(uint8_t* to, size_t size) = 0;
};

// What takes the bytes that a program writes.
class WasiOutputStream {
 public:
  virtual ~WasiOutputStream() = default;
  // Takes the first of `size` bytes (more than 0): all of them, or as many as it can. To take none is an error;
  // no_space_on_device is the one for a stream that is full, broken_pipe for one that wants no more. A program with
  // preview 1 gets the error itself, with WASI 0.2 and 0.3 a stream that has failed.
  virtual WasiStreamResult write(const uint8_t* from, size_t size) = 0;
};

// Bytes to be read once, and then the end; programs that share it each get a part. Thread-safe.
class MemoryInputPipe final : public WasiInputStream {
 public:
  explicit MemoryInputPipe(std::string bytes) : bytes_(std::move(bytes)) {}
  WasiStreamResult read(uint8_t* to, size_t size) override;
  // Bytes that were not read yet.
  size_t left() const;

 private:
  mutable std::mutex mutex_;
  const std::string bytes_;
  size_t read_ = 0;
};

// Keeps what is written, up to a number of bytes; from then on a write is the error no_space_on_device, and the program
// continues. To end a program that writes too much, there is WasiConfig::max_written_bytes. Thread-safe: the bytes of
// one write stay together, if there is room for all of them.
class MemoryOutputPipe final : public WasiOutputStream {
 public:
  explicit MemoryOutputPipe(size_t capacity) : capacity_(capacity) {}
  WasiStreamResult write(const uint8_t* from, size_t size) override;
  // A copy of what was written so far, or since take() was called the last time.
  std::string contents() const;
  // The same, which makes room again.
  std::string take();
  // Whether something was not kept because it was full.
  bool overflowed() const;

 private:
  mutable std::mutex mutex_;
  const size_t capacity_;
  std::string bytes_;
  bool overflowed_ = false;
};

}  // namespace ermine
