// How a wait learns that the guest is to stop.
#pragma once

namespace ermine::wasi::host {

// Gives a descriptor that is readable while the guest is to stop, or -1 for none. It is asked for only when a
// call is about to wait, since the store makes the descriptor on first demand.
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
