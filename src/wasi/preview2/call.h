// Call: the state of a call to a function of WASI 0.2, apart from its parameters.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ermine/store.h"
#include "wasi/host/interrupt.h"
#include "wasi/host/polling.h"
#include "wasi/preview2/context.h"

namespace ermine::wasi::preview2 {

struct Call {
  Context& context;
  StoreRef store;
  // Set by a function that must end the program instead of returning; its result is then ignored.
  Error stop{};
  // Bytes of buffers, names and lists that were moved and are not paid for yet.
  uint64_t moved = 0;

  // Ends the program with a trap, as the definitions require for a breach of their preconditions.
  void trap(std::string message);
  // Takes fuel for the moved bytes.
  Result<void> pay();
  // Between two pieces of long work, and after a wait that was interrupted: pays, and allows the program to be
  // suspended there. False: the program is being ended.
  bool pause();
  host::Interrupts interrupts() {
    return {[](void* store) { return StoreRef(static_cast<runtime::Store*>(store)).interrupt_fd(); }, store.impl()};
  }
  // Repeats what waits as long as it is interrupted and the program continues. f() -> Outcome<T> or HostError.
  template <class F>
  auto waiting(F&& f) {
    while (true) {
      auto outcome = f();
      if (error_of(outcome) != host::HostError::kInterrupted || !pause()) return outcome;
    }
  }

  // A new resource, or null if the program has too many, which ends it.
  template <class T, class... A>
  std::unique_ptr<T> make(A&&... arguments) {
    if (context.counts()->resources >= Context::kMostResources) [[unlikely]]
      return too_many_resources(), nullptr;
    return std::make_unique<T>(context.counts(), std::forward<A>(arguments)...);
  }
  // Whether no more files can be opened; recorded, because the user can raise that limit.
  bool at_file_limit() {
    if (context.counts()->files < context.max_open_files()) [[likely]]
      return false;
    return context.refusals.too_many_files = true;
  }

 private:
  static host::HostError error_of(host::HostError e) { return e; }
  template <class T>
  static host::HostError error_of(const host::Outcome<T>& outcome) {
    return outcome.error;
  }
  [[gnu::cold]] void too_many_resources();
};

}  // namespace ermine::wasi::preview2
