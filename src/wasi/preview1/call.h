// Call: the state of a call to a WASI function, apart from its parameters.
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
  // Set by a function that must end the program instead of returning; the returned code is then ignored.
  Error stop;
  host::PollStart poll_start{};
  // Bytes of buffers, names and lists that were moved and are not paid for yet. Objects of a fixed small size are not
  // counted.
  uint64_t moved = 0;

  // Takes fuel for the moved bytes. The error ends the program.
  Result<void> pay();
  // Called between two pieces of long work: pays, and allows the program to be suspended there. kSuccess: continue, but
  // look up descriptors and memory again, because other code may have run in the meantime: descriptors may be closed,
  // the memory may have moved (parameters loaded from it are adjusted). kIntr: the program is being ended; return that.
  Errno pause();

  FdTable& table() { return context.descriptors(); }
  // Whether no more descriptors can be opened; recorded, because the user can raise that limit.
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
