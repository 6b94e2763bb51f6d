// Call: what a WASI function knows beside its parameters.
#pragma once

#include "ermine/caller.h"
#include "wasi/host/interrupt.h"
#include "wasi/host/polling.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/context.h"

namespace ermine::wasi {

struct Call {
  Context& context;
  Caller& caller;
  GuestMemory memory;
  // Set by a function that must end the program instead of answering; the returned code is then ignored.
  Error stop;
  PollStart poll_start{};

  FdTable& table() { return context.descriptors(); }
  // Whether no more can be opened; takes note, since the user can raise that limit.
  bool full() {
    if (!table().full()) [[likely]]
      return false;
    return context.refusals.too_many_files = true;
  }
  Interrupts interrupts() {
    return {[](void* caller) { return static_cast<Caller*>(caller)->store().interrupt_fd(); }, &caller};
  }
};

}  // namespace ermine::wasi
