#include "wasi/host/signal.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace ermine::wasi::host {

Signal::Signal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  descriptor_.host_fd = fd_.get();
  descriptor_.writable = false;
}

// A counter that is full is readable as well, so nothing depends on the results.
void Signal::raise() const {
  const uint64_t one = 1;
  if (write(fd_.get(), &one, sizeof one) < 0) return;
}
void Signal::clear() const {
  uint64_t count = 0;
  if (read(fd_.get(), &count, sizeof count) < 0) return;
}

}  // namespace ermine::wasi::host
