// Binds the table of functions (functions.h) to a Linker.
#pragma once

#include "ermine/linker.h"
#include "ermine/module.h"
#include "ermine/wasi.h"
#include "wasi/preview1/call.h"
#include "wasi/state.h"

namespace ermine::wasi::preview1 {

// The origin of a call's Context: a fixed one, or the store's.
struct ContextSource {
  std::shared_ptr<Context> fixed = nullptr;
  Wasi::Find find = nullptr;
  std::shared_ptr<void> find_context = nullptr;
  Context* get(Caller& caller) const {
    if (fixed) [[likely]]
      return fixed.get();
    Wasi* wasi = find(find_context.get(), caller);
    return wasi == nullptr ? nullptr : wasi->impl()->modules_of_call();
  }
};

// The part of a call's trace after its name and result.
struct Trace {
  std::string inputs, outputs;
};

// A function in the linker: the environment of its host function. `answer` loads the parameters from the slots, checks
// them and runs the function; `trace` is null unless traces are requested.
struct WasiImport {
  const char* name;
  ContextSource source;
  Errno (*invoke)(Call& call, const uint64_t* slots, Trace* trace);
  bool counts_fuel;  // the stores that call it count fuel
};

// The host function of every Binding: finds the context, calls `answer`, waits again after interruptions, traces, pays.
bool call_general(void* wasi_import, RawCall& host_call, uint64_t* slots);
// The end of a call: pays for the moved bytes if fuel is counted.
[[gnu::cold]] bool pay(RawCall& host_call, uint64_t bytes);
[[gnu::always_inline]] inline bool pay_if_counted(const WasiImport& wasi_import, RawCall& host_call, uint64_t bytes) {
  if (wasi_import.counts_fuel) [[unlikely]]
    return pay(host_call, bytes);
  return true;
}

// Only the imports of `module`, if it is given.
Result<void> define_all(Linker& linker, ContextSource source, const Module* module = nullptr);

}  // namespace ermine::wasi::preview1
