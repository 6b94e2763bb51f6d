// What a program waits for, reads and writes if it is not a descriptor of the host: the work of another thread. All
// calls return at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "wasi/host/error.h"
#include "wasi/host/signal.h"

namespace ermine::wasi::http {
struct Failure;
}

namespace ermine::wasi::host {

class Awaited {
 public:
  virtual ~Awaited() = default;
  virtual bool ready() = 0;
  // While it is not ready: what becomes readable after each change that may make it so, or the time (of the monotonic
  // clock, in nanoseconds) after which it must be asked again.
  struct Wait {
    const Descriptor* descriptor = nullptr;
    uint64_t until = UINT64_MAX;
    const Signal* signal = nullptr;  // to be cleared before it is asked again; null: the descriptor is no Signal's
  };
  virtual Wait wait() const = 0;
};

class ByteSource : public Awaited {
 public:
  // The number of bytes; 0: the end; kAgain: none now.
  virtual Outcome<size_t> read(uint8_t* to, size_t size) = 0;
  // The reason of kHttp.
  virtual std::shared_ptr<const http::Failure> failure() const = 0;
};

class ByteSink : public Awaited {
 public:
  // How many bytes a write takes now; an error, if it takes none any more. kClosed: without a reason.
  virtual Outcome<size_t> room() = 0;
  // At most that many.
  virtual HostError write(const uint8_t* from, size_t size) = 0;
  virtual std::shared_ptr<const http::Failure> failure() const = 0;
};

}  // namespace ermine::wasi::host
