// Call: what a WASI function knows beside its parameters.
#pragma once

#include "ermine/caller.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/context.h"

namespace ermine::wasi {

struct Call {
  Context& context;
  Caller& caller;
  GuestMemory memory;
  // Set by a function that must end the program instead of answering; the returned code is then ignored.
  Error stop;

  FdTable& table() { return context.descriptors(); }
  // Made by the store when first asked for, so only asked for where something can wait.
  int interrupt_fd() { return caller.store().interrupt_fd(); }
  int interrupt_fd_for(const Descriptor& d) { return d.waiting == Waiting::kNever ? -1 : interrupt_fd(); }
};

}  // namespace ermine::wasi
