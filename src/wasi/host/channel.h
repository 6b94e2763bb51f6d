// What a program waits for, reads and writes if it is not a descriptor of the host: the work of another thread, or a
// connection in which the host changes the bytes. All calls return at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "wasi/host/error.h"
#include "wasi/host/signal.h"

namespace ermine::wasi::http {
struct Failure;
}

namespace ermine::wasi::host {

// Why a channel failed, if a HostError does not say it.
struct Cause {
  std::shared_ptr<const http::Failure> http{};  // of kHttp
  std::string text{};  // of kTls
};

class Awaited {
 public:
  virtual ~Awaited() = default;
  virtual bool ready() = 0;
  // While it is not ready: what happens after each change that may make it so. The descriptor becomes readable, or
  // `writable` writable, or the time has come (of the monotonic clock, in nanoseconds); or the store's poller is
  // notified of the channel, which has no descriptors then (preview3/poller.h).
  struct Wait {
    const Descriptor* descriptor = nullptr;
    uint64_t until = UINT64_MAX;
    const Signal* signal = nullptr;  // to be cleared before it is asked again; null: the descriptor is no Signal's
    const Descriptor* writable = nullptr;
    int channel = 0;
  };
  virtual Wait wait() const = 0;
};

class ByteSource : public Awaited {
 public:
  // The number of bytes; 0: the end; kAgain: none now.
  virtual Outcome<size_t> read(uint8_t* to, size_t size) = 0;
  virtual Cause cause() const = 0;
};

class ByteSink : public Awaited {
 public:
  // How many bytes a write takes now; an error, if it takes none any more. kClosed: without a reason.
  virtual Outcome<size_t> room() = 0;
  // At most that many.
  virtual HostError write(const uint8_t* from, size_t size) = 0;
  // Whether what was written is on its way. Otherwise the sink is not ready, and waiting for it brings that about.
  virtual bool is_flushed() { return true; }
  virtual Cause cause() const = 0;
};

}  // namespace ermine::wasi::host
