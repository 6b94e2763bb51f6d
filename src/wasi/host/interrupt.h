// Interrupts waits of a guest that is to be stopped.
#pragma once

namespace ermine::wasi::host {

// Returns a descriptor that is readable while the guest is to be stopped, or -1 for none. It is called only when a call
// is about to wait, since the store makes the descriptor at the first call.
class Interrupts {
 public:
  Interrupts() = default;
  Interrupts(int fd) : fd_(fd) {}
  Interrupts(int (*ask)(void* context), void* context) : ask_(ask), context_(context) {}
  int fd() const { return ask_ != nullptr ? ask_(context_) : fd_; }

 private:
  int (*ask_)(void* context) = nullptr;
  void* context_ = nullptr;
  int fd_ = -1;
};

}  // namespace ermine::wasi::host
