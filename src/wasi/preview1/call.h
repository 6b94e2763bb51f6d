// Call: what a WASI function knows beside its parameters.
#pragma once

#include "ermine/caller.h"
#include "wasi/host/interrupt.h"
#include "wasi/host/polling.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/context.h"

namespace ermine::wasi::preview1 {

struct Call {
  Context& context;
  Caller& caller;
  GuestMemory memory;
  // Set by a function that must end the program instead of answering; the returned code is then ignored.
  Error stop;
  host::PollStart poll_start{};
  // Bytes of buffers, names and lists that were moved and are not paid for yet. What has one small size is not counted.
  uint64_t moved = 0;

  // Takes fuel for what was moved. The error ends the program.
  Result<void> pay();
  // Between two pieces of what may take long: pays, and lets the program be stopped there. kSuccess: go on, with what
  // was looked up before looked up anew, since others may have run meanwhile: descriptors may be closed, the memory
  // may have moved (what loaded a parameter from it knows). kIntr: the program is ended; answer that.
  Errno pause();

  FdTable& table() { return context.descriptors(); }
  // Whether no more can be opened; takes note, since the user can raise that limit.
  bool at_limit() {
    if (!table().at_limit()) [[likely]]
      return false;
    return context.refusals.too_many_files = true;
  }
  host::Interrupts interrupts() {
    return {[](void* caller) { return static_cast<Caller*>(caller)->store().interrupt_fd(); }, &caller};
  }
};

}  // namespace ermine::wasi::preview1
