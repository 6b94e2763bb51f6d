// Sockets: connections come from listeners that the embedder granted.
#pragma once

#include <sys/uio.h>

#include <string>
#include <string_view>

#include "ermine/result.h"
#include "wasi/host/descriptor.h"
#include "wasi/host/error.h"
#include "wasi/host/interrupt.h"

namespace ermine::wasi::host {

// A listening TCP socket on "host:port" ("[::1]:80", "localhost:8080", ":8080"; port 0 picks one).
// kUsage if the address is malformed, kIo if the system refuses it.
Result<int> listen_on(std::string_view address);

// A new connection, owned by the caller. Waits for one unless the listener is non-blocking.
HostError accept_connection(const Descriptor& listener, bool nonblocking, const Interrupts& interrupts,
                            Descriptor& out);

struct Received {
  size_t bytes = 0;
  bool truncated = false;  // a datagram was longer
};
// `peek`: the bytes are not removed. `all`: waits until the buffers are full, for streams. The array of buffers is
// changed.
Outcome<Received> receive(Descriptor& d, iovec* buffers, int count, bool peek, bool all, const Interrupts& interrupts);
HostError shut_down(Descriptor& d, Shutdown what);

}  // namespace ermine::wasi::host
