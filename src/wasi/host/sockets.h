// The socket operations of preview 1: connections come from listeners that the embedder granted.
#pragma once

#include <sys/uio.h>

#include <string>
#include <string_view>

#include "ermine/result.h"
#include "wasi/host/descriptor.h"
#include "wasi/host/errno.h"
#include "wasi/host/interrupt.h"

namespace ermine::wasi {

// A listening TCP socket on "host:port" ("[::1]:80", "localhost:8080", ":8080"; port 0 picks one).
// kUsage if the address is not one, kIo if the system refuses it.
Result<int> listen_on(std::string_view address);

// A new connection, with fdflags kNonblock or 0. Waits for one unless the listener is non-blocking.
Errno accept_connection(Descriptor& listener, uint16_t flags, const Interrupts& interrupts, Descriptor& out);

struct Received {
  size_t bytes = 0;
  uint16_t flags = 0;  // roflags
};
// The buffers' array is used up.
Outcome<Received> receive(Descriptor& d, iovec* buffers, int count, uint16_t riflags, const Interrupts& interrupts);
Errno shut_down(Descriptor& d, uint8_t how);

}  // namespace ermine::wasi
