// Signal: wakes a program that waits in poll() for the work of another thread. It says only that something may have
// changed; what is ready, the waiting side asks the objects themselves (channel.h). Thread-safe, except clear(): one
// thread waits at a time.
#pragma once

#include "wasi/host/descriptor.h"

namespace ermine::wasi::host {

class Signal {
 public:
  // Without a descriptor if the system has none left: ok().
  Signal();
  bool ok() const { return static_cast<bool>(fd_); }
  void raise() const;
  // Before the objects are asked, so that no change between asking and waiting is lost.
  void clear() const;
  // Becomes readable.
  const Descriptor& descriptor() const { return descriptor_; }

 private:
  UniqueFd fd_;
  Descriptor descriptor_;
};

}  // namespace ermine::wasi::host
